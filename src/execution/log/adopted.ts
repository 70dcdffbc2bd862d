import { adoptLines } from "../../../protocol/wire/adopt.ts";
import { chunkSize, firstSeq } from "../../../protocol/wire/chunk.ts";
import { cutEnd, decodeChunk, type LineLabel } from "../../../protocol/wire/line.ts";
import { lineCount } from "../../../protocol/wire/lines.ts";
import { splitLines } from "../../../protocol/wire/ndjson.ts";
import type { BatchHead } from "../../objects/log.ts";

/** Characters of one row: SQLite limits a row to 2 MB, and a character may take three bytes. */
const ROW_CHARS_MAX = 600 * 1024;

/** A batch as the log takes it. */
export interface AdoptedBatch {
  head: BatchHead;
  body: string;
}

/** A child's batch as batches of its parent. The labels make it longer: if it no longer fits a row, it is split. */
export function adoptedBatches(
  { head, body }: AdoptedBatch,
  first_seq: number,
  label: LineLabel,
): AdoptedBatch[] {
  const lines = adoptLines(body, first_seq, label);
  const last_seq = first_seq + head.last_seq - head.first_seq;
  if (lines.length <= ROW_CHARS_MAX) return [{ head: { ...head, first_seq, last_seq }, body: lines }];
  const batches: AdoptedBatch[] = [];
  for (let at = 0; at < lines.length; ) {
    const end = cutEnd(lines, at, ROW_CHARS_MAX);
    if (end <= at) throw new Error("a batch ends within a line");
    batches.push(batchOf(lines.slice(at, end)));
    at = end;
  }
  return batches;
}

function batchOf(body: string): AdoptedBatch {
  const chunks = splitLines(body).map(decodeChunk);
  const [first, last] = [chunks[0], chunks.at(-1)];
  if (!first || !last) throw new Error("a batch has no lines");
  const head: BatchHead = {
    first_seq: firstSeq(first),
    last_seq: last.seq,
    bytes: { stdout: 0, stderr: 0, other: 0 },
    gaps: 0,
    lines: { stdout: 0, stderr: 0, other: 0 },
  };
  for (const chunk of chunks) {
    if (chunk.gap) head.gaps++;
    head.bytes[chunk.output_type] += chunkSize(chunk);
    head.lines[chunk.output_type] += lineCount(chunk);
  }
  return { head, body };
}
