import { TailraceError } from "../protocol/base/errors.ts";
import { openSentence } from "../protocol/base/failure-text.ts";
import { type Client, ForeignAnswer } from "../protocol/client/client.ts";
import type { AgentIdentity } from "../protocol/wire/agent-state.ts";
import type { Log } from "./base/log.ts";
import { legacyId, readIdentity, tryToKeep, writeIdentity } from "./state/identity.ts";

/** The agent cannot come in as it was started: the text says what to change. Trying again would not help. */
export class Refused extends Error {
  override readonly name = "Refused";
}

export interface RegistrationOptions {
  state: string;
  /** The pool that the agent was started for; undefined takes the key's. */
  pool: string | undefined;
  /** The pool's key, which only registers. */
  key: string | undefined;
  name: string;
  log: Log;
  clientOf: (key: string) => Client;
}

/** Who the agent is to its server: an identity that its first start gets for the pool's key, and later starts find on disk. */
export class Registration {
  readonly #options: RegistrationOptions;
  #identity: AgentIdentity | undefined;
  /** The server knows the identity, and the state folder does not yet. */
  #is_unkept = false;

  /** Throws where there is nothing to come in by, or the state folder is another pool's. */
  constructor(options: RegistrationOptions) {
    const { state, pool, key } = options;
    this.#options = options;
    this.#identity = readIdentity(state);
    if (!this.#identity && key === undefined)
      throw new Error(
        `TAILRACE_API_KEY is not set: the pool's key, by which the agent registers. ${NEW_KEY}`,
      );
    if (this.#identity && pool !== undefined && pool !== this.#identity.pool) {
      throw new Error(
        `The state folder ${state} is of an agent of the pool "${this.#identity.pool}", not of "${pool}": take another folder (--state DIR).`,
      );
    }
  }

  /**
   * The identity, once it is kept; registers where there is none. Throws `Refused` where the key does not let it. Throws too where
   * the state folder cannot be written; the next call then keeps the same identity, and does not register again.
   */
  async identity(): Promise<AgentIdentity> {
    return this.#identity === undefined ? this.#anew() : this.#kept(this.#identity);
  }

  /** Another identity, as the server does not take this one any more. Until there is another, this one is kept. */
  async renew(why: string): Promise<AgentIdentity> {
    this.#options.log.warn(
      `the server does not know this agent any more (${openSentence(why)}): it registers anew`,
    );
    return this.#anew();
  }

  async #anew(): Promise<AgentIdentity> {
    const identity = await this.#register();
    this.#identity = identity;
    this.#is_unkept = true;
    this.#options.log.info(`registered as agent ${identity.id} of the pool ${identity.pool}`);
    return this.#kept(identity);
  }

  #kept(identity: AgentIdentity): AgentIdentity {
    if (this.#is_unkept) writeIdentity(this.#options.state, identity);
    this.#is_unkept = false;
    return identity;
  }

  async #register(): Promise<AgentIdentity> {
    const { state, pool, key, name, clientOf } = this.#options;
    if (key === undefined)
      throw new Refused(`There is no key to register with (TAILRACE_API_KEY). ${NEW_KEY}`);
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
          `The agent may not register: ${openSentence(error.message)}. Start it with its pool's key (TAILRACE_API_KEY), and with that pool's name or none (--pool).`,
        );
      if (error.code === "unauthorized")
        throw new Refused(`The agent may not register: ${openSentence(error.message)}. ${NEW_KEY}`);
      throw error;
    }
  }
}

const NEW_KEY = "An administrator makes one: tailrace apikey create --user agent --role agent --pool NAME";
