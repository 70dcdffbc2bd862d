import { encodeChunk } from "../../protocol/wire/line.ts";
import { append, batchOfLines, follow, LAST, type LoadFollower, line, within } from "../load.ts";
import { percentile } from "../statistics.ts";
import type { Stream, System } from "../systems/system.ts";

const MEASURE_MS_MAX = 60_000;
/** Followers whose lines are timed. The others only count bytes, so that the load itself costs less. */
const TIMED_FOLLOWERS_MAX = 100;
const LINES_PER_SECOND = 200;

async function openFollowers(
  stream: Stream,
  how: "sse" | "websocket",
  count: number,
  onData: (nth: number) => ((data: Buffer) => void) | undefined,
) {
  const followers: LoadFollower[] = [];
  while (followers.length < count) {
    const some = Array.from({ length: Math.min(50, count - followers.length) }, (_, at) =>
      follow(stream, how, onData(followers.length + at)),
    );
    followers.push(...(await within(Promise.all(some), MEASURE_MS_MAX, "connecting")));
  }
  return followers;
}

/** Milliseconds from before the post of a line to its arrival at a follower: p50 and p99, at 200 lines a second. */
export async function latency(
  system: System,
  how: "sse" | "websocket",
  count: number,
  measure_ms: number,
): Promise<{ p50: number; p99: number }> {
  const stream = await system.open();
  const samples: number[] = [];
  const time = (data: Buffer) => {
    const now = performance.now();
    const text = data.toString("latin1");
    for (const [, at] of text.matchAll(/sent at (\d+\.\d+) /g)) samples.push(now - Number(at));
  };
  const followers = await openFollowers(stream, how, count, (nth) =>
    nth < TIMED_FOLLOWERS_MAX ? time : undefined,
  );
  await within(produceSteadily(stream, measure_ms), MEASURE_MS_MAX, "latency");
  await within(Promise.all(followers.map(({ done }) => done)), MEASURE_MS_MAX, "the last line");
  for (const follower of followers) follower.close();
  await stream.close();
  // The first samples are dropped: connections and compilers settle in them.
  samples.splice(0, Math.min(count, TIMED_FOLLOWERS_MAX) * LINES_PER_SECOND * 0.5);
  return { p50: percentile(samples, 50), p99: percentile(samples, 99) };
}

/** A line every 5 ms. Lines that are written during a post go with the next one, as in the agent. */
async function produceSteadily(stream: Stream, measure_ms: number): Promise<void> {
  const timestamp = "2026-11-24T12:00:00.000000Z";
  let seq = 0;
  let pending = "";
  let posting: Promise<void> | undefined;
  const flush = () => {
    if (posting || pending === "") return;
    const body = pending;
    pending = "";
    posting = append(stream, body).finally(() => {
      posting = undefined;
      flush();
    });
  };
  const add = (text: string) => {
    pending += encodeChunk({ seq: ++seq, timestamp, output_type: "stdout", data: line(text) });
    flush();
  };
  const started = performance.now();
  for (let at = 1; at * (1000 / LINES_PER_SECOND) < measure_ms; at++) {
    const due = started + at * (1000 / LINES_PER_SECOND);
    await new Promise((go) => setTimeout(go, Math.max(0, due - performance.now())));
    add(`sent at ${performance.now().toFixed(3)} `);
  }
  add(LAST);
  while (posting) await posting;
}

/** Lines delivered a second, over all followers, of batches of so many lines, posted back to back. */
export async function fanout(
  system: System,
  how: "sse" | "websocket",
  count: number,
  batches: number,
  lines: number,
): Promise<number> {
  const stream = await system.open();
  const followers = await openFollowers(stream, how, count, () => undefined);
  await append(stream, batchOfLines(1, lines));
  const started = performance.now();
  for (let batch = 1; batch <= batches; batch++) {
    // A system that takes longer must not go on under the next measurement.
    if (performance.now() - started > MEASURE_MS_MAX) {
      for (const follower of followers) follower.close();
      throw new Error(`fan-out: not posted within ${MEASURE_MS_MAX} ms`);
    }
    await append(stream, batchOfLines(batch * lines + 1, lines, batch === batches));
  }
  await within(Promise.all(followers.map(({ done }) => done)), MEASURE_MS_MAX, "fan-out");
  const seconds = (performance.now() - started) / 1000;
  const [first] = followers;
  if (followers.some(({ bytes }) => bytes < 0.99 * (first?.bytes ?? 0)))
    throw new Error("a follower did not get everything");
  for (const follower of followers) follower.close();
  await stream.close();
  return (batches * lines * count) / seconds;
}
