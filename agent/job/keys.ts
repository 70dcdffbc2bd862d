import { TailraceError } from "../../protocol/base/errors.ts";
import type { Client } from "../../protocol/client/client.ts";
import {
  KEY_SCOPES,
  type Key,
  type KeyScope,
  type LeasedKey,
  type SetKey,
} from "../../protocol/model/key.ts";
import { type KeyPath, keyId } from "../../protocol/templates/keys.ts";
import type { Keys } from "../../protocol/templates/renderer.ts";

/** The server's key-value table for one run, by its lease and with its rights. Secret values arrive in clear, to be masked here. */
export class KeyTable {
  readonly #client: Client;
  readonly #id: string;
  readonly #lease: () => string;

  constructor(client: Client, id: string, lease: () => string) {
    this.#client = client;
    this.#id = id;
    this.#lease = lease;
  }

  /** A key; undefined if it does not exist. Throws `forbidden` if the run may not read it. */
  async get(scope: KeyScope, name: string): Promise<Key | undefined> {
    const [key] = await this.#read(scope, [name]);
    if (key?.denied !== undefined) throw new TailraceError("forbidden", key.denied);
    return key;
  }

  /** The existing keys that templates refer to, including those that are denied. */
  async of(paths: KeyPath[]): Promise<Keys> {
    const read = await Promise.all(
      KEY_SCOPES.map(async (scope) => {
        const names = paths.flatMap((path) => (path.scope === scope ? [path.name] : []));
        const keys = names.length === 0 ? [] : await this.#read(scope, names);
        return keys.map((key) => [keyId({ scope, name: key.name }), key] as const);
      }),
    );
    return new Map(read.flat());
  }

  /** The keys with a prefix that the run may read. Secret values are masked. */
  async list(scope: KeyScope, prefix: string): Promise<Key[]> {
    const keys = await this.#client.leasedKeys(this.#id, this.#lease(), { prefix, scope });
    return keys.map((key) => (key.secret ? { ...key, value: "********" } : key));
  }

  async set(scope: KeyScope, name: string, value: SetKey): Promise<void> {
    await this.#client.setLeasedKey(this.#id, this.#lease(), name, { ...value, scope });
  }

  async delete(scope: KeyScope, name: string): Promise<boolean> {
    return (await this.#client.deleteLeasedKey(this.#id, this.#lease(), name, scope)).deleted;
  }

  #read(scope: KeyScope, names: string[]): Promise<LeasedKey[]> {
    return this.#client.leasedKeys(this.#id, this.#lease(), { names, scope });
  }
}
