import { TailraceError } from "./errors.ts";
import { JSON_DEPTH_MAX } from "./limits.ts";
import { readExact } from "./numbers.ts";

/** Limits and options of a JSON reader. */
export interface JsonBounds {
  /** How deep lists and objects may be nested. */
  depth_max?: number;
  /** Whether numbers keep their digits: see `numbers.ts`. */
  exact?: boolean;
}

/**
 * The value of a JSON text from outside. Throws a `SyntaxError` for invalid JSON, and `too_deep` for lists and objects that are
 * nested deeper than allowed: code that walks a value recurses once for each level.
 */
export function parseJson(
  text: string,
  { depth_max = JSON_DEPTH_MAX, exact = false }: JsonBounds = {},
): unknown {
  if (isDeeper(text, depth_max)) throw tooDeep(depth_max);
  return exact ? readExact(text) : JSON.parse(text);
}

/** The value of a JSON text; undefined if it is not JSON, or nested too deep. No JSON text stands for undefined. */
export function tryJson(text: string, bounds: JsonBounds = {}): unknown {
  try {
    return parseJson(text, bounds);
  } catch {
    return undefined;
  }
}

/** Returns a value that was read from another notation than JSON. Throws `too_deep` if it is nested too deep. */
export function boundedDepth<T>(value: T, depth_max: number): T {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= depth_max) throw tooDeep(depth_max);
    level = level.flatMap((item) => (isParent(item) ? Object.values(item).filter(isParent) : []));
  }
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether brackets outside strings are nested deeper than the limit. For invalid JSON the answer has no meaning. */
function isDeeper(text: string, depth_max: number): boolean {
  // Each level takes two characters.
  if (text.length <= 2 * depth_max) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    // `[` and `{`, then `]` and `}`: they differ in one bit.
    else if ((code & ~0x20) === 0x5b) depth++;
    else if ((code & ~0x20) === 0x5d) depth--;
    if (depth > depth_max) return true;
  }
  return false;
}

/** The place of the quote that closes a string: an even number of backslashes precedes it. */
function endOfString(text: string, opening: number): number {
  let end = opening;
  while (true) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((end - before) % 2 === 1) return end;
  }
}

function isParent(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** The error that says how deep a value may be. */
export function tooDeep(depth_max: number): TailraceError {
  return new TailraceError("too_deep", `Lists and objects are nested deeper than ${depth_max}.`);
}
