import { join } from "node:path";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { Execution } from "../../protocol/model/execution.ts";
import { allowancesOf } from "./allowances.ts";
import { checkExecution } from "./check/check.ts";
import { gatherFacts, type Known } from "./check/gather.ts";
import type { Usage } from "./check/usage.ts";
import { listAll } from "./everything.ts";
import type { Facts, Violation } from "./facts.ts";
import type { Hit } from "./hits.ts";
import { checkLeft } from "./left.ts";
import type { Launched, Load } from "./load.ts";
import { readJournals } from "./programs/journal.ts";
import { type Reading, type Recoveries, recoveriesOf } from "./recovery.ts";
import type { World } from "./world/world.ts";

export interface Judged {
  executions: number;
  violations: Violation[];
  recoveries: Recoveries;
}

export interface Judging {
  world: World;
  load: Load;
  hits: readonly Hit[];
  /** The world's use before anything ran in it. */
  before: Usage;
}

/** Compares the programs' notes, the readers' records and the server's answers about every execution of a round. */
export async function judge({ world, load, hits, before }: Judging): Promise<Judged> {
  const documents = new Map((await listAll(world.client)).map((document) => [document.id, document]));
  const launched = new Map(load.launched.flatMap((one) => (one.id === undefined ? [] : [[one.id, one]])));
  const agents = new Map<string, string | undefined>();
  for (const id of documents.keys()) agents.set(id, await agentOf(world, id));
  const ids = [...new Set([...documents.keys(), ...launched.keys()])];
  const known: Known = {
    journals: readJournals(join(world.folder, "journals")),
    followers: new Map([...launched].map(([id, { followers }]) => [id, followers.map(({ seen }) => seen)])),
    acts: world.acts,
    wanted: new Map([...launched].map(([id, { wanted }]) => [id, wanted])),
    allowances: (id) => allowancesOf(agents.get(id), hits, world.grace_seconds),
  };
  const violations: Violation[] = [];
  const readings: Reading[] = [];
  for (const id of ids.filter((one) => !documents.get(one)?.parent)) {
    const facts = await gatherFacts(world.client, id, known);
    violations.push(...checkExecution(facts), ...checkListed(facts, documents.get(id)));
    readings.push(...readingsOf(facts, launched.get(id), agents.get(id)));
  }
  violations.push(...checkProcesses(world), ...(await checkLeft(world, before, new Set(ids))));
  return { executions: ids.length, violations, recoveries: recoveriesOf(hits, readings) };
}

/** Checks that a listed execution has the status of its document. */
function checkListed({ id, document }: Facts, listed: Execution | undefined): Violation[] {
  if (listed === undefined || document === "gone" || listed.status === document.status) return [];
  const text = `it is ${document.status}, and the list says ${listed.status}`;
  return [{ execution: id, rule: "listed", text }];
}

/** Checks that a process ended only by a fault. */
function checkProcesses({ server, agents }: World): Violation[] {
  return [server.kept, ...agents.map(({ kept }) => kept)].flatMap(({ name, unasked }) =>
    unasked.map((how) => ({ rule: "process", text: `${name} ended by itself: ${how}` })),
  );
}

async function agentOf({ client }: World, id: string): Promise<string | undefined> {
  try {
    return (await client.get(id)).agent?.name;
  } catch (error) {
    if (error instanceof TailraceError) return undefined;
    throw error;
  }
}

function readingsOf({ replay }: Facts, launched: Launched | undefined, agent: string | undefined): Reading[] {
  if (replay === "expired" || replay === "gone" || launched === undefined) return [];
  const written_ms = new Map(replay.chunks.map(({ seq, timestamp }) => [seq, Date.parse(timestamp)]));
  return launched.followers.map(({ seen }, at) => ({
    agent,
    reader: launched.readers[at] ?? "",
    seen,
    written_ms,
  }));
}
