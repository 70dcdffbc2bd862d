import { TailraceError } from "../../protocol/base/errors.ts";
import type { Random } from "./random.ts";

/** One parser of outside data, or several that read the same. */
export interface Target {
  /** The ends of the paths of the files, or of folders with a slash at the end, whose branches guide the search. */
  covers: readonly string[];
  /** Valid inputs, from which others are made. Bytes are characters below U+0100. */
  seeds: readonly string[];
  /** Words of the input's language, which a change may put in. */
  words?: readonly string[];
  /** The longest input in characters, for a parser whose time for a long input would exceed the limit. */
  chars_max?: number;
  /** The processor time in milliseconds that one input may take, for an input that is a program with counted steps. */
  ms_max?: number;
  /** The form of inputs, which most changes keep. */
  shape?: "text" | "json" | "json lines";
  /** Makes an input by its grammar. */
  make?: (random: Random) => string;
  /** The errors allowed besides a `TailraceError` with a code: exactly these classes, none derived. */
  throws?: readonly (new (
    ...args: never[]
  ) => Error)[];
  /** Parses one input. Throws a `BrokenRule` if the answer is not as required. */
  run: (input: string) => unknown;
  /** Releases what it has started. */
  end?: () => Promise<void>;
}

/** An answer of a parser that is not as required. */
export class BrokenRule extends Error {
  override readonly name = "BrokenRule";
}

/** Throws a `BrokenRule` if a condition does not hold. */
export function must(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new BrokenRule(rule);
}

/** Throws a `BrokenRule` if two values differ as JSON. */
export function mustEqual(one: unknown, other: unknown, rule: string): void {
  const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
  if (a !== b) throw new BrokenRule(`${rule}: ${firstDifference(a ?? "", b ?? "")}`);
}

function firstDifference(one: string, other: string): string {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  const from = Math.max(0, at - 20);
  return `${one.slice(from, at + 40)} is not ${other.slice(from, at + 40)}`;
}

/** Whether the target may throw this error. */
export function isAllowed({ throws = [] }: Target, error: unknown): boolean {
  if (error instanceof TailraceError) return error.code !== "internal";
  return error instanceof Error && throws.some((one) => error.constructor === one);
}
