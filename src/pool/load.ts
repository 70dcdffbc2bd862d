import type { Counts } from "./decide/limits.ts";
import type { Line } from "./decide/placing.ts";

/** The part of an entry that its queue counts. */
export interface Counted {
  position: number;
  kind: string;
  user: string;
  /** Null for an entry that waits. */
  agent_id: string | null;
  /** Its place is reserved, and the execution is not created yet. */
  reserved: boolean;
}

/** How many executions wait and run in a pool, by user, agent and kind. It follows the queue's table, and is read from it after a restart. */
export class Load implements Counts {
  readonly #waiting = new Counter();
  readonly #running = new Counter();
  readonly #busy = new Counter();
  /** By kind, then by user. */
  readonly #lines = new Map<string, Map<string, Line>>();
  waiting = 0;
  running = 0;

  /** Adds `count` entries that are alike. */
  add({ position, kind, user, agent_id, reserved }: Counted, count = 1): void {
    if (agent_id !== null) {
      this.running += count;
      this.#running.change(user, count);
      this.#busy.change(agent_id, count);
      return;
    }
    this.waiting += count;
    this.#waiting.change(user, count);
    if (reserved) return;
    const line = this.#line(kind, user);
    line.waiting += count;
    if (line.waiting === count) line.head = position;
    else if (line.head !== undefined && position < line.head) line.head = position;
  }

  /** Takes an entry out, with the values under which it was added. */
  remove({ position, kind, user, agent_id, reserved }: Counted): void {
    if (agent_id !== null) {
      this.running--;
      this.#running.change(user, -1);
      this.#busy.change(agent_id, -1);
      return;
    }
    this.waiting--;
    this.#waiting.change(user, -1);
    if (reserved) return;
    const line = this.#line(kind, user);
    line.waiting--;
    if (line.head === position) line.head = undefined;
    if (line.waiting === 0) this.#drop(line);
  }

  waitingOf(user: string): number {
    return this.#waiting.get(user);
  }

  runningOf(user: string): number {
    return this.#running.get(user);
  }

  busyOf(agentId: string): number {
    return this.#busy.get(agentId);
  }

  /** The kinds that have something waiting. */
  get kinds(): Iterable<string> {
    return this.#lines.keys();
  }

  hasKind(kind: string): boolean {
    return this.#lines.has(kind);
  }

  linesOf(kind: string): Iterable<Line> {
    return this.#lines.get(kind)?.values() ?? [];
  }

  #line(kind: string, user: string): Line {
    const of_kind = this.#lines.get(kind) ?? new Map<string, Line>();
    this.#lines.set(kind, of_kind);
    const line = of_kind.get(user) ?? { kind, user, waiting: 0, head: undefined };
    of_kind.set(user, line);
    return line;
  }

  #drop({ kind, user }: Line): void {
    const of_kind = this.#lines.get(kind);
    of_kind?.delete(user);
    if (of_kind?.size === 0) this.#lines.delete(kind);
  }
}

/** Numbers by name. A name at zero is removed. */
class Counter {
  readonly #counts = new Map<string, number>();

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  change(name: string, by: number): void {
    const count = this.get(name) + by;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}
