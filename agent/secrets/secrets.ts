import { TailraceError } from "../../protocol/base/errors.ts";
import { isExact, isStructure } from "../../protocol/base/numbers.ts";
import { isMaskable, SECRET_BYTES_MIN } from "../../protocol/model/mask.ts";
import { type Automaton, PATTERN_BYTES_MAX } from "./automaton.ts";
import type { PatternBudget } from "./budget.ts";
import { secretForms } from "./forms/forms.ts";
import { Masker, maskText } from "./masker.ts";
import { Patterns } from "./patterns.ts";

/** The most secret values of one run. */
export const SECRETS_MAX = 20_000;

/** Bytes of one value, and of all values of a run together. Their forms are many times as long. */
export const SECRET_BYTES_MAX = 64 * 1024;
export const SECRETS_BYTES_MAX = 2 * 1024 * 1024;

/** The most warnings of one run, about values that cannot be masked or are not rendered. */
const WARNINGS_MAX = 100;

/** The secret values of one run. */
export class Secrets {
  readonly #values = new Set<string>();
  #values_bytes = 0;
  readonly #patterns = new Patterns();
  readonly #warnings = new Set<string>();
  readonly #warn: (warning: string) => void;
  readonly #budget: PatternBudget;
  #isOver = false;

  /** `warn` is called once for each warning. All runs share the budget. */
  constructor(warn: (warning: string) => void, budget: PatternBudget) {
    this.#warn = warn;
    this.#budget = budget;
  }

  /** Returns their memory to the budget. After that, no value can be added. */
  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#budget.giveBack(this.#patterns.bytes);
  }

  /** Automata that find all present secrets. It is another array once secrets are added. */
  get automata(): readonly Automaton[] {
    return this.#patterns.automata;
  }

  /**
   * Adds values at any depth. `source` names them in a warning. Returns how many are masked from now on, and how many are too short.
   * Throws `too_large` and adds nothing beyond `SECRETS_MAX`, the bounds of their sizes, or the memory for patterns.
   */
  add(source: string, values: unknown): { registered: number; too_short: number } {
    // A request to the run's socket may finish after the run.
    if (this.#isOver) throw new TailraceError("unavailable", "The run has ended.");
    const texts = textsOf(values);
    const masked = texts.filter(isMaskable);
    const fresh = new Set(masked.filter((text) => !this.#values.has(text)));
    if (this.#values.size + fresh.size > SECRETS_MAX) {
      throw new TailraceError("too_large", `A run has at most ${SECRETS_MAX} secrets.`);
    }
    const raw_bytes = [...fresh].map((text) => Buffer.byteLength(text));
    if (raw_bytes.some((bytes) => bytes > SECRET_BYTES_MAX))
      throw new TailraceError("too_large", `A secret has at most ${SECRET_BYTES_MAX} bytes.`);
    const values_bytes = raw_bytes.reduce((sum, bytes) => sum + bytes, this.#values_bytes);
    if (values_bytes > SECRETS_BYTES_MAX)
      throw new TailraceError(
        "too_large",
        `The secrets of a run have at most ${SECRETS_BYTES_MAX} bytes together.`,
      );
    const forms = this.#formsOf(fresh);
    this.#budget.take(forms.reduce((sum, { length }) => sum + length, 0));
    this.#patterns.add(forms);
    for (const text of fresh) this.#values.add(text);
    this.#values_bytes = values_bytes;
    const too_short = texts.length - masked.length;
    if (too_short > 0) this.warn(`Not masked: ${source} has fewer than ${SECRET_BYTES_MIN} bytes.`);
    return { registered: masked.length, too_short };
  }

  /** A result with every text masked, and with the warnings about values that are not masked. */
  mask(result: Record<string, unknown>): Record<string, unknown> {
    const { automata } = this;
    const masked = automata.length === 0 ? result : maskEntries(result, (text) => maskText(automata, text));
    return this.#warnings.size === 0 ? masked : { ...masked, warnings: [...this.#warnings] };
  }

  /** Keeps a warning for the run's result, and tells it once. */
  warn(text: string): void {
    const warning = this.maskText(text);
    if (this.#warnings.has(warning) || this.#warnings.size === WARNINGS_MAX) return;
    this.#warnings.add(warning);
    this.#warn(warning);
  }

  /** A whole text, masked. */
  maskText(text: string): string {
    return maskText(this.automata, text);
  }

  /** The beginning of a longer text, masked. Leaves out what may be the start of a secret at its end. */
  maskBeginning(text: string): string {
    return new Masker(this.automata).push(Buffer.from(text)).toString();
  }

  /** All forms of the values. Stops building them once there is no room for more: one value may have thousands. */
  #formsOf(values: Iterable<string>): Buffer[] {
    const all: Buffer[] = [];
    const own_left = PATTERN_BYTES_MAX - this.#patterns.bytes;
    const isShort = this.#budget.left < own_left;
    let left = Math.min(own_left, this.#budget.left);
    for (const value of values) {
      const forms = secretForms(value, left);
      left -= forms.reduce((sum, { length }) => sum + length, 0);
      if (left < 0) {
        throw new TailraceError(
          "too_large",
          isShort
            ? "The secrets of all runs on this agent take all memory for secrets: run it again when others have ended."
            : `The secrets of a run have at most ${PATTERN_BYTES_MAX} bytes together, in all the forms that are masked.`,
        );
      }
      for (const form of forms) all.push(form);
    }
    return all;
  }
}

/** The texts of a secret value: of a list or an object, each part is secret. */
function textsOf(value: unknown): string[] {
  if (value === null || value === undefined || typeof value === "boolean") return [];
  if (isStructure(value)) return Object.values(value).flatMap(textsOf);
  const text = String(value);
  return text === "" ? [] : [text];
}

function maskIn(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === "string") return mask(value);
  if (typeof value === "number" || isExact(value)) {
    // A number may contain a secret too. Without one, it stays a number.
    const text = String(value);
    const masked = mask(text);
    return masked === text ? value : masked;
  }
  if (Array.isArray(value)) return value.map((item) => maskIn(item, mask));
  if (!isStructure(value)) return value;
  return maskEntries(value, mask);
}

function maskEntries(value: object, mask: (text: string) => string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [mask(key), maskIn(item, mask)]));
}
