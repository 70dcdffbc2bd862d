import * as v from "valibot";
import { ID_PATTERN } from "../base/id.ts";
import { CHUNK_BYTES_MAX, PATH_CHARS_MAX, SEQ_MAX } from "../base/limits.ts";
import { TIMESTAMP_PATTERN } from "../base/time.ts";

export const OUTPUT_TYPES = ["stdout", "stderr", "other"] as const;
export type OutputType = (typeof OUTPUT_TYPES)[number];

const seq = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(SEQ_MAX));

/** Missing output, and why it is missing. `bytes` is null if the size is unknown. */
export const Gap = v.strictObject({
  reason: v.picklist(["spool_full", "agent_lost", "agent_restarted", "limit"]),
  bytes: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** For a range of chunks that were once in the log: the first one. The last one has the gap's own `seq`. */
  first_seq: v.exactOptional(seq),
});
export type Gap = v.InferOutput<typeof Gap>;

/**
 * Output of one stream in a short moment. The `seq` of an execution's chunks are 1, 2, 3 without holes. `data` is text, or base64 if
 * the bytes are not UTF-8. A chunk with `gap` has no data and replaces missing output.
 */
export const Chunk = v.strictObject({
  seq,
  timestamp: v.pipe(v.string(), v.regex(TIMESTAMP_PATTERN)),
  output_type: v.picklist(OUTPUT_TYPES),
  encoding: v.optional(v.literal("base64")),
  host: v.optional(v.pipe(v.string(), v.maxLength(255))),
  /** In a parent's log: the execution that wrote it, and the names of the tasks and hosts on the path to it. */
  execution_id: v.optional(v.pipe(v.string(), v.regex(ID_PATTERN))),
  path: v.optional(v.pipe(v.string(), v.maxLength(PATH_CHARS_MAX))),
  gap: v.optional(Gap),
  // A character takes at least one byte, and base64 four for three.
  data: v.pipe(v.string(), v.maxLength(Math.ceil(CHUNK_BYTES_MAX / 3) * 4)),
});
export type Chunk = v.InferOutput<typeof Chunk>;

/** The first sequence number of a chunk: its own, or the first of a gap's range. */
export function firstSeq({ seq, gap }: Pick<Chunk, "seq" | "gap">): number {
  return gap?.first_seq ?? seq;
}

/** The bytes that the process wrote. */
export function chunkBytes(chunk: Pick<Chunk, "encoding" | "data">): Uint8Array<ArrayBuffer> {
  if (chunk.encoding === "base64") return fromBase64(chunk.data);
  return new TextEncoder().encode(chunk.data) as Uint8Array<ArrayBuffer>;
}

/** The chunk as text, with U+FFFD for bytes that are not UTF-8. */
export function chunkText(chunk: Pick<Chunk, "encoding" | "data">): string {
  if (chunk.encoding !== "base64") return chunk.data;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(fromBase64(chunk.data));
}

/** The number of bytes that the process wrote, without decoding them. */
export function chunkSize(chunk: Pick<Chunk, "encoding" | "data">): number {
  if (chunk.encoding !== "base64") return utf8Length(chunk.data);
  const padding = chunk.data.endsWith("==") ? 2 : chunk.data.endsWith("=") ? 1 : 0;
  return (chunk.data.length / 4) * 3 - padding;
}

/** Whether a string is base64 in its one canonical form, so that decoding cannot fail later. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** From this length on, the platform's encoder is faster than a loop, although it makes a copy. */
const LONG_TEXT_CHARS = 1_000;

function utf8Length(text: string): number {
  if (text.length > LONG_TEXT_CHARS) return new TextEncoder().encode(text).length;
  // Taken once: in the server's engine, its look-up at each character took most of the time.
  const { charCodeAt } = String.prototype;
  const { length } = text;
  let bytes = length;
  for (let index = 0; index < length; index++) {
    const unit = charCodeAt.call(text, index);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair adds one byte: two units, four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
