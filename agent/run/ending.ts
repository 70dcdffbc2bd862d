import { setImmediate } from "node:timers/promises";
import { pause } from "../../protocol/base/backoff.ts";
import type { LeaseKey } from "../../protocol/wire/agent.ts";
import { endAll } from "../process/kill.ts";
import type { Ended } from "../process/result.ts";
import type { Running } from "../runners/runner.ts";

/**
 * How a run comes to an end before it does by itself: the first reason holds, and its process is ended once, also where the
 * reason came before there was one.
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

  /** Resolves once nothing is left of a process that was ended; undefined where none was. */
  get done(): Promise<void> | undefined {
    return this.#done;
  }

  /** Somebody wants the run to end. */
  ask(why: Exclude<Ended, undefined>): void {
    this.#why ??= why;
    if (this.#running) this.#done ??= this.#end(this.#running);
  }

  /** Asks for it after a time that begins with the action itself, unless the signal or the process's end comes first. */
  async askAfter(timeout_ms: number, { begun, exited }: Running, signal: AbortSignal): Promise<void> {
    let hasExited = false;
    void exited?.then(() => {
      hasExited = true;
    });
    await begun;
    await pause(timeout_ms, signal);
    // An agent that was stopped meets its timers first, and then learns that the process had ended in time.
    await setImmediate();
    if (!signal.aborted && !hasExited) this.ask({ why: "timeout", timeout_ms });
  }

  /** The process has been started. What was asked for meanwhile found none to end. */
  begun(running: Running): void {
    this.#running = running;
    if (this.#why) this.#done ??= this.#end(running);
  }

  async #end({ pid, hangUp }: Running): Promise<void> {
    if (pid === undefined) return;
    await hangUp?.();
    const left = await endAll(pid, this.#key);
    if (left.length > 0)
      this.#warn(`not all of its processes have ended: kill -KILL ${left.map(({ pid }) => pid).join(" ")}`);
  }
}
