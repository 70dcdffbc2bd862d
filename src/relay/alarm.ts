import { RELAY_CHECK_MS } from "../../protocol/base/reader-limits.ts";

/** The alarm of a relay with readers: for its next check. */
export class RelayAlarm {
  readonly #storage: DurableObjectStorage;
  #set_ms: number | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** None is set any more. */
  rang(): void {
    this.#set_ms = null;
  }

  /** Sets it, unless it rings early enough. */
  async keep(): Promise<void> {
    const next_ms = Date.now() + RELAY_CHECK_MS;
    // After hibernation it may be set already: a later one would never ring if followers keep coming.
    this.#set_ms ??= await this.#storage.getAlarm();
    if (this.#set_ms !== null && this.#set_ms <= next_ms) return;
    this.#set_ms = next_ms;
    await this.#storage.setAlarm(next_ms);
  }
}
