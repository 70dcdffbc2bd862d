import type { Client } from "../../protocol/client.ts";
import type { Key, SetKey } from "../../protocol/key.ts";

/** The server's key-value table, as one run sees it: under its lease. Secret values come open, to be masked here. */
export class KeyTable {
  readonly #client: Client;
  readonly #id: string;
  readonly #lease: () => string;

  constructor(client: Client, id: string, lease: () => string) {
    this.#client = client;
    this.#id = id;
    this.#lease = lease;
  }

  async get(name: string): Promise<Key | undefined> {
    return (await this.#read([name]))[0];
  }

  /** The keys of these names, as far as there are any. */
  async of(names: string[]): Promise<Key[]> {
    return names.length === 0 ? [] : this.#read(names);
  }

  async list(prefix: string): Promise<Key[]> {
    const keys = await this.#client.leasedKeys(this.#id, this.#lease(), { prefix });
    return keys.map((key) => (key.secret ? { ...key, value: "********" } : key));
  }

  async set(name: string, value: SetKey): Promise<void> {
    await this.#client.setLeasedKey(this.#id, this.#lease(), name, value);
  }

  async delete(name: string): Promise<boolean> {
    return (await this.#client.deleteLeasedKey(this.#id, this.#lease(), name)).deleted;
  }

  async #read(names: string[]): Promise<Key[]> {
    return this.#client.leasedKeys(this.#id, this.#lease(), { names });
  }
}
