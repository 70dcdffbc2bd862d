import { mapExact, numberOf } from "../base/numbers.ts";
import type { Steps } from "../base/steps.ts";
import { STEP_CHARS } from "./bounded-text.ts";
import { type Template, tokensOf } from "./scan.ts";

/** The engine's own filters that pass values on unchanged. */
const PASSING = ["default", "d", "first", "last", "join", "list", "items"];

export interface ExactOptions {
  /** Pays for each value from the engine, because it is read at least once. */
  steps: Steps;
  /** Filters besides the engine's own. They get numbers by their digits. */
  filters: readonly string[];
}

/** Blocks that pass values on unchanged. */
const PASSING_BLOCKS = new Set(["for", "endfor", "set", "endset"]);

/** Words and signs of expressions that calculate, compare or test. */
const CALCULATING = /^(?:if|elif|else|and|or|not|is|[-+*/%<>]|[=!<>]=)$/;

/** Whole numbers that the engine takes exactly. */
const WHOLE_MIN = -(2n ** 63n);
const WHOLE_MAX = 2n ** 64n - 1n;

const LONG_LITERAL = /\d{16}/;

/**
 * Passes numbers that keep their digits through the engine, which knows only doubles and whole numbers of 64 bits. A template that
 * only passes values on gets each as a mark and the digits; the mark is removed from the result. A template that
 * calculates gets whole numbers exactly, and the nearest double of all others.
 */
export class ExactValues {
  readonly #mark = `number ${crypto.randomUUID()} `;
  readonly #calculates: boolean;
  readonly #steps: Steps;
  /** Whether the engine got a whole number that it cannot return as one. */
  holds_whole: boolean;

  constructor({ parts }: Pick<Template, "parts">, { steps, filters }: ExactOptions) {
    const codes = parts.filter((part) => "code" in part);
    const passing = [...PASSING, ...filters];
    this.#calculates = codes.some((code) => calculates(code, passing));
    this.#steps = steps;
    this.holds_whole = codes.some(({ code }) => LONG_LITERAL.test(code));
  }

  /** A value for the engine. */
  into(value: unknown): unknown {
    return mapExact(value, (exact) =>
      this.#calculates ? this.#calculable(String(exact)) : this.#mark + exact,
    );
  }

  /** A value from the engine, which returns objects as maps. */
  outOf(value: unknown): unknown {
    this.#steps.spend(typeof value === "string" ? 1 + value.length / STEP_CHARS : 1);
    if (typeof value === "string") return this.#digits(value) ?? this.text(value);
    if (typeof value === "bigint") return numberOf(String(value));
    if (Array.isArray(value)) return value.map((item) => this.outOf(item));
    if (!(value instanceof Map)) return value;
    return Object.fromEntries([...value].map(([key, item]) => [String(key), this.outOf(item)]));
  }

  /** A text of the engine, in which numbers are their digits. */
  text(text: string): string {
    return text.replaceAll(this.#mark, "");
  }

  #digits(text: string): unknown {
    return text.startsWith(this.#mark) ? numberOf(text.slice(this.#mark.length)) : undefined;
  }

  #calculable(digits: string): unknown {
    if (!/^-?\d+$/.test(digits)) return Number(digits);
    const whole = BigInt(digits);
    if (whole < WHOLE_MIN || whole > WHOLE_MAX) return Number(digits);
    this.holds_whole = true;
    return whole;
  }
}

/** Whether code does more than pass values on. */
function calculates({ kind, code }: { kind: string; code: string }, passing: readonly string[]): boolean {
  const texts = tokensOf(code).map(({ text }) => text);
  if (kind === "block" && !PASSING_BLOCKS.has(texts[0] ?? "")) return true;
  return texts.some((text, at) => {
    if (CALCULATING.test(text)) return true;
    if (text === "in") return texts[0] !== "for";
    const isFilter = texts[at - 1] === "|";
    if (isFilter) return !passing.includes(text);
    // A function of the engine may do anything with its arguments.
    return /^[A-Za-z_]/.test(text) && texts[at + 1] === "(";
  });
}
