import { pause } from "../../protocol/base/backoff.ts";

/**
 * Does a piece of work for each item, for so many at the same time. Between two portions the engine looks after everything else
 * that is due: one process that serves all objects would otherwise take in nothing new until the last piece is done.
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

/** Resolves once the engine has looked after what else is due: it looks at timers and sockets when nothing else is left to do. */
export function breathe(): Promise<void> {
  return pause(BREATH_MS);
}

const BREATH_MS = 1;

/** Lets callers pass in the order in which they come, so many between two breaths. */
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
