import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";
import { PING_MS, PINGS_MISSING_MAX } from "../../protocol/base/limits.ts";
import type { Client } from "../../protocol/client/client.ts";
import { chunkText } from "../../protocol/wire/chunk.ts";
import type { Counts } from "../counting-worker/counts.ts";
import { percentile } from "../statistics.ts";
import { between, readCounts, times } from "./counts.ts";

/** A counting server with a real agent. */
export interface CountedWorld {
  url: string;
  client: Client;
  agent_state: string;
}

/** What a scenario was billed for, and how many lines it has written. */
export interface Counted {
  counts: Counts;
  lines: number;
}

/** Delays from a program's write to a follower: p50 of a steady stream, and of lines after quiet. */
export interface Delays {
  p50_ms: number;
  first_ms: number;
}

const SECOND_MS = 1_000;
const HOUR_MS = 60 * 60 * SECOND_MS;
/** After an end, the index and the pool are told. */
const SETTLED_MS = 3 * SECOND_MS;
/** Lines that come after quiet, and the quiet before each; the first warms up. */
const QUIET_LINES = 6;
const QUIET_MS = 1_500;
/** What a steady stream writes before and after the measurement. */
const MARGIN_MS = 2 * SECOND_MS;
const NO_PINGS = { sockets: 0, ms: 0 };
/** Each line of a program has 100 bytes, and says when it was written. */
const WRITE = `const line = () => process.stdout.write(\`at \${performance.timeOrigin + performance.now()} \`.padEnd(99, ".") + "\\n");
const pause = (ms) => new Promise((go) => setTimeout(go, ms));\n`;

/** Whole executions that write all their lines at once; the counts are of one of them. */
export async function burst(world: CountedWorld, lines: number, runs: number): Promise<Counted> {
  const script = `process.stdout.write("${"x".repeat(99)}\\n".repeat(${lines}));`;
  await ended(world, script);
  await pause(SETTLED_MS);
  const before = await readCounts(world.url);
  for (let run = 0; run < runs; run++) await ended(world, script);
  await pause(SETTLED_MS);
  return { counts: times(between(before, await readCounts(world.url), NO_PINGS), 1 / runs), lines };
}

/** Lines at a steady rate, followed by a WebSocket and by events. The start and the end of the execution are not counted. */
export async function steady(
  world: CountedWorld,
  lines_per_second: number,
  measure_ms: number,
): Promise<Counted & Delays> {
  const cmd = program(
    world,
    `for (let quiet = 0; quiet < ${QUIET_LINES}; quiet++) { await pause(${QUIET_MS}); line(); }
     await pause(${QUIET_MS});
     const begun = performance.now();
     for (let at = 0; at < ${((measure_ms + 2 * MARGIN_MS) / SECOND_MS) * lines_per_second}; at++) {
       await pause(begun + at * ${SECOND_MS / lines_per_second} - performance.now());
       line();
     }`,
  );
  const { id } = await world.client.create({ action: "core.local", parameters: { cmd, timeout: 600 } });
  const delays_ms: number[] = [];
  const readers = (["websocket", "sse"] as const).map(async (transport) => {
    for await (const record of world.client.follow(id, { transport }))
      if (transport === "websocket" && "seq" in record) delays_ms.push(...delaysOf(chunkText(record)));
  });
  while (delays_ms.length < QUIET_LINES) await pause(10);
  const [, ...first_ms] = delays_ms;
  await pause(QUIET_MS + MARGIN_MS);
  const before = await readCounts(world.url);
  const [begun_ms, begun_at] = [performance.now(), delays_ms.length];
  await pause(measure_ms);
  const after = await readCounts(world.url);
  const measured_ms = delays_ms.slice(begun_at);
  const counts = between(before, after, { sockets: readers.length, ms: performance.now() - begun_ms });
  await Promise.all(readers);
  return {
    counts,
    lines: measured_ms.length,
    p50_ms: percentile(measured_ms, 50),
    first_ms: percentile(first_ms, 50),
  };
}

/** An hour of an agent without work, beside an execution that has ended. */
export async function idleAgent({ url }: CountedWorld, measure_ms: number): Promise<Counts> {
  // The pool looks once more after the last execution.
  await pause(PINGS_MISSING_MAX * PING_MS);
  const before = await readCounts(url);
  await pause(measure_ms);
  return anHour(between(before, await readCounts(url), { sockets: 1, ms: measure_ms }), measure_ms);
}

/** An hour of an execution that runs, prints nothing and has a follower, or none. */
export async function quiet(world: CountedWorld, measure_ms: number, is_followed: boolean): Promise<Counts> {
  const { client, url } = world;
  const { id } = await client.create({ action: "core.local", parameters: { cmd: "sleep 600" } });
  const leaving = new AbortController();
  const following = (async () => {
    if (!is_followed) return;
    const records = client.follow(id, { transport: "websocket", signal: leaving.signal });
    for await (const _ of records);
  })();
  // The pool looks once more after it has given the lease. Its next look is after the grace time.
  await pause(PINGS_MISSING_MAX * PING_MS + SETTLED_MS);
  const before = await readCounts(url);
  await pause(measure_ms);
  const sockets = is_followed ? 1 : 0;
  const counts = between(before, await readCounts(url), { sockets, ms: measure_ms });
  await client.cancel(id);
  leaving.abort();
  await following;
  await pause(SETTLED_MS);
  return anHour(counts, measure_ms);
}

function anHour(counts: Counts, measured_ms: number): Counts {
  return times(counts, HOUR_MS / measured_ms);
}

/** Runs a script to its end. The agent's folder says that the server has the end: a request for it would be counted. */
async function ended(world: CountedWorld, script: string): Promise<void> {
  const begun = join(world.agent_state, "begun");
  rmSync(begun, { force: true });
  const cmd = `touch ${begun}; ${program(world, script)}`;
  await world.client.create({ action: "core.local", parameters: { cmd } });
  while (!existsSync(begun) || readdirSync(join(world.agent_state, "spool")).length > 0) await pause(10);
}

/** The command that runs a script. */
function program({ agent_state }: CountedWorld, script: string): string {
  const file = join(agent_state, "program.mjs");
  writeFileSync(file, WRITE + script);
  return `exec ${process.execPath} ${file}`;
}

function delaysOf(text: string): number[] {
  const now = performance.timeOrigin + performance.now();
  return [...text.matchAll(/at (\d+\.\d+) /g)].map(([, at]) => now - Number(at));
}
