/** Executions that are remembered, to drop repeated events and to not follow completed output again. */
const WRITTEN_MAX = 10_000;

/** A stream's memory of the executions that it has written. */
export class Written {
  /** For each execution: the number of the next change that is new. */
  readonly #next = new Map<string, number>();
  /** Executions whose output has arrived completely. A hub may report a run after its log has ended. */
  readonly #finished = new Set<string>();

  /** Each change is written once, although a hub may repeat it. */
  isNew(id: string, change: number): boolean {
    if (change < (this.#next.get(id) ?? 0)) return false;
    makeRoom(this.#next);
    this.#next.delete(id);
    this.#next.set(id, change + 1);
    return true;
  }

  isFinished(id: string): boolean {
    return this.#finished.has(id);
  }

  finish(id: string): void {
    makeRoom(this.#finished);
    this.#finished.add(id);
  }
}

/** Forgets the oldest if there is no room for one more. */
function makeRoom(ids: Set<string> | Map<string, number>): void {
  if (ids.size < WRITTEN_MAX) return;
  const [oldest] = ids.keys();
  if (oldest !== undefined) ids.delete(oldest);
}
