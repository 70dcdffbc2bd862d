/** Executions that are remembered. Beyond this number, the oldest are tried again at once. */
const SETBACKS_MAX = 1_000;
const BACKOFF_MS_MIN = 1_000;
const BACKOFF_MS_MAX = 60_000;

/** Executions that could not be given. Each is left out of dispatches for a while, so that it does not delay the others. */
export class Setbacks {
  readonly #of = new Map<string, Setback>();

  /** An execution could not be given: it waits twice as long as the last time. */
  add(executionId: string, now_ms: number): void {
    const before = this.#of.get(executionId);
    const wait_ms = before ? Math.min(before.wait_ms * 2, BACKOFF_MS_MAX) : BACKOFF_MS_MIN;
    this.#of.delete(executionId);
    this.#of.set(executionId, { until_ms: now_ms + wait_ms, wait_ms });
    const [oldest] = this.#of.keys();
    if (oldest !== undefined && this.#of.size > SETBACKS_MAX) this.#of.delete(oldest);
  }

  /** The execution was given, or will not be given again. */
  clear(executionId: string): void {
    this.#of.delete(executionId);
  }

  /** The executions that are left out now. */
  ids(now_ms: number): string[] {
    return [...this.#of].flatMap(([id, setback]) => (isOut(setback, now_ms) ? [id] : []));
  }

  /** How long until the first may be tried again; undefined if none is left out. */
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

/** Whether it is still left out. A wait that is longer than the set one means that the clock has been set back. */
function isOut({ until_ms, wait_ms }: Setback, now_ms: number): boolean {
  return until_ms > now_ms && until_ms - now_ms <= wait_ms;
}
