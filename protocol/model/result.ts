import { RESULT_BYTES_MAX } from "../base/limits.ts";
import { isStructure, writeExact } from "../base/numbers.ts";

/** Bytes of a value as JSON. */
export function jsonBytes(value: unknown): number {
  if (typeof value === "string") return quotedBytes(value);
  return new TextEncoder().encode(writeExact(value)).length;
}

/** Bytes of a text as JSON, counted without writing it: a result's texts are long. */
function quotedBytes(text: string): number {
  let bytes = 2;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes += ASCII_BYTES[unit] ?? 0;
    else if (unit < 0x800) bytes += 2;
    else if (unit < 0xd800 || unit > 0xdfff) bytes += 3;
    else if ((text.codePointAt(at) ?? 0) > 0xffff) {
      bytes += 4;
      at++;
    } else bytes += 6;
  }
  return bytes;
}

/** For each ASCII character, its bytes in JSON. */
const ASCII_BYTES = Uint8Array.from(
  { length: 0x80 },
  (_, code) => JSON.stringify(String.fromCharCode(code)).length - 2,
);

/**
 * A result within a number of bytes as JSON. If it has more, its longest values are shortened, each to the same size. A text becomes
 * its head and tail, with a mark between them that says how much is missing. So does the JSON of a list, of a number, and of an object
 * with too many entries.
 */
export function boundedResult(result: Record<string, unknown>, bytes_max: number): Record<string, unknown> {
  // A character takes at least one byte, so a text that is too long need not be written to measure it.
  const isTooLong = Object.values(result).some((item) => typeof item === "string" && item.length > bytes_max);
  if (!isTooLong && jsonBytes(result) <= bytes_max) return result;
  const sizes: Sizes = new Map();
  measure(result, bytes_max, sizes);
  return boundedObject(result, bytes_max, sizes);
}

/** Bytes of the lists and objects in a value, except those inside lists. So each is measured once. */
type Sizes = Map<object, number>;

/** Bytes of a value as JSON. If they are more than the bound, they may be counted only in part: the value is shortened in any case. */
function measure(value: unknown, bytes_max: number, sizes: Sizes): number {
  if (typeof value === "string" && value.length > bytes_max) return value.length;
  const bytes = isObject(value) ? entriesBytes(value, bytes_max, sizes) : jsonBytes(value);
  if (isStructure(value)) sizes.set(value, bytes);
  return bytes;
}

function entriesBytes(value: object, bytes_max: number, sizes: Sizes): number {
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}".length;
  // No comma follows the last entry.
  return entries.reduce((sum, [key, item]) => sum + overheadOf(key) + measure(item, bytes_max, sizes), 1);
}

/** Bytes of an object's entry besides its value: its name, a colon and a comma. */
function overheadOf(key: string): number {
  return jsonBytes(key) + 2;
}

function isObject(value: unknown): value is object {
  return isStructure(value) && !Array.isArray(value);
}

/** Shortens an object that is too large. */
function boundedObject(whole: object, bytes_max: number, sizes: Sizes): Record<string, unknown> {
  const entries = Object.entries(whole).map(([key, value]) => ({
    key,
    value,
    bytes: (isStructure(value) ? sizes.get(value) : undefined) ?? measure(value, bytes_max, sizes),
  }));
  const room = bytes_max - 2 - entries.reduce((sum, { key }) => sum + overheadOf(key), 0);
  if (room < entries.length * SHORTENED_BYTES_MIN) return { shortened: shortened(whole, bytes_max - 20) };
  const share = fairShare(
    entries.map(({ bytes }) => bytes),
    room,
  );
  return Object.fromEntries(
    entries.map(({ key, value, bytes }) => {
      if (bytes <= share) return [key, value];
      return [key, isObject(value) ? boundedObject(value, share, sizes) : shortened(value, share)];
    }),
  );
}

/** The share of each of several values in a common limit; values that need less leave the rest to the others. */
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

/** Bytes of a text that has only its mark. */
const SHORTENED_BYTES_MIN = 128;

/** A text, or a value's JSON, as its head and tail with a mark between them, within a number of bytes as JSON. */
export function shortened(value: unknown, bytes_max: number): string {
  const text = typeof value === "string" ? value : writeExact(value);
  const half = Math.max(0, Math.floor((bytes_max - SHORTENED_BYTES_MIN) / 2));
  const head = text.slice(0, headEnd(text, half));
  const tail = text.slice(tailStart(text, half));
  const between = text.slice(head.length, text.length - tail.length);
  return markedText(head, leftOut(between), tail);
}

/** The beginning of a longer text, within a number of bytes as JSON, and a mark for the rest. */
export function shortenedBeginning(text: string, whole_bytes: number, bytes_max: number): string {
  const head = text.slice(0, headEnd(text, bytes_max - SHORTENED_BYTES_MIN));
  return markedText(head, whole_bytes - new TextEncoder().encode(head).length, "");
}

/**
 * A text in a result: whole, or its head and tail with the number of bytes between them. The mark is ASCII: one character that Latin 1 lacks
 * would double the memory of the text, and of each copy of it.
 */
export function markedText(head: string, left_out_bytes: number, tail: string): string {
  if (left_out_bytes === 0) return head + tail;
  return `${head}\n[... ${left_out_bytes} bytes left out: a result has at most ${RESULT_BYTES_MAX} ...]\n${tail}`;
}

/** A mark. Agents of earlier releases write it with an ellipsis. */
const MARK = /\n\[(?:\.\.\.|\u2026) (\d+) bytes left out: a result has at most \d+ (?:\.\.\.|\u2026)\]\n/;

/** The bytes that are left out now, and those that an earlier mark counts. */
function leftOut(between: string): number {
  const [mark, earlier = "0"] = MARK.exec(between) ?? [""];
  return new TextEncoder().encode(between).length - new TextEncoder().encode(mark).length + Number(earlier);
}

/** The end of the longest beginning of a text, in whole characters, that fits into a number of bytes as JSON. */
function headEnd(text: string, bytes_max: number): number {
  let bytes = 0;
  for (let at = 0; at < text.length; ) {
    const point = pointAt(text, at);
    bytes += bytesOf(point);
    if (bytes > bytes_max) return at;
    at += point > 0xffff ? 2 : 1;
  }
  return text.length;
}

function tailStart(text: string, bytes_max: number): number {
  let bytes = 0;
  for (let at = text.length; at > 0; ) {
    const isPair = text.charCodeAt(at - 1) > 0xd7ff && at > 1 && pointAt(text, at - 2) > 0xffff;
    const next = at - (isPair ? 2 : 1);
    bytes += bytesOf(pointAt(text, next));
    if (bytes > bytes_max) return at;
    at = next;
  }
  return 0;
}

/** The code point at a place. Nearly all characters of outputs have one unit, which is read faster. */
function pointAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit < 0xd800 ? unit : (text.codePointAt(at) ?? 0);
}

/** Bytes of a character in JSON text. A control character, and half a surrogate pair, are written as an escape. */
function bytesOf(point: number): number {
  if (point < 0x80) return ASCII_BYTES[point] ?? 0;
  if (point < 0x800) return 2;
  if (point >= 0xd800 && point <= 0xdfff) return 6;
  return point > 0xffff ? 4 : 3;
}
