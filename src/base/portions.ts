import { pause } from "../../protocol/base/backoff.ts";

/**
 * Works through the items, `at_once` of them at the same time. Between two portions the engine handles other events:
 * otherwise a process that serves all objects would accept no request until the last item is done.
 */
export async function inPortions<T, R>(
  items: readonly T[],
  at_once: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += at_once) {
    if (at > 0) await breathe();
    done.push(...(await Promise.all(items.slice(at, at + at_once).map(work))));
  }
  return done;
}

/** Resolves after the engine has handled other due events: it checks timers and sockets when no other work is left. */
export function breathe(): Promise<void> {
  return pause(BREATH_MS);
}

const BREATH_MS = 1;

/** Lets callers pass in their order, `at_once` of them between two breaths. */
export class Pace {
  readonly #at_once: number;
  readonly #waiting: (() => void)[] = [];
  #passed = 0;
  #breath: Promise<void> | undefined;

  constructor(at_once: number) {
    this.#at_once = at_once;
  }

  async turn(): Promise<void> {
    this.#breath ??= this.#breathe();
    if (this.#passed < this.#at_once) {
      this.#passed++;
      return;
    }
    await new Promise<void>((pass) => this.#waiting.push(pass));
  }

  async #breathe(): Promise<void> {
    do {
      await breathe();
      const next = this.#waiting.splice(0, this.#at_once);
      this.#passed = next.length;
      for (const pass of next) pass();
    } while (this.#passed > 0);
    this.#breath = undefined;
  }
}
