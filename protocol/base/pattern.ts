import { MatcherInput, RE2JS, RE2JSException } from "re2js";
import { PATTERN_CHARS_MAX, PATTERN_SIZE_MAX } from "./limits.ts";
import type { Steps } from "./steps.ts";

/** A text is not a regular expression, or not one that RE2 supports. */
export class PatternError extends Error {
  override readonly name = "PatternError";
}

/** One match: the start and end of the whole (0) and of each group; undefined for a group that took no part. */
export type Found = ({ start: number; end: number } | undefined)[];

/** Steps for compiling one instruction, and for beginning one search. */
const COMPILE_STEPS = 32;
const FIND_STEPS = 64;

/**
 * A regular expression of a user, in Python's notation. RE2 matches it in time that is linear in the text, for every pattern. It
 * has no look-around and no back-references.
 */
export class Pattern {
  readonly #regex: RE2JS;
  readonly #size: number;
  /** The named groups. */
  readonly names: Map<string, number>;

  /** Throws a `PatternError` for an invalid pattern. */
  constructor(source: string, steps: Steps, { ignore_case = false } = {}) {
    this.#regex = compile(source, ignore_case ? RE2JS.CASE_INSENSITIVE : 0);
    this.#size = this.#regex.programSize();
    steps.spend(this.#size * COMPILE_STEPS);
    if (this.#size > PATTERN_SIZE_MAX) throw new PatternError("it repeats too much");
    this.names = new Map(Object.entries(this.#regex.namedGroups()));
  }

  /** Whether the pattern matches anywhere in a text. */
  test(text: string, steps: Steps): boolean {
    return this.#matcher(text, steps).find();
  }

  /** The first match. */
  find(text: string, steps: Steps): { start: number; end: number } | undefined {
    const matcher = this.#matcher(text, steps);
    return matcher.find() ? { start: matcher.start(), end: matcher.end() } : undefined;
  }

  /** Whether the pattern matches at the beginning of a text. */
  startsIn(text: string, steps: Steps): boolean {
    return this.#matcher(text, steps).lookingAt();
  }

  /** All matches, in order. */
  *all(text: string, steps: Steps): Generator<Found> {
    const matcher = this.#matcher(text, steps);
    while (matcher.find()) {
      steps.spend(FIND_STEPS);
      yield Array.from({ length: matcher.groupCount() + 1 }, (_, group) => {
        const start = matcher.start(group);
        return start < 0 ? undefined : { start, end: matcher.end(group) };
      });
    }
  }

  #matcher(text: string, steps: Steps) {
    return this.#regex.matcher(MatcherInput.utf16(new CountedText(text, this.#size, steps)));
  }
}

function compile(source: string, flags: number): RE2JS {
  if (source.length > PATTERN_CHARS_MAX) {
    throw new PatternError(`it has more than ${PATTERN_CHARS_MAX} characters`);
  }
  try {
    return RE2JS.compile(fromPython(source), flags);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new PatternError(reasonOf(source, error.message));
  }
}

function reasonOf(source: string, message: string): string {
  if (/\(\?(?:[=!]|<[=!])/.test(source))
    return "it looks ahead or behind (`(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`)";
  if (/\\[1-9]|\(\?P=/.test(source)) return "it refers back to a group (`\\1`, `(?P=name)`)";
  return message.replace(/^error parsing regexp: /, "");
}

/** Rewrites what Python and RE2 write differently; inside a character class, only escapes. */
const DIFFERENT = /\\(?:u([\da-f]{4})|([\s\S]))|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\{,(?=\d+\})|\(\?#[^)]*\)/gi;
const ESCAPES = /\\(?:u([\da-f]{4})|([\s\S]))/gi;

function fromPython(source: string): string {
  return source.replace(DIFFERENT, (text, unit, sign) => {
    if (text.startsWith("[")) return text.replace(ESCAPES, escapeOf);
    if (text.startsWith("{")) return "{0,";
    return text.startsWith("(") ? "" : escapeOf(text, unit, sign);
  });
}

function escapeOf(text: string, unit: string | undefined, sign: string | undefined): string {
  if (unit !== undefined) return `\\x{${unit}}`;
  return sign === "Z" ? "\\z" : text;
}

/**
 * A text that counts how often the engine reads a character. One search is linear in the text, but finding every match takes one
 * search for each, and each may read the whole rest. A read costs the pattern's size, because that many paths through the pattern may be
 * active.
 */
class CountedText extends String {
  readonly #text: string;
  readonly #cost: number;
  readonly #steps: Steps;
  #looks = 0;

  constructor(text: string, cost: number, steps: Steps) {
    super(text);
    this.#text = text;
    this.#cost = cost;
    this.#steps = steps;
  }

  override charCodeAt(at: number): number {
    // Reads are counted by the hundred, because a search spends its time here.
    if (++this.#looks === 100) {
      this.#looks = 0;
      this.#steps.spend(100 * this.#cost);
    }
    return this.#text.charCodeAt(at);
  }

  /** The platform reads many characters in the time of a step. */
  override indexOf(wanted: string, from = 0): number {
    const found = this.#text.indexOf(wanted, from);
    this.#steps.spend(1 + ((found === -1 ? this.length : found) - from) / 64);
    return found;
  }
}
