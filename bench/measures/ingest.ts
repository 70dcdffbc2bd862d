import { append, batchOfFewChunks, batchOfLines, within } from "../load.ts";
import type { System } from "../systems/system.ts";

const MEASURE_MS_MAX = 30_000;

/** Acknowledged lines a second, by one producer that sends the next batch when the last is acknowledged. */
export async function ingest(
  system: System,
  lines: number,
  measure_ms: number,
  few_chunks = false,
): Promise<number> {
  const stream = await system.open();
  let next = 1;
  let acknowledged = 0;
  const post = async () => {
    const { body, chunks } = few_chunks
      ? batchOfFewChunks(next, lines)
      : { body: batchOfLines(next, lines), chunks: lines };
    next += chunks;
    await append(stream, body);
    acknowledged += lines;
  };
  const produce = async (ms: number) => {
    const until = performance.now() + ms;
    while (performance.now() < until) await post();
  };
  await within(produce(measure_ms / 5), MEASURE_MS_MAX, "warm-up");
  acknowledged = 0;
  const started = performance.now();
  await within(produce(measure_ms), MEASURE_MS_MAX, "ingest");
  const lines_s = acknowledged / ((performance.now() - started) / 1000);
  await stream.close();
  return lines_s;
}
