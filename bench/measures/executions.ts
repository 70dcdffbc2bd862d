import { within } from "../load.ts";
import { cpuSeconds, percentile } from "../statistics.ts";
import { Ends } from "../systems/ends.ts";
import { startTailrace } from "../systems/tailrace.ts";
import { startAgent, stopAgent } from "./agent.ts";

/** Executions that are created at the same moment, and slots of the agent. */
const AT_ONCE = 100;
const SLOTS = 64;
const SETS_MS_MAX = 300_000;
const SHORT = { action: "core.local", parameters: { cmd: "echo hello" } };

/**
 * Sets of short executions that are created at the same moment: ended executions a second, and the processor seconds of each process
 * for a thousand. One connection of the event stream reports the ends.
 */
export async function shortExecutions(sets: number): Promise<Record<string, number>> {
  const server = await startTailrace();
  const agent = await startAgent(server, ["--slots", String(SLOTS)]);
  const ends = await Ends.of(server);
  const set = async () => {
    const created = Array.from({ length: AT_ONCE }, () => server.client.create(SHORT));
    await Promise.all(created.map(async (one) => ends.has((await one).id)));
  };
  const pids = { agent: agent.child.pid ?? 0, engine: server.pid, server: server.server_pid };
  const used = () => Object.entries(pids).map(([name, pid]) => ({ name, seconds: cpuSeconds(pid) }));
  await within(set(), SETS_MS_MAX, "the first executions");
  const before = used();
  const started = performance.now();
  for (let done = 0; done < sets; done++) await within(set(), SETS_MS_MAX, "the executions");
  const seconds = (performance.now() - started) / 1000;
  const after = used();
  ends.close();
  await stopAgent(agent);
  await server.stop();
  const thousands = (sets * AT_ONCE) / 1000;
  return {
    "executions/s": (sets * AT_ONCE) / seconds,
    ...Object.fromEntries(
      after.map(({ name, seconds }, at) => [
        `${name}, CPU s per 1,000`,
        (seconds - (before[at]?.seconds ?? Number.NaN)) / thousands,
      ]),
    ),
  };
}

/** One short execution after another: milliseconds from before the POST to its first byte and to its end, at a follower. */
export async function oneExecution(executions: number): Promise<Record<string, number>> {
  const server = await startTailrace();
  const agent = await startAgent(server);
  const first_byte: number[] = [];
  const end: number[] = [];
  const one = async () => {
    const started = performance.now();
    const { id } = await server.client.create(SHORT);
    for await (const record of server.client.follow(id, { transport: "websocket" }))
      if ("seq" in record) first_byte.push(performance.now() - started);
    end.push(performance.now() - started);
  };
  for (let done = 0; done < executions; done++) await within(one(), SETS_MS_MAX, "an execution");
  await stopAgent(agent);
  await server.stop();
  const warm = (values: number[]) => values.slice(WARM_UP);
  return {
    "first byte, p50 ms": percentile(warm(first_byte), 50),
    "end, p50 ms": percentile(warm(end), 50),
    "end, p99 ms": percentile(warm(end), 99),
  };
}

/** Executions that are not counted. */
const WARM_UP = 20;
