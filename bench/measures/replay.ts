import { append, batchOfLines, followHttp, followSocket, within } from "../load.ts";
import { median } from "../statistics.ts";
import type { Stream, System } from "../systems/system.ts";

const LINES = 100_000;
const BATCH = 1_000;
const MEASURE_MS_MAX = 30_000;

/** Fills a stream with 100,000 lines. */
export async function filled(system: System): Promise<Stream> {
  const stream = await system.open();
  for (let seq = 1; seq <= LINES; seq += BATCH)
    await append(stream, batchOfLines(seq, BATCH, seq + BATCH > LINES));
  return stream;
}

/** A replay takes less than a tenth of a second, so a single garbage collection can double it. */
const REPEATS = 7;

/**
 * Megabytes of produced output a second that a new follower gets, from the first line to the last: the median of several.
 */
export async function replay(stream: Stream, how: "sse" | "websocket" | "text"): Promise<number> {
  const speeds: number[] = [];
  while (speeds.length < REPEATS) speeds.push(await replayOnce(stream, how));
  return median(speeds);
}

async function replayOnce(stream: Stream, how: "sse" | "websocket" | "text"): Promise<number> {
  const started = performance.now();
  const follower =
    how === "websocket"
      ? await followSocket(stream, stream.socket_path ?? "")
      : await followHttp(stream, how === "sse" ? stream.sse_path : (stream.text_path ?? ""));
  await within(follower.done, MEASURE_MS_MAX, "replay");
  const seconds = (performance.now() - started) / 1000;
  follower.close();
  return (LINES * 100) / 1e6 / seconds;
}
