import { readExact, writeExact } from "../../../protocol/base/numbers.ts";
import { sealBytes, unsealBytes } from "../../crypto/seal.ts";

/**
 * The place of a sealed value: its execution, and its kind. The seal is bound to the place: a value that is copied to another
 * place does not open there.
 */
export type Place = readonly [
  execution_id: string,
  what: "given" | "result" | "secrets" | "chain" | "draft" | "redaction",
];

/** Seals and opens the stored values of an execution that may hold secrets: parameters, results, and a chain's progress. */
export class Vault {
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  seal(place: Place, value: unknown): Uint8Array {
    return this.sealJson(place, writeExact(value));
  }

  open<T>(place: Place, sealed: ArrayBuffer | Uint8Array): T {
    return readExact(this.openJson(place, sealed)) as T;
  }

  /** The same for a value that is JSON already. */
  sealJson(place: Place, json: string): Uint8Array {
    return sealBytes(this.#env, "execution", place.join(" "), new TextEncoder().encode(json));
  }

  openJson(place: Place, sealed: ArrayBuffer | Uint8Array): string {
    const bytes = unsealBytes(this.#env, "execution", place.join(" "), new Uint8Array(sealed));
    return new TextDecoder().decode(bytes);
  }
}
