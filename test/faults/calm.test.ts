import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import type { CreateExecution } from "../../protocol/model/execution.ts";
import { SSHD_TAGS, Sshd } from "../support/sshd.ts";
import { clientOf, scratch, TestAgent, until } from "../support/world.ts";
import { checkExecution } from "./check/check.ts";
import { gatherFacts } from "./check/gather.ts";
import { checkSecrets } from "./check/secrets.ts";
import { usageOf } from "./check/usage.ts";
import { type Act, NOTHING_ALLOWED, type Violation, type Wanted } from "./facts.ts";
import { FOLLOWER_KINDS, type Follower, type FollowerKind, startFollower } from "./followers/follower.ts";
import { BEHAVIOURS } from "./followers/pace.ts";
import { readJournals } from "./programs/journal.ts";
import { PACK, writePacks } from "./programs/packs.ts";
import { SECRET_BEGINS } from "./programs/pick.ts";
import { Random } from "./random.ts";
import { actOn } from "./users/acts.ts";

const folder = scratch();
const journals = join(folder, "journals");
const server_state = scratch();
const acts = new Map<string, Act[]>();
const followers = new Map<string, Follower[]>();
const wanted = new Map<string, Wanted>();
const stopping = new AbortController();
let server: Server;
let agent: TestAgent;
let client: Client;

beforeAll(async () => {
  writePacks(join(folder, "packs"), journals);
  server = await startServer({ port: 0, state: server_state });
  client = clientOf(server.url, server.apiKey);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  agent = await new TestAgent(server.url, key, ["--packs", join(folder, "packs")]).start().ready();
});

afterAll(async () => {
  stopping.abort();
  await agent.stop();
  await server.stop();
});

/** Lines that take about a third of a second, with a secret among them. */
const SHORT = { lines: 15, every_ms: 20, salt: 5, shows_secret: true, secret: `${SECRET_BEGINS}calm` };

/** Longer than any wait in these tests. */
const LONG = { ...SHORT, lines: 10_000, every_ms: 50 };

/** A form with our cursor, one with StackStorm's, and one without any. */
const SOME = ["websocket", "events", "text"] as const;

let started = 0;

/** Starts an action of the pack, with one follower of each of these kinds. */
async function start(
  action: string,
  parameters: Record<string, unknown>,
  more: Partial<CreateExecution> = {},
  kinds: readonly FollowerKind[] = SOME,
): Promise<string> {
  const request = { action: `${PACK}.${action}`, parameters: { token: action, ...parameters }, ...more };
  const { id } = await client.create(request);
  wanted.set(id, { request, token: action });
  const options = { url: server.url, key: server.apiKey, execution: id, signal: stopping.signal };
  const reading = kinds.map((kind, at) => {
    const behaviour = BEHAVIOURS[(started + at) % BEHAVIOURS.length] ?? "eager";
    return startFollower({ ...options, kind, behaviour, random: new Random(`${action} ${at}`) });
  });
  started++;
  followers.set(id, reading);
  return id;
}

async function act(id: string, what: Act["what"]): Promise<void> {
  acts.set(id, [...(acts.get(id) ?? []), await actOn(client, id, what)]);
}

/** All violations of an execution after its followers have ended. */
async function violationsOf(id: string): Promise<Violation[]> {
  await Promise.all((followers.get(id) ?? []).map(({ done }) => done));
  const seen = new Map([...followers].map(([id, list]) => [id, list.map((follower) => follower.seen)]));
  const noted = readJournals(journals);
  const known = { journals: noted, followers: seen, acts, wanted, allowances: () => NOTHING_ALLOWED };
  return checkExecution(await gatherFacts(client, id, known));
}

async function begun(id: string): Promise<void> {
  await until("its program writes", () => (readJournals(journals).get(id)?.[0]?.written ?? 0) > 0);
}

describe.concurrent("without a fault, the checker finds nothing wrong with", () => {
  it.each(["command", "script", "python"])("%s, read in every form", async (action) => {
    expect(await violationsOf(await start(action, SHORT, {}, FOLLOWER_KINDS))).toEqual([]);
  });

  it("lines longer than a chunk, of one-byte characters, two-byte characters, and bytes that are no text", async () => {
    const ids = ["ascii", "utf8", "binary"].map((padding) =>
      start("command", { ...SHORT, lines: 4, width: 100_000, padding }),
    );
    for (const id of await Promise.all(ids)) expect(await violationsOf(id)).toEqual([]);
  });

  it("a chain, a chain in a chain, and all their tasks", async () => {
    const exits = [0, 3];
    const ids = exits.flatMap((exit) =>
      ["chain", "nested"].map((name) => start(name, { ...SHORT, lines: 4, exit })),
    );
    for (const id of await Promise.all(ids)) expect(await violationsOf(id)).toEqual([]);
  });

  it("an output beyond its limit, and one without streaming", async () => {
    const limited = await start("limited", { ...SHORT, lines: 400, every_ms: 100, burst: 100, width: 4_000 });
    const silent = await start("silent", SHORT);
    expect(await violationsOf(limited)).toEqual([]);
    expect(await violationsOf(silent)).toEqual([]);
  });

  it("executions that failed, timed out or were canceled, with all their processes", async () => {
    const failed = await start("script", { ...SHORT, exit: 7, child: true });
    const late = await start("command", { ...LONG, timeout: 1, child: true });
    const canceled = await Promise.all(
      ["command", "python"].map((name) => start(name, { ...LONG, term: "note" })),
    );
    const chain = await start("chain", LONG);
    for (const id of canceled) await begun(id);
    for (const id of [...canceled, chain]) await act(id, "cancel");
    const ids = [failed, late, ...canceled, chain];
    for (const id of ids) expect(await violationsOf(id)).toEqual([]);
    const statuses = await Promise.all(ids.map(async (id) => (await client.get(id)).status));
    expect(statuses).toEqual(["failed", "timeout", "canceled", "canceled", "canceled"]);
    const { marked } = usageOf({ processes: [], spools: [], executions: new Set(ids) });
    expect(marked).toEqual([]);
  });

  it("a chain that was paused and resumed, and a re-run", async () => {
    const chain = await start("chain", { ...SHORT, lines: 6 });
    await act(chain, "pause");
    await until("it is paused", async () => (await client.get(chain)).status === "paused");
    await act(chain, "resume");
    expect(await violationsOf(chain)).toEqual([]);
    const again = await client.reRun(chain);
    await until("it has ended", async () => (await client.get(again.id)).status === "succeeded");
    expect(await violationsOf(again.id)).toEqual([]);
  });

  it("executions that expired under their readers, and a pinned one", async () => {
    const days = 1 / 86_400;
    const kinds = FOLLOWER_KINDS.filter((kind) => kind !== "command");
    const ids = {
      output: await start("command", SHORT, { retention: { output_ttl_days: days } }, kinds),
      all: await start("command", SHORT, { retention: { execution_ttl_days: days } }, kinds),
      pinned: await start("command", SHORT, { retention: { execution_ttl_days: days } }, kinds),
    };
    await act(ids.pinned, "pin");
    await until("one is gone", async () => (await client.list({})).every(({ id }) => id !== ids.all));
    await until("one has expired", async () => (await client.get(ids.output)).output?.expired);
    for (const id of Object.values(ids)) expect(await violationsOf(id)).toEqual([]);
    expect((await client.get(ids.pinned)).output?.last_seq).toBeGreaterThan(0);
  });

  it("one host and several", { tags: SSHD_TAGS }, async () => {
    const sshd = await Sshd.start({ hosts: 2 });
    const hosts = sshd.addresses.flat().join(",");
    const started = ["remote_command", "remote_script"].flatMap((name) =>
      ["127.0.0.1", hosts].map((hosts) => start(name, { ...SHORT, hosts, ...sshd.login })),
    );
    for (const id of await Promise.all(started)) expect(await violationsOf(id)).toEqual([]);
    sshd.stop();
  });
});

describe("after all these executions", () => {
  it("no secret is in clear in the files of server and agent", () => {
    expect(checkSecrets([server_state, agent.state, journals])).toEqual([]);
  });

  it("the spool is empty", async () => {
    const left = () =>
      usageOf({ processes: [], spools: [join(agent.state, "spool")], executions: new Set() }).spooled;
    await until("the spool is empty", () => left().length === 0);
  });
});
