import type { Agent } from "./agent.ts";
import type { Log } from "./base/log.ts";

/**
 * The way of an agent to its end. The first signal drains it: its runs go on, and it stops once they have ended. The second ends the
 * runs, and stops it. The third ends the process at once; what is on disk is taken up by the next one.
 */
export class Leaving {
  readonly #agent: Agent;
  readonly #drain_timeout_seconds: number | undefined;
  readonly #log: Log;
  readonly #enough = new AbortController();
  #signals = 0;

  constructor(agent: Agent, drain_timeout_seconds: number | undefined, log: Log) {
    this.#agent = agent;
    this.#drain_timeout_seconds = drain_timeout_seconds;
    this.#log = log;
  }

  /** A signal has come. */
  next(): void {
    this.#signals++;
    if (this.#signals === 1) void this.#leave();
    else if (this.#signals === 2) this.now();
    else process.exit(1);
  }

  /** Ends the runs and stops, also if no signal has come before. */
  now(): void {
    this.#end("it was told so");
    if (this.#signals > 0) return;
    this.#signals = 1;
    void this.#leave();
  }

  async #leave(): Promise<void> {
    const seconds = this.#drain_timeout_seconds;
    const late =
      seconds === undefined
        ? undefined
        : setTimeout(() => this.#end(`they have not ended within ${seconds} s`), seconds * 1000);
    await this.#agent.drain(this.#enough.signal);
    clearTimeout(late);
    await this.#agent.stop();
    process.exit(0);
  }

  #end(why: string): void {
    if (this.#enough.signal.aborted) return;
    this.#log.info(`the agent ends its runs and stops: ${why}`);
    this.#enough.abort();
  }
}
