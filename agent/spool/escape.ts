import { CHUNK_BYTES_MAX } from "../../protocol/base/limits.ts";
import { ENTRY_BYTES, escapeModule, STEP_BYTES } from "./escape-module.ts";

/** JSON writes a control byte as six. */
const ESCAPED_BYTES_MAX = 6;

/** Characters of a line's beginning, and room for them. */
export const HEAD_CHARS_MAX = 1024;
const HEAD_BYTES_MAX = HEAD_CHARS_MAX * 3;

const PAGE_BYTES = 64 * 1024;

/** The memory: the table of escapes, the text, the line. */
const TEXT_AT = 256 * ENTRY_BYTES;
const TARGET_AT = TEXT_AT + CHUNK_BYTES_MAX + STEP_BYTES;
const BYTES = TARGET_AT + HEAD_BYTES_MAX + CHUNK_BYTES_MAX * ESCAPED_BYTES_MAX + STEP_BYTES;

/** The part of the runtime's WebAssembly that is used here. Node's types do not have it. */
declare const WebAssembly: {
  validate: (bytes: Uint8Array) => boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: Record<string, unknown> };
};

type EscapeText = (text_at: number, end: number, target_at: number) => number;

/** The function, and its memory. */
interface Escaping {
  escapeText: EscapeText;
  memory: Buffer;
}

/** Made at the first line; null where the host cannot run it. */
let escaping: Escaping | null | undefined;

/**
 * A line: a beginning of at most `HEAD_CHARS_MAX`, a text of at most `CHUNK_BYTES_MAX` bytes as JSON writes it between quotes, and an end. It is valid until the
 * next one is made. All spools share the memory, because a line is written before the next one is made. Undefined where the host cannot
 * escape sixteen bytes at a time.
 */
export function escapedLine(head: string, text: Uint8Array, tail: string): Buffer | undefined {
  if (text.length > CHUNK_BYTES_MAX) throw new RangeError(`a chunk has ${text.length} bytes`);
  if (escaping === undefined) escaping = start();
  if (escaping === null) return undefined;
  const { memory, escapeText } = escaping;
  memory.set(text, TEXT_AT);
  const data_at = TARGET_AT + memory.write(head, TARGET_AT, HEAD_BYTES_MAX);
  const end = escapeText(TEXT_AT, TEXT_AT + text.length, data_at);
  return memory.subarray(TARGET_AT, end + memory.write(tail, end));
}

function start(): Escaping | null {
  const module = escapeModule(Math.ceil(BYTES / PAGE_BYTES));
  if (!canRun(module)) return null;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  const { m, f } = exports as { m: { buffer: ArrayBuffer }; f: EscapeText };
  const memory = Buffer.from(m.buffer);
  for (let byte = 0; byte < 0x80; byte++) {
    const escaped = JSON.stringify(String.fromCharCode(byte)).slice(1, -1);
    const entry = byte * ENTRY_BYTES;
    memory[entry + ENTRY_BYTES - 1] = memory.write(escaped, entry);
  }
  return { escapeText: f, memory };
}

/** A processor without SSE4.1, which is the default of some virtual machines, has no instructions for sixteen bytes. */
function canRun(module: Uint8Array): boolean {
  return typeof WebAssembly === "object" && WebAssembly.validate(module);
}
