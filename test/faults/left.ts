import { join } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";
import { checkSecrets } from "./check/secrets.ts";
import { checkWorld, type Looked, type Usage, usageOf } from "./check/usage.ts";
import type { Violation } from "./facts.ts";
import { SECRET_BEGINS } from "./programs/pick.ts";
import type { World } from "./world/world.ts";

/** How long it may take to release resources: kept connections close, and memory is returned. */
const LET_GO_MS_MAX = 30_000;
const POLL_MS = 500;

/** A world's use now. */
export function usageOfWorld(world: World, executions: ReadonlySet<string> = new Set()): Usage {
  const named = (name: string, pid: number | undefined) => (pid === undefined ? [] : [{ name, pid }]);
  const looked: Looked = {
    processes: [
      ...named("server", world.server.kept.pid),
      ...world.server.engines.flatMap((pid) => named("engine", pid)),
      ...world.agents.flatMap(({ name, kept }) => named(name, kept.pid)),
    ],
    spools: world.agents.map(({ state }) => join(state, "spool")),
    executions,
  };
  return usageOf(looked);
}

/** Checks the resources that a world did not have at first, some time after everything in it has ended. */
export async function checkLeft(
  world: World,
  before: Usage,
  executions: ReadonlySet<string>,
): Promise<Violation[]> {
  const deadline = performance.now() + LET_GO_MS_MAX;
  let left = checkWorld(before, usageOfWorld(world, executions));
  while (left.length > 0 && performance.now() < deadline) {
    await pause(POLL_MS);
    left = checkWorld(before, usageOfWorld(world, executions));
  }
  return [...left, ...checkSecrets(keptBy(world)), ...checkSaid(world)];
}

/** The folders with all files of server, agents and programs. */
function keptBy({ server, agents, folder }: World): string[] {
  return [server.state, join(folder, "journals"), ...agents.map(({ state }) => state)];
}

function checkSaid({ timeline }: World): Violation[] {
  const said = timeline.lines().filter((line) => line.includes(SECRET_BEGINS));
  return said.map((line) => ({
    rule: "secret",
    text: `a log has a secret in clear: ${line.length} characters`,
  }));
}
