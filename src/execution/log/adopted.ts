import { adoptLines, type ChildLabel } from "../../../protocol/wire/adopt.ts";
import { type Chunk, chunkSize, firstSeq } from "../../../protocol/wire/chunk.ts";
import { lineCount } from "../../../protocol/wire/lines.ts";
import type { BatchHead } from "../../objects/log.ts";

/** Characters of one row. A row ends at 2 MB, and a character may take three bytes. */
const ROW_CHARS_MAX = 600 * 1024;

/** A batch as the log takes it. */
export interface AdoptedBatch {
  head: BatchHead;
  body: string;
}

/** A child's batch as its parent's, whose labels may make it longer than a row: then it is several. */
export function adoptedBatches(
  { head, body }: AdoptedBatch,
  first_seq: number,
  label: ChildLabel,
): AdoptedBatch[] {
  const lines = adoptLines(body, first_seq, label);
  const last_seq = first_seq + head.last_seq - head.first_seq;
  if (lines.length <= ROW_CHARS_MAX) return [{ head: { ...head, first_seq, last_seq }, body: lines }];
  const batches: AdoptedBatch[] = [];
  for (let at = 0; at < lines.length; ) {
    const cut = lines.lastIndexOf("\n", at + ROW_CHARS_MAX - 1);
    // A single line may be longer than that.
    const end = (cut < at ? lines.indexOf("\n", at) : cut) + 1;
    if (end <= at) throw new Error("a batch ends within a line");
    batches.push(batchOf(lines.slice(at, end)));
    at = end;
  }
  return batches;
}

function batchOf(body: string): AdoptedBatch {
  const chunks = body
    .split("\n")
    .slice(0, -1)
    .map((line): Chunk => JSON.parse(line));
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
