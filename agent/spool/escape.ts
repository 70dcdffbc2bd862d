import { CHUNK_BYTES_MAX } from "../../protocol/base/limits.ts";

/** JSON writes a control byte as six. */
const ESCAPED_BYTES_MAX = 6;

/** The bytes that one step reads and writes, also beyond the end of the text. */
const STEP_BYTES = 16;

/** Characters of a line's beginning, and room for them. */
export const HEAD_CHARS_MAX = 1024;
const HEAD_BYTES_MAX = HEAD_CHARS_MAX * 3;

const PAGE_BYTES = 64 * 1024;

/** For each byte that JSON escapes, eight bytes: what JSON writes, and last how many bytes that are. */
const TABLE_AT = 0;
const ENTRY_BYTES = 8;
const TEXT_AT = TABLE_AT + 256 * ENTRY_BYTES;
const TARGET_AT = TEXT_AT + CHUNK_BYTES_MAX + STEP_BYTES;
const BYTES = TARGET_AT + HEAD_BYTES_MAX + CHUNK_BYTES_MAX * ESCAPED_BYTES_MAX + STEP_BYTES;

const I32 = 0x7f;
const V128 = 0x7b;

/**
 * Escapes a text: takes its place, its end and the target's place, and returns the target's end. It copies sixteen bytes at a time and
 * looks at all of them at once: in JavaScript, this loop was a quarter of the agent's processor time. The instructions have the
 * numbers of the WebAssembly specification. Locals: 0 the text's place, 1 its end, 2 the target's place, 3 the sixteen bytes, 4 to 6
 * what is looked for, 7 how many bytes need no escape, 8 an entry of the table.
 */
const FUNCTION = [
  ...[2, 4, V128, 2, I32],
  // sixteen spaces, quotes and backslashes
  ...[0x41, 0x20, 0xfd, 0x0f, 0x21, 4, 0x41, 0x22, 0xfd, 0x0f, 0x21, 5],
  ...[0x41, 0xdc, 0x00, 0xfd, 0x0f, 0x21, 6],
  // loop: the target gets the text's next bytes
  ...[0x03, 0x40, 0x20, 2, 0x20, 0, 0xfd, 0x00, 0, 0, 0x22, 3, 0xfd, 0x0b, 0, 0],
  // a bit for each byte below a space, each quote and each backslash, and one after the last byte
  ...[0x20, 3, 0x20, 4, 0xfd, 0x26, 0x20, 3, 0x20, 5, 0xfd, 0x23, 0xfd, 0x50],
  ...[0x20, 3, 0x20, 6, 0xfd, 0x23, 0xfd, 0x50],
  ...[0xfd, 0x64, 0x41, 0x80, 0x80, 0x04, 0x72],
  // both places go on to the first of them
  ...[0x68, 0x22, 7, 0x20, 0, 0x6a, 0x21, 0, 0x20, 2, 0x20, 7, 0x6a, 0x21, 2],
  // beyond the end of the text: the end of the target is as far back
  ...[0x20, 0, 0x20, 1, 0x4f, 0x04, 0x40, 0x20, 2, 0x20, 0, 0x20, 1, 0x6b, 0x6b, 0x0f, 0x0b],
  // no byte of the sixteen: the loop goes on
  ...[0x20, 7, 0x41, STEP_BYTES, 0x46, 0x0d, 0],
  // the target gets the byte's entry
  ...[0x20, 0, 0x2d, 0, 0, 0x41, 3, 0x74, 0x21, 8],
  ...[0x20, 2, 0x20, 8, 0x29, 0, 0, 0x37, 0, 0],
  ...[0x20, 2, 0x20, 8, 0x2d, 0, ENTRY_BYTES - 1, 0x6a, 0x21, 2],
  // the loop goes on before the end of the text
  ...[0x20, 0, 0x41, 1, 0x6a, 0x22, 0, 0x20, 1, 0x49, 0x0d, 0, 0x0b],
  ...[0x20, 2, 0x0b],
];

/** The part of the runtime's WebAssembly that is used here. Node's types do not have it. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: Record<string, unknown> };
};

const MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  // a type: three numbers to one, and the function of that type
  ...section(1, [1, 0x60, 3, I32, I32, I32, 1, I32]),
  ...section(3, [1, 0]),
  ...section(5, [1, 0, Math.ceil(BYTES / PAGE_BYTES)]),
  ...section(7, [2, 1, "m".charCodeAt(0), 2, 0, 1, "f".charCodeAt(0), 0, 0]),
  ...section(10, [1, ...sized(FUNCTION)]),
]);

function section(id: number, bytes: number[]): number[] {
  return [id, ...sized(bytes)];
}

/** Bytes after their number, as LEB128 writes a number below 2^14. */
function sized(bytes: number[]): number[] {
  return [(bytes.length & 0x7f) | 0x80, bytes.length >> 7, ...bytes];
}

type EscapeText = (text_at: number, end: number, target_at: number) => number;

/** The function, and its memory. */
interface Escaping {
  escapeText: EscapeText;
  memory: Buffer;
}

let escaping: Escaping | undefined;

/**
 * A line: a beginning of at most `HEAD_CHARS_MAX`, a text of at most `CHUNK_BYTES_MAX` bytes as JSON writes it between quotes, and an end. It is valid until the
 * next one is made. All spools share the memory, because a line is written before the next one is made.
 */
export function escapedLine(head: string, text: Uint8Array, tail: string): Buffer {
  if (text.length > CHUNK_BYTES_MAX) throw new RangeError(`a chunk has ${text.length} bytes`);
  escaping ??= start();
  const { memory, escapeText } = escaping;
  memory.set(text, TEXT_AT);
  const data_at = TARGET_AT + memory.write(head, TARGET_AT, HEAD_BYTES_MAX);
  const end = escapeText(TEXT_AT, TEXT_AT + text.length, data_at);
  return memory.subarray(TARGET_AT, end + memory.write(tail, end));
}

function start(): Escaping {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(MODULE));
  const { m, f } = exports as { m: { buffer: ArrayBuffer }; f: EscapeText };
  const memory = Buffer.from(m.buffer);
  for (let byte = 0; byte < 0x80; byte++) {
    const escaped = JSON.stringify(String.fromCharCode(byte)).slice(1, -1);
    const entry = TABLE_AT + byte * ENTRY_BYTES;
    memory[entry + ENTRY_BYTES - 1] = memory.write(escaped, entry);
  }
  return { escapeText: f, memory };
}
