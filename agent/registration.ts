import { TailraceError } from "../protocol/base/errors.ts";
import { openSentence } from "../protocol/base/failure-text.ts";
import { type Client, ForeignAnswer } from "../protocol/client/client.ts";
import type { AgentIdentity } from "../protocol/wire/agent-identity.ts";
import type { Log } from "./base/log.ts";
import { legacyId, readIdentity, tryToKeep, writeIdentity } from "./state/identity.ts";

/** The server refuses the agent as it was started. The text says what to change. Trying again would not help. */
export class Refused extends Error {
  override readonly name = "Refused";
}

export interface RegistrationOptions {
  state: string;
  /** The pool that the agent was started for; undefined takes the key's. */
  pool: string | undefined;
  /** The pool's key, which only registers. */
  key: string | undefined;
  /** Why there is no key. */
  no_key: string;
  name: string;
  log: Log;
  clientOf: (key: string) => Client;
}

/** The agent's identity. The first start gets it with the pool's key, and later starts read it from disk. */
export class Registration {
  readonly #options: RegistrationOptions;
  #identity: AgentIdentity | undefined;
  /** Whether the server knows the identity and the state folder does not have it yet. */
  #is_unkept = false;

  /** Throws without an identity and a key, or if the state folder belongs to another pool. */
  constructor(options: RegistrationOptions) {
    const { state, pool, key, no_key } = options;
    this.#options = options;
    this.#identity = readIdentity(state);
    if (!this.#identity && key === undefined)
      throw new Error(`${no_key}: the agent registers with the pool's key. ${NEW_KEY}`);
    if (this.#identity && pool !== undefined && pool !== this.#identity.pool) {
      throw new Error(
        `The state folder ${state} belongs to an agent of the pool "${this.#identity.pool}", not "${pool}": choose another folder (--state DIR).`,
      );
    }
  }

  /**
   * The identity, once it is stored. Registers if there is none, and throws `Refused` if the key does not permit that. Also throws if
   * the state folder cannot be written. The next call then stores the same identity, and does not register again.
   */
  async identity(): Promise<AgentIdentity> {
    return this.#identity === undefined ? this.#registerNew() : this.#stored(this.#identity);
  }

  /** Registers a new identity, because the server does not know this one any more. Until that succeeds, this one stays. */
  async renew(why: string): Promise<AgentIdentity> {
    this.#options.log.warn(
      `the server does not know this agent any more (${openSentence(why)}): registering again`,
    );
    return this.#registerNew();
  }

  async #registerNew(): Promise<AgentIdentity> {
    const identity = await this.#register();
    this.#identity = identity;
    this.#is_unkept = true;
    this.#options.log.info(`registered as agent ${identity.id} of the pool ${identity.pool}`);
    return this.#stored(identity);
  }

  #stored(identity: AgentIdentity): AgentIdentity {
    if (this.#is_unkept) writeIdentity(this.#options.state, identity);
    this.#is_unkept = false;
    return identity;
  }

  async #register(): Promise<AgentIdentity> {
    const { state, pool, key, no_key, name, clientOf } = this.#options;
    if (key === undefined)
      throw new Refused(`${no_key}: the agent registers with the pool's key. ${NEW_KEY}`);
    tryToKeep(state);
    const legacy_id = legacyId(state);
    try {
      return await clientOf(key).identity.registerAgent({
        name,
        ...(pool === undefined ? {} : { pool }),
        ...(legacy_id === undefined ? {} : { legacy_id }),
      });
    } catch (error) {
      if (!(error instanceof TailraceError) || error instanceof ForeignAnswer) throw error;
      if (error.code === "forbidden" || error.code === "invalid")
        throw new Refused(
          `The agent may not register: ${openSentence(error.message)}. Start it with its pool's key (--key-file FILE or TAILRACE_API_KEY), and with that pool's name or without --pool.`,
        );
      if (error.code === "unauthorized")
        throw new Refused(`The agent may not register: ${openSentence(error.message)}. ${NEW_KEY}`);
      throw error;
    }
  }
}

const NEW_KEY = "An administrator creates one: tailrace apikey create --user agent --role agent --pool NAME";
