import { Automaton } from "./automaton.ts";
import { SECRET_BYTES_MIN, secretForms } from "./forms.ts";
import { Masker } from "./masker.ts";

/** Values that one run keeps secret; further ones are too many to look for. */
export const SECRETS_MAX = 20_000;

/** What one run keeps secret. Whoever masks a stream is told when there is more. */
export class Secrets {
  readonly #values = new Set<string>();
  #automaton = new Automaton([]);
  readonly #onChange = new Set<(automaton: Automaton) => void>();

  get automaton(): Automaton {
    return this.#automaton;
  }

  /** Adds values, however deep they lie. Tells how many are masked from now on, and how many are too short to be. */
  add(values: unknown): { registered: number; too_short: number } {
    const texts = textsOf(values);
    const masked = texts.filter((text) => Buffer.byteLength(text) >= SECRET_BYTES_MIN);
    const before = this.#values.size;
    for (const text of masked) {
      if (this.#values.size >= SECRETS_MAX && !this.#values.has(text)) {
        throw new Error(`More than ${SECRETS_MAX} secrets in one run.`);
      }
      this.#values.add(text);
    }
    if (this.#values.size > before) {
      this.#automaton = new Automaton([...this.#values].flatMap(secretForms));
      for (const tell of this.#onChange) tell(this.#automaton);
    }
    return { registered: masked.length, too_short: texts.length - masked.length };
  }

  onChange(tell: (automaton: Automaton) => void): void {
    this.#onChange.add(tell);
  }

  /** A value as it may be told: every text in it masked. */
  mask<T>(value: T): T {
    if (this.#values.size === 0) return value;
    return maskIn(value, (text) => maskText(this.#automaton, text)) as T;
  }
}

/** A whole text, masked. */
function maskText(automaton: Automaton, text: string): string {
  const masker = new Masker(automaton);
  return Buffer.concat([masker.push(Buffer.from(text)), masker.finish()]).toString("utf8");
}

/** The texts of a secret value: a secret list or object keeps each of its parts. */
function textsOf(value: unknown): string[] {
  if (value === null || value === undefined || typeof value === "boolean") return [];
  if (typeof value === "object") return Object.values(value).flatMap(textsOf);
  const text = String(value);
  return text === "" ? [] : [text];
}

function maskIn(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === "string") return mask(value);
  // A number may be a secret too; one that holds none stays a number.
  if (typeof value === "number") return mask(String(value)) === String(value) ? value : mask(String(value));
  if (Array.isArray(value)) return value.map((item) => maskIn(item, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [mask(key), maskIn(item, mask)]));
}
