import { TailraceError } from "../../protocol/base/errors.ts";
import type { Random } from "./random.ts";

/** One parser of what comes from outside, or a few that read the same. */
export interface Target {
  /** Ends of the paths of the files whose branches guide the search. */
  covers: readonly string[];
  /** Good inputs, which others are made of. Bytes stand as characters below U+0100. */
  seeds: readonly string[];
  /** Words of the input's language, which a change may put in. */
  words?: readonly string[];
  /** Characters of one input, where a parser that reads a long one in the time that it needs takes longer than one may. */
  chars_max?: number;
  /** Milliseconds of the processor's time that one input may take, where it is a program whose steps are counted. */
  ms_max?: number;
  /** How an input is built: changes keep to it most of the time. */
  shape?: "text" | "json" | "json lines";
  /** Makes an input by its grammar. */
  make?: (random: Random) => string;
  /** The errors allowed besides a `TailraceError` with a code: exactly these classes, none derived. */
  throws?: readonly (new (
    ...args: never[]
  ) => Error)[];
  /** Parses one input; throws a `BrokenRule` where the answer is not as it must be. */
  run: (input: string) => unknown;
  /** Ends what it has started besides. */
  end?: () => Promise<void>;
}

/** An answer of a parser is not what it must be. */
export class BrokenRule extends Error {
  override readonly name = "BrokenRule";
}

/** Says what must hold of an answer. */
export function must(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new BrokenRule(rule);
}

/** Two values must be the same as JSON. */
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

/** Whether an error is one that the target may end in. */
export function isAllowed({ throws = [] }: Target, error: unknown): boolean {
  if (error instanceof TailraceError) return error.code !== "internal";
  return error instanceof Error && throws.some((one) => error.constructor === one);
}
