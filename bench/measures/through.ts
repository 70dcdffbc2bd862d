import { pause } from "../../protocol/base/backoff.ts";
import { append, batchOfFewChunks, line, within } from "../load.ts";
import { cpuSeconds, residentMB } from "../statistics.ts";
import { Ends } from "../systems/ends.ts";
import { minimalWorker } from "../systems/references.ts";
import { startTailrace } from "../systems/tailrace.ts";
import { startAgent, stopAgent } from "./agent.ts";

const MEASURE_MS_MAX = 300_000;

/** The agent and the bare object work in turns, so that they have the same conditions. The first turn warms up. */
const TURNS = 4;

/** Lines of one post: as many as fit into the agent's. */
const BATCH_LINES = 9_600;
const LINE_BYTES = 100;

/** A secret that the agent searches for in the output. */
const SECRET = { BENCH_SECRET: "a secret that no line has" };

/**
 * A program's output, from its pipe through a masking agent to the server's storage: megabytes a second, processor seconds for each
 * gigabyte and peak memory of the agent, and the share of the speed that the same posts reach on the bare object.
 */
export async function pipeToStorage(turn_bytes: number): Promise<Record<string, number>> {
  const server = await startTailrace();
  const bare = await minimalWorker();
  const agent = await startAgent(server, ["--mask-env", Object.keys(SECRET).join()]);
  const pid = agent.child.pid ?? 0;
  const ends = await Ends.of(server);
  const text = line("a line of the load").trimEnd();
  const cmd = `yes '${text}' | head -c ${turn_bytes}`;
  const parameters = { cmd, env: SECRET };
  const through = async () => {
    const { id } = await server.client.create({ action: "core.local", parameters });
    await ends.has(id);
  };
  const posts = async () => {
    const stream = await bare.open();
    const { body } = batchOfFewChunks(1, BATCH_LINES);
    for (let bytes = 0; bytes < turn_bytes; bytes += BATCH_LINES * LINE_BYTES) await append(stream, body);
    await stream.close();
  };
  let own_ms = 0;
  let bare_ms = 0;
  let cpu_seconds = 0;
  let peak_mb = 0;
  let is_over = false;
  const watching = (async () => {
    for (; !is_over; await pause(20)) peak_mb = Math.max(peak_mb, residentMB(pid));
  })();
  for (let turn = 0; turn < TURNS; turn++) {
    const cpu_before = cpuSeconds(pid);
    const own = await timed(through);
    const cpu = cpuSeconds(pid) - cpu_before;
    const other = await timed(posts);
    if (turn === 0) continue;
    own_ms += own;
    bare_ms += other;
    cpu_seconds += cpu;
  }
  is_over = true;
  await watching;
  ends.close();
  await stopAgent(agent);
  await bare.stop();
  await server.stop();
  const bytes = (TURNS - 1) * turn_bytes;
  return {
    "MB/s": bytes / 1000 / own_ms,
    "of the same posts on the bare object": bare_ms / own_ms,
    "CPU s per GB": cpu_seconds / (bytes / 1e9),
    "peak MB": peak_mb,
  };
}

async function timed(act: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await within(act(), MEASURE_MS_MAX, "pipe to storage");
  return performance.now() - started;
}
