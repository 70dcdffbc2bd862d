import { setImmediate } from "node:timers/promises";
import { pause } from "../../protocol/base/backoff.ts";
import type { LeaseKey } from "../../protocol/wire/agent.ts";
import { endAll } from "../process/kill.ts";
import type { Ended } from "../process/result.ts";
import type { Running } from "../runners/runner.ts";

/**
 * Ends a run early. The first reason counts. The process is ended once, also if the reason came before the process had started.
 */
export class Ending {
  readonly #key: LeaseKey;
  readonly #warn: (text: string) => void;
  #why: Ended;
  #running: Running | undefined;
  #done: Promise<void> | undefined;

  constructor(key: LeaseKey, warn: (text: string) => void) {
    this.#key = key;
    this.#warn = warn;
  }

  /** The reason; undefined while there is none. */
  get why(): Ended {
    return this.#why;
  }

  /** Resolves once all processes of the run have ended; undefined while the run is not being ended. */
  get done(): Promise<void> | undefined {
    return this.#done;
  }

  /** Ends the run, now or as soon as its process has started. */
  ask(why: Exclude<Ended, undefined>): void {
    this.#why ??= why;
    if (this.#running) this.#done ??= this.#end(this.#running);
  }

  /** Ends the run after a time that begins with the action itself, unless the signal aborts or the process exits first. */
  async askAfter(timeout_ms: number, { begun, exited }: Running, signal: AbortSignal): Promise<void> {
    let hasExited = false;
    void exited?.then(() => {
      hasExited = true;
    });
    await begun;
    await pause(timeout_ms, signal);
    // After a suspension, timers fire before the news that the process had exited in time.
    await setImmediate();
    if (!signal.aborted && !hasExited) this.ask({ why: "timeout", timeout_ms });
  }

  /** The process has started. A reason that came before found no process to end. */
  begun(running: Running): void {
    this.#running = running;
    if (this.#why) this.#done ??= this.#end(running);
  }

  async #end({ pid, hangUp }: Running): Promise<void> {
    await hangUp?.();
    if (pid === undefined) return;
    const left = await endAll(pid, this.#key);
    if (left.length > 0)
      this.#warn(`some of its processes are still alive: kill -KILL ${left.map(({ pid }) => pid).join(" ")}`);
  }
}
