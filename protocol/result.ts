import { RESULT_BYTES_MAX } from "./limits.ts";
import { isStructure, writeExact } from "./numbers.ts";

/** Bytes of a value as JSON. */
export function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(writeExact(value)).length;
}

/**
 * A result that has at most so many bytes as JSON. Where it has more, its longest values are shortened, each to the same size: a
 * text to its head and its tail, with a mark between that says how much is missing; a list, a number, or an object with more
 * entries than there is room for, to those of its JSON.
 */
export function boundedResult(result: Record<string, unknown>, bytes_max: number): Record<string, unknown> {
  if (jsonBytes(result) <= bytes_max) return result;
  const sizes = Object.entries(result).map(([key, value]) => ({
    key,
    value,
    overhead: jsonBytes(key) + 2,
    bytes: jsonBytes(value),
  }));
  const room = bytes_max - 2 - sizes.reduce((sum, { overhead }) => sum + overhead, 0);
  if (room < sizes.length * SHORTENED_BYTES_MIN) return { shortened: shortened(result, bytes_max - 20) };
  const share = fairShare(
    sizes.map(({ bytes }) => bytes),
    room,
  );
  return Object.fromEntries(
    sizes.map(({ key, value, bytes }) => [key, bytes <= share ? value : boundedValue(value, share)]),
  );
}

/** What each of several may have, of a room that they share, where those that need less leave the rest to the others. */
export function fairShare(sizes: readonly number[], room: number): number {
  let left = room;
  const ascending = [...sizes].sort((a, b) => a - b);
  for (const [at, size] of ascending.entries()) {
    const share = Math.floor(left / (ascending.length - at));
    if (size > share) return share;
    left -= size;
  }
  return room;
}

/** Bytes of a text that is nothing but its mark. */
const SHORTENED_BYTES_MIN = 128;

function boundedValue(value: unknown, bytes_max: number): unknown {
  const isObject = isStructure(value) && !Array.isArray(value);
  return isObject ? boundedResult({ ...value }, bytes_max) : shortened(value, bytes_max);
}

/** A text, or a value's JSON, as its head and tail with a mark between: so many bytes as JSON at most. */
export function shortened(value: unknown, bytes_max: number): string {
  const text = typeof value === "string" ? value : writeExact(value);
  const half = Math.max(0, Math.floor((bytes_max - SHORTENED_BYTES_MIN) / 2));
  const head = text.slice(0, headEnd(text, half));
  const tail = text.slice(tailStart(text, half));
  const between = text.slice(head.length, text.length - tail.length);
  return markedText(head, leftOut(between), tail);
}

/** The beginning of a longer text, of so many bytes as JSON at most, and what it says of the rest. */
export function shortenedBeginning(text: string, whole_bytes: number, bytes_max: number): string {
  const head = text.slice(0, headEnd(text, bytes_max - SHORTENED_BYTES_MIN));
  return markedText(head, whole_bytes - new TextEncoder().encode(head).length, "");
}

/** A text as a result repeats it: whole, or its head and tail with the number of bytes between. */
export function markedText(head: string, left_out_bytes: number, tail: string): string {
  if (left_out_bytes === 0) return head + tail;
  return `${head}\n[… ${left_out_bytes} bytes left out: a result has at most ${RESULT_BYTES_MAX} …]\n${tail}`;
}

const MARK = /\n\[… (\d+) bytes left out: a result has at most \d+ …\]\n/;

/** The bytes of what is left out now, and of what had been before where its mark is. */
function leftOut(between: string): number {
  const [mark, earlier = "0"] = MARK.exec(between) ?? [""];
  return new TextEncoder().encode(between).length - new TextEncoder().encode(mark).length + Number(earlier);
}

/** The most characters from a text's beginning that have so many bytes as JSON; whole ones. */
function headEnd(text: string, bytes_max: number): number {
  let bytes = 0;
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at) ?? 0;
    bytes += bytesOf(point);
    if (bytes > bytes_max) return at;
    at += point > 0xffff ? 2 : 1;
  }
  return text.length;
}

function tailStart(text: string, bytes_max: number): number {
  let bytes = 0;
  for (let at = text.length; at > 0; ) {
    const isPair = at > 1 && (text.codePointAt(at - 2) ?? 0) > 0xffff;
    const next = at - (isPair ? 2 : 1);
    bytes += bytesOf(text.codePointAt(next) ?? 0);
    if (bytes > bytes_max) return at;
    at = next;
  }
  return 0;
}

/** Bytes of a character in a text of JSON. */
function bytesOf(point: number): number {
  if (point === 0x22 || point === 0x5c) return 2;
  // A control character, and half a pair, are written by their number.
  if (point < 0x20 || (point >= 0xd800 && point <= 0xdfff)) return 6;
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point > 0xffff ? 4 : 3;
}
