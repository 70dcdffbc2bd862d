import { isExact, isStructure } from "../../../protocol/base/numbers.ts";
import { foundOf, joined, type Sought, type Span } from "./redact-search.ts";

/** The character that replaces each byte of a removed text. */
const BLANK = "*";

/** Bytes as a text that can be searched: one character for each byte. */
export function binaryOf(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + PART_BYTES));
  }
  return binary;
}

/** Bytes that one call converts: each is an argument. */
const PART_BYTES = 8 * 1024;

/** Bytes with some ranges blanked. The number of bytes and of line feeds stays the same. */
export function blankBinary(binary: string, spans: readonly Span[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of joined(spans)) {
    parts.push(binary.slice(at, start), blank(binary.slice(start, end)));
    at = end;
  }
  return parts.concat(binary.slice(at)).join("");
}

/** The texts in all forms that an output may have: a terminal writes other line ends. The longest come first. */
export function variantsOf(texts: readonly string[]): string[] {
  const variants = texts.flatMap((text) => {
    const unix = text.replaceAll("\r\n", "\n");
    return [text, unix, unix.replaceAll("\n", "\r\n")];
  });
  return [...new Set(variants)].sort((one, other) => other.length - one.length);
}

/** A value with the texts blanked at any depth, in keys too. */
export function blankIn(value: unknown, texts: readonly Sought[]): unknown {
  if (typeof value === "string") return blankText(value, texts);
  if (typeof value === "number" || isExact(value)) {
    const text = String(value);
    const blanked = blankText(text, texts);
    return blanked === text ? value : blanked;
  }
  if (Array.isArray(value)) return value.map((item) => blankIn(item, texts));
  if (!isStructure(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [blankText(key, texts), blankIn(item, texts)]),
  );
}

function blankText(text: string, texts: readonly Sought[]): string {
  const spans = foundOf(texts, (one) => one.find(text).spans);
  return spans.length === 0 ? text : blankBinary(text, spans);
}

function blank(text: string): string {
  return text.replace(/[^\r\n]+/g, ({ length }) => BLANK.repeat(length));
}
