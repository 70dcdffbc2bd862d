import { readExact, writeExact } from "../../../protocol/base/numbers.ts";
import { sealBytes, unsealBytes } from "../../crypto/seal.ts";

/**
 * Where a sealed value stands: in whose record, and as what. It is bound to that place: what is copied to another does not
 * open there.
 */
export type Place = readonly [
  execution_id: string,
  what: "given" | "result" | "secrets" | "chain" | "draft" | "redaction",
];

/** Seals what an execution keeps that may hold secrets, and opens it: parameters, results, and what a chain knows. */
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
