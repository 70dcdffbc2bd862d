import * as v from "valibot";
import { TailraceError } from "../base/errors.ts";
import { parseJson } from "../base/json.ts";
import { BATCH_CHUNKS_MAX, CHUNK_BYTES_MAX } from "../base/limits.ts";
import { Chunk, chunkSize, type Gap, isBase64 } from "./chunk.ts";
import type { ByteCounts, LineCounts } from "./counts.ts";
import { encodeChunk, lineEnd } from "./line.ts";
import { lineCount } from "./lines.ts";
import { PlainLines } from "./plain-lines.ts";

/** A checked batch: consecutive chunks, one line each, in the form that is stored, pushed and replayed. */
export interface Batch {
  first_seq: number;
  last_seq: number;
  bytes: ByteCounts;
  gaps: number;
  lines: LineCounts;
  /** The lines, with their keys in the order that readers rely on. */
  body: string;
}

/** The fields of a line that the check of a batch needs. */
type CheckedLine = Pick<PlainLines, "seq" | "output_type" | "bytes" | "line_count">;

/**
 * Checks a posted batch: NDJSON, each line a chunk, sequence numbers without holes, sizes in bounds. Throws `invalid` or `too_large`
 * with the number of the wrong line. Lines that are not in canonical form are rewritten. `size` is the text's length in UTF-8, if it
 * is known.
 */
export function readBatch(text: string, size?: number): Batch {
  if (text === "") throw new TailraceError("invalid", "The batch is empty.");
  const bytes: ByteCounts = { stdout: 0, stderr: 0, other: 0 };
  const lines: LineCounts = { stdout: 0, stderr: 0, other: 0 };
  const plain = new PlainLines(text, size);
  let [first_seq, last_seq, gaps, count] = [0, 0, 0, 0];
  /** The text up to `taken`, with its rewritten lines. */
  let [body, taken] = ["", 0];
  const add = (line: CheckedLine) => {
    if (count === 1) first_seq = line.seq;
    else if (line.seq !== last_seq + 1)
      throw new TailraceError("invalid", `Line ${count}: seq ${line.seq} does not follow ${last_seq}.`);
    last_seq = line.seq;
    bytes[line.output_type] += line.bytes;
    lines[line.output_type] += line.line_count;
  };
  for (let at = 0; at < text.length; ) {
    if (++count > BATCH_CHUNKS_MAX)
      throw new TailraceError("too_large", `The batch has more than ${BATCH_CHUNKS_MAX} chunks.`);
    if (plain.read(at)) {
      add(plain);
      at = plain.end;
      continue;
    }
    const end = lineEnd(text, at) || text.length + 1;
    const line = text.slice(at, end - 1);
    const chunk = readAnyLine(line, count);
    add(chunk);
    if (chunk.gap) gaps++;
    if (chunk.canonical !== line) {
      body += `${text.slice(taken, at)}${chunk.canonical}\n`;
      taken = end;
    }
    at = end;
  }
  body += text.slice(taken);
  if (!body.endsWith("\n")) body += "\n";
  return { first_seq, last_seq, bytes, gaps, lines, body };
}

/** Reads a line by the schema. That takes several times as long as for a plain line. */
function readAnyLine(
  line: string,
  number: number,
): CheckedLine & { gap: Gap | undefined; canonical: string } {
  const parsed = v.safeParse(Chunk, readLineJson(line, number));
  if (!parsed.success) throw new TailraceError("invalid", `Line ${number}: ${issueText(parsed.issues[0])}`);
  const chunk = parsed.output;
  const { seq, output_type, gap } = chunk;
  if (chunk.execution_id !== undefined || chunk.path !== undefined) {
    throw new TailraceError("invalid", `Line ${number}: only a parent's log names the execution of a chunk.`);
  }
  if (gap?.first_seq !== undefined)
    throw new TailraceError("invalid", `Line ${number}: only a log may have a gap of a range.`);
  const counts = { bytes: sizeInBounds(chunk, number), line_count: lineCount(chunk) };
  return { seq, output_type, gap, ...counts, canonical: encodeChunk(chunk).slice(0, -1) };
}

function readLineJson(line: string, number: number): unknown {
  try {
    return parseJson(line);
  } catch (error) {
    const reason = error instanceof TailraceError ? error.message : "not JSON.";
    throw new TailraceError("invalid", `Line ${number}: ${reason}`);
  }
}

function sizeInBounds(chunk: Chunk, number: number): number {
  if (chunk.encoding === "base64" && !isBase64(chunk.data)) {
    throw new TailraceError("invalid", `Line ${number}: data is not base64.`);
  }
  // Half of a surrogate pair has no bytes: no process can have written it.
  if (!chunk.data.isWellFormed()) {
    throw new TailraceError("invalid", `Line ${number}: data is not Unicode text.`);
  }
  const size = chunkSize(chunk);
  if (size > CHUNK_BYTES_MAX) {
    throw new TailraceError("too_large", `Line ${number}: data has more than ${CHUNK_BYTES_MAX} bytes.`);
  }
  return size;
}

/** The text of a schema's issue, with its path: `data: Invalid type: …`. */
export function issueText(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return path ? `${path}: ${issue.message}` : issue.message;
}
