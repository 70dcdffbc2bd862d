import * as v from "valibot";
import { TailraceError } from "../base/errors.ts";
import { parseJson, tryJson } from "../base/json.ts";
import { BATCH_CHUNKS_MAX, CHUNK_BYTES_MAX } from "../base/limits.ts";
import { Chunk, chunkSize, isBase64, type OutputType } from "./chunk.ts";
import type { ByteCounts, LineCounts } from "./counts.ts";
import { encodeChunk, PLAIN_HEAD } from "./line.ts";
import { lineCount } from "./lines.ts";
import { splitLines } from "./ndjson.ts";

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

/** The fields of a line that the check of a batch needs, and the line in canonical form. */
interface CheckedLine extends Pick<Chunk, "seq" | "output_type" | "encoding" | "data" | "gap"> {
  canonical: string;
}

/**
 * Checks a posted batch: NDJSON, each line a chunk, sequence numbers without holes, sizes in bounds. Throws `invalid` or `too_large`
 * with the number of the wrong line. Lines that are not in canonical form are rewritten.
 */
export function readBatch(text: string): Batch {
  const lines = splitLines(text);
  if (lines.length === 0) throw new TailraceError("invalid", "The batch is empty.");
  if (lines.length > BATCH_CHUNKS_MAX) {
    throw new TailraceError("too_large", `The batch has more than ${BATCH_CHUNKS_MAX} chunks.`);
  }
  const bytes: ByteCounts = { stdout: 0, stderr: 0, other: 0 };
  const ended: LineCounts = { stdout: 0, stderr: 0, other: 0 };
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
    ended[chunk.output_type] += lineCount(chunk);
    if (chunk.gap) {
      if (chunk.gap.first_seq !== undefined) {
        throw new TailraceError("invalid", `Line ${index + 1}: only a log may have a gap of a range.`);
      }
      gaps++;
    }
    if (chunk.canonical !== line) {
      lines[index] = chunk.canonical;
      rewritten = true;
    }
  }
  const body = rewritten || !text.endsWith("\n") ? `${lines.join("\n")}\n` : text;
  return { first_seq, last_seq, bytes, gaps, lines: ended, body };
}

function readLine(line: string, index: number): CheckedLine {
  return readPlainLine(line) ?? readAnyLine(line, index);
}

/**
 * Reads a line without the schema, if only one JSON string and the closing brace follow a plain beginning, as in most lines. The schema
 * takes several times as long, and every line of every batch is read here.
 */
function readPlainLine(line: string): CheckedLine | undefined {
  const plain = PLAIN_HEAD.exec(line);
  if (plain === null || !line.endsWith('"}')) return undefined;
  const data = tryJson(line.slice(plain[0].length, -1));
  if (typeof data !== "string") return undefined;
  return { seq: Number(plain[1]), output_type: plain[2] as OutputType, data, canonical: line };
}

function readAnyLine(line: string, index: number): CheckedLine {
  const parsed = v.safeParse(Chunk, readLineJson(line, index));
  if (!parsed.success) {
    throw new TailraceError("invalid", `Line ${index + 1}: ${issueText(parsed.issues[0])}`);
  }
  if (parsed.output.execution_id !== undefined || parsed.output.path !== undefined) {
    throw new TailraceError(
      "invalid",
      `Line ${index + 1}: only a parent's log names the execution of a chunk.`,
    );
  }
  return { ...parsed.output, canonical: encodeChunk(parsed.output).slice(0, -1) };
}

function readLineJson(line: string, index: number): unknown {
  try {
    return parseJson(line);
  } catch (error) {
    const reason = error instanceof TailraceError ? error.message : "not JSON.";
    throw new TailraceError("invalid", `Line ${index + 1}: ${reason}`);
  }
}

function sizeInBounds(chunk: CheckedLine, index: number): number {
  if (chunk.encoding === "base64" && !isBase64(chunk.data)) {
    throw new TailraceError("invalid", `Line ${index + 1}: data is not base64.`);
  }
  // Half of a surrogate pair has no bytes: no process can have written it.
  if (!chunk.data.isWellFormed()) {
    throw new TailraceError("invalid", `Line ${index + 1}: data is not Unicode text.`);
  }
  const size = chunkSize(chunk);
  if (size > CHUNK_BYTES_MAX) {
    throw new TailraceError("too_large", `Line ${index + 1}: data has more than ${CHUNK_BYTES_MAX} bytes.`);
  }
  return size;
}

/** The text of a schema's issue, with its path: `data: Invalid type: …`. */
export function issueText(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return path ? `${path}: ${issue.message}` : issue.message;
}
