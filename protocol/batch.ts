import * as v from "valibot";
import { Chunk, chunkSize, encodeChunk, isBase64, type OutputType } from "./chunk.ts";
import { TailraceError } from "./errors.ts";
import { BATCH_CHUNKS_MAX, CHUNK_BYTES_MAX } from "./limits.ts";

/** Bytes that the process wrote, by stream. */
export type ByteCounts = Record<OutputType, number>;

/** A checked batch: consecutive chunks, one line each, as they are stored, pushed and replayed. */
export interface Batch {
  first_seq: number;
  last_seq: number;
  bytes: ByteCounts;
  gaps: number;
  /** The lines, in the one order of keys that readers may rely on. */
  body: string;
}

/** The start of nearly every line: a text chunk as `encodeChunk` writes it. */
const PLAIN =
  /\{"seq":\d+,"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","output_type":"(?:stdout|stderr|other)","data":"/y;

/**
 * Checks a posted batch: NDJSON, each line a chunk, sequence numbers dense, sizes in bounds. Throws `invalid`
 * or `too_large` with the line at fault. Lines that are not in canonical form are rewritten into it.
 */
export function readBatch(text: string): Batch {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) throw new TailraceError("invalid", "The batch is empty.");
  if (lines.length > BATCH_CHUNKS_MAX) {
    throw new TailraceError("too_large", `The batch has more than ${BATCH_CHUNKS_MAX} chunks.`);
  }
  const bytes: ByteCounts = { stdout: 0, stderr: 0, other: 0 };
  let first_seq = 0;
  let last_seq = 0;
  let gaps = 0;
  let rewritten = false;
  for (const [index, line] of lines.entries()) {
    const chunk = readLine(line, index);
    if (index === 0) first_seq = chunk.seq;
    else if (chunk.seq !== last_seq + 1) {
      throw new TailraceError("invalid", `Line ${index + 1}: seq ${chunk.seq} does not follow ${last_seq}.`);
    }
    last_seq = chunk.seq;
    bytes[chunk.output_type] += sizeInBounds(chunk, index);
    if (chunk.gap) gaps++;
    if (!isPlain(line)) {
      lines[index] = encodeChunk(chunk).slice(0, -1);
      rewritten = true;
    }
  }
  const body = rewritten || !text.endsWith("\n") ? `${lines.join("\n")}\n` : text;
  return { first_seq, last_seq, bytes, gaps, body };
}

function readLine(line: string, index: number): Chunk {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new TailraceError("invalid", `Line ${index + 1}: not JSON.`);
  }
  const parsed = v.safeParse(Chunk, value);
  if (!parsed.success)
    throw new TailraceError("invalid", `Line ${index + 1}: ${issueText(parsed.issues[0])}`);
  return parsed.output;
}

function sizeInBounds(chunk: Chunk, index: number): number {
  if (chunk.encoding === "base64" && !isBase64(chunk.data)) {
    throw new TailraceError("invalid", `Line ${index + 1}: data is not base64.`);
  }
  const size = chunkSize(chunk);
  if (size > CHUNK_BYTES_MAX) {
    throw new TailraceError("too_large", `Line ${index + 1}: data has more than ${CHUNK_BYTES_MAX} bytes.`);
  }
  return size;
}

function isPlain(line: string): boolean {
  PLAIN.lastIndex = 0;
  return PLAIN.test(line);
}

/** A schema's complaint with the place it is about: `data: Invalid type: …`. */
export function issueText(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return path ? `${path}: ${issue.message}` : issue.message;
}
