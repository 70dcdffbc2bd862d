/** Executions that are remembered; beyond that the oldest are tried again like any other. */
const SETBACKS_MAX = 1_000;
const BACKOFF_MS_MIN = 1_000;
const BACKOFF_MS_MAX = 60_000;

/** Executions that could not be given: each is left out of the queue for a while, so that it holds up nothing behind it. */
export class Setbacks {
  readonly #of = new Map<string, Setback>();

  /** Once more it could not be given: it waits for twice as long as the time before. */
  add(executionId: string, now_ms: number): void {
    const before = this.#of.get(executionId);
    const wait_ms = before ? Math.min(before.wait_ms * 2, BACKOFF_MS_MAX) : BACKOFF_MS_MIN;
    this.#of.delete(executionId);
    this.#of.set(executionId, { until_ms: now_ms + wait_ms, wait_ms });
    const [oldest] = this.#of.keys();
    if (oldest !== undefined && this.#of.size > SETBACKS_MAX) this.#of.delete(oldest);
  }

  /** It has been answered for. */
  clear(executionId: string): void {
    this.#of.delete(executionId);
  }

  /** Those that are left out now. */
  ids(now_ms: number): string[] {
    return [...this.#of].flatMap(([id, setback]) => (isOut(setback, now_ms) ? [id] : []));
  }

  /** How long until one of them may be tried again; undefined where none is left out. */
  wait_ms(now_ms: number): number | undefined {
    const waits = [...this.#of.values()].flatMap((setback) =>
      isOut(setback, now_ms) ? [setback.until_ms - now_ms] : [],
    );
    return waits.length === 0 ? undefined : Math.min(...waits);
  }
}

interface Setback {
  until_ms: number;
  wait_ms: number;
}

/** Whether it is still left out. One that would wait for longer than it was told to is of a clock that has been set back. */
function isOut({ until_ms, wait_ms }: Setback, now_ms: number): boolean {
  return until_ms > now_ms && until_ms - now_ms <= wait_ms;
}
