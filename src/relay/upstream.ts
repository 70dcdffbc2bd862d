import { executionStub } from "../objects/execution.ts";
import type { Region } from "../objects/region.ts";
import { type Attached, type Feeder, type Place, readRelayName, relayStub } from "../objects/relay.ts";

/** A relay's connection to the object that feeds it. Joining and leaving never overlap, so the feeder's last word is the right one. */
export class Upstream {
  readonly execution_id: string;
  readonly region: Region;
  readonly #env: Env;
  readonly #name: string;
  #attached: Promise<Attached> | undefined;
  #leaving: Promise<void> = Promise.resolve();

  constructor(env: Env, name: string) {
    this.#env = env;
    this.#name = name;
    const { execution_id, region } = readRelayName(name);
    this.execution_id = execution_id;
    this.region = region;
  }

  /** Asks to be fed with all that it does not have. Later calls get the same answer, until `again`. */
  attach(place: () => Place): Promise<Attached> {
    if (this.#attached) return this.#attached;
    const attached = this.#leaving.then(() => {
      const { last_seq, status } = place();
      return this.#feeder.attach(this.#name, last_seq, status);
    });
    this.#attached = attached;
    attached.then(
      ({ kind }) => {
        if (kind === "refused") this.#forget(attached);
      },
      () => this.#forget(attached),
    );
    return attached;
  }

  /** The next `attach` asks again. */
  again(): void {
    this.#attached = undefined;
  }

  /** Forgets all, and tells the feeder. If the feeder cannot be reached, it learns it from the answer to its next call. */
  detach(forget: () => Promise<void>): Promise<void> {
    this.#attached = undefined;
    this.#leaving = this.#leaving
      .then(forget)
      .then(() => this.#feeder.detach(this.#name))
      .catch(() => undefined);
    return this.#leaving;
  }

  #forget(attached: Promise<Attached>): void {
    if (this.#attached === attached) this.#attached = undefined;
  }

  get #feeder(): Feeder {
    const { feeder, level } = readRelayName(this.#name);
    return level === 1 ? executionStub(this.#env, feeder) : relayStub(this.#env, feeder);
  }
}
