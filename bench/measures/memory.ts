import { readdirSync } from "node:fs";
import { pause } from "../../protocol/base/backoff.ts";
import { within } from "../load.ts";
import { residentMB } from "../statistics.ts";
import { startTailrace, type TailraceServer } from "../systems/tailrace.ts";
import { startAgent, stopAgent } from "./agent.ts";

/** Executions that run at the same time. */
const AT_ONCE = 16;
/**
 * The time between two executions. The engine keeps the memory of its busiest ten seconds, so late executions are not
 * caught up.
 */
const BETWEEN_MS = 100;
const MEASURE_MS_MAX = 3_600_000;
/** How long the server gets no request: the engine evicts an object 70 seconds after its last client. */
const REST_MS = 80_000;

/** The figures of each process: resident memory, and open descriptors. */
interface Footprint {
  mb: number;
  descriptors: number;
}

/**
 * The footprint of engine, server and agent after many short executions, each followed to its end, and a rest; and its
 * ratio to the footprint after the warm-up and a rest.
 */
export async function memory(warm_up: number, executions: number): Promise<Record<string, number>> {
  const server = await startTailrace();
  const agent = await startAgent(server, ["--slots", String(AT_ONCE)]);
  const pids = { engine: server.pid, server: server.server_pid, agent: agent.child.pid ?? 0 };
  const after = async (many: number) => {
    await within(run(server, many), MEASURE_MS_MAX, "the executions");
    await pause(REST_MS);
    return Object.entries(pids).map(([name, pid]) => ({ name, ...footprintOf(pid) }));
  };
  const before = await after(warm_up);
  const now = await after(executions);
  await stopAgent(agent);
  await server.stop();
  return Object.fromEntries(
    now.flatMap(({ name, mb, descriptors }, at): [string, number][] => [
      [`${name}, MB`, mb],
      [`${name}, times its MB after the warm-up`, mb / (before[at]?.mb ?? Number.NaN)],
      [`${name}, descriptors more`, descriptors - (before[at]?.descriptors ?? Number.NaN)],
    ]),
  );
}

async function run({ client }: TailraceServer, executions: number): Promise<void> {
  let left = executions;
  let due_ms = 0;
  const one = async () => {
    while (left-- > 0) {
      const now_ms = performance.now();
      due_ms = Math.max(now_ms, due_ms + BETWEEN_MS);
      await pause(due_ms - now_ms);
      const { id } = await client.create({ action: "core.local", parameters: { cmd: "echo hello" } });
      for await (const _ of client.follow(id, { transport: "websocket" }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

function footprintOf(pid: number): Footprint {
  return { mb: residentMB(pid), descriptors: readdirSync(`/proc/${pid}/fd`).length };
}
