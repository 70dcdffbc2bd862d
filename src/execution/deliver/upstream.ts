import { Rounds } from "../../base/rounds.ts";
import { type ChildEnd, executionStub } from "../../objects/execution.ts";
import type { BatchHead } from "../../objects/log.ts";
import type { Log } from "../log/log.ts";

/**
 * Sends a child's output to its parent's log, by an agent's rule: batches in order, each once, and each answer names the
 * next expected sequence number. The child's log is the spool.
 */
export class Upstream {
  readonly #env: Env;
  readonly #log: Log;
  readonly #id: string;
  readonly #parent: string;
  /** The last sequence number that the parent has, as far as this instance knows. The parent's answers correct it. */
  #cursor = 0;
  readonly #rounds = new Rounds(() => this.#sendAll());
  /** Whether the parent has followers. */
  watched = false;

  constructor(env: Env, log: Log, id: string, parent: string) {
    this.#env = env;
    this.#log = log;
    this.#id = id;
    this.#parent = parent;
  }

  /** Sends the parent the log up to now. Rejects if the parent cannot be reached now. */
  forward(): Promise<void> {
    return this.#rounds.run();
  }

  /** Sends the rest of the log, and the end. Rejects if the parent cannot be reached now. */
  async end(end: ChildEnd): Promise<void> {
    await this.forward();
    await executionStub(this.#env, this.#parent).childEnded(this.#id, end);
  }

  /** Sends the output so far, and tells the parent that the child pauses. Rejects if the parent cannot be reached now. */
  async pause(): Promise<void> {
    await this.forward();
    await executionStub(this.#env, this.#parent).childPaused(this.#id);
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const batch = this.#log.batchAfter(this.#cursor);
      if (!batch) return;
      const { next, watched } = await this.#send(batch.head, batch.body);
      if (next === batch.head.first_seq)
        throw new Error(`the parent expects batch ${next}, and does not accept it`);
      this.#cursor = next - 1;
      this.watched = watched;
    }
  }

  #send(head: BatchHead, body: string): Promise<{ next: number; watched: boolean }> {
    return executionStub(this.#env, this.#parent).appendFromChild(this.#id, head, body);
  }
}
