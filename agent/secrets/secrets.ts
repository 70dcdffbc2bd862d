import { TailraceError } from "../../protocol/errors.ts";
import { isMaskable, SECRET_BYTES_MIN } from "../../protocol/mask.ts";
import { isExact, isStructure } from "../../protocol/numbers.ts";
import { type Automaton, PATTERN_BYTES_MAX } from "./automaton.ts";
import { secretForms } from "./forms/forms.ts";
import { Masker, maskText } from "./masker.ts";
import { Patterns } from "./patterns.ts";

/** Values that one run keeps secret; further ones are too many to look for. */
export const SECRETS_MAX = 20_000;

/** Warnings about values that cannot be masked, of one run. */
const WARNINGS_MAX = 100;

/** What one run keeps secret. */
export class Secrets {
  readonly #values = new Set<string>();
  readonly #patterns = new Patterns();
  readonly #warnings = new Set<string>();
  readonly #warn: (warning: string) => void;

  /** `warn` is told once of each that holds a value too short to be masked. */
  constructor(warn: (warning: string) => void) {
    this.#warn = warn;
  }

  /** What finds all secrets, as of now: another array once there are more. */
  get automata(): readonly Automaton[] {
    return this.#patterns.automata;
  }

  /**
   * Adds values, however deep they lie; `whose` names them to a user. Tells how many are masked from now on, and how many
   * are too short to be. Throws `too_large`, with nothing added, beyond `SECRETS_MAX` or what the automata may hold.
   */
  add(whose: string, values: unknown): { registered: number; too_short: number } {
    const texts = textsOf(values);
    const masked = texts.filter(isMaskable);
    const fresh = new Set(masked.filter((text) => !this.#values.has(text)));
    if (this.#values.size + fresh.size > SECRETS_MAX) {
      throw new TailraceError("too_large", `A run has at most ${SECRETS_MAX} secrets.`);
    }
    const forms = [...fresh].flatMap(secretForms);
    const bytes = forms.reduce((sum, { length }) => sum + length, this.#patterns.bytes);
    if (bytes > PATTERN_BYTES_MAX) {
      throw new TailraceError(
        "too_large",
        `The secrets of a run have at most ${PATTERN_BYTES_MAX} bytes together, in all the forms that are looked for.`,
      );
    }
    this.#patterns.add(forms);
    for (const text of fresh) this.#values.add(text);
    const too_short = texts.length - masked.length;
    if (too_short > 0) this.#warnOf(whose);
    return { registered: masked.length, too_short };
  }

  /** A result as it may be told: every text in it masked, and with the warnings about what is not. */
  mask(result: Record<string, unknown>): Record<string, unknown> {
    const { automata } = this;
    const masked = automata.length === 0 ? result : maskEntries(result, (text) => maskText(automata, text));
    return this.#warnings.size === 0 ? masked : { ...masked, warnings: [...this.#warnings] };
  }

  /** The beginning of a text that goes on, masked: what may be the start of a secret at its end is left out. */
  maskBeginning(text: string): string {
    return new Masker(this.automata).push(Buffer.from(text)).toString();
  }

  #warnOf(whose: string): void {
    const warning = `Not masked: ${whose} has fewer than ${SECRET_BYTES_MIN} bytes.`;
    if (this.#warnings.has(warning) || this.#warnings.size === WARNINGS_MAX) return;
    this.#warnings.add(warning);
    this.#warn(warning);
  }
}

/** The texts of a secret value: a secret list or object keeps each of its parts. */
function textsOf(value: unknown): string[] {
  if (value === null || value === undefined || typeof value === "boolean") return [];
  if (isStructure(value)) return Object.values(value).flatMap(textsOf);
  const text = String(value);
  return text === "" ? [] : [text];
}

function maskIn(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === "string") return mask(value);
  if (typeof value === "number" || isExact(value)) {
    // A number may be a secret too; one that holds none stays a number.
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
