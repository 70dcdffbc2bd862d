import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { pause } from "../protocol/base/backoff.ts";

/** A sample counts if other programs, and a host that takes time away, used at most this share of the machine while it was taken. */
export const OTHERS_SHARE_MAX = 0.05;
/** Before a sample, a piece of known work may take at most this many times the best time that it took in this run. */
export const SPIN_TIMES_MAX = 1.25;
/** How often a contaminated sample is taken again. */
export const RETAKES_MAX = 3;
/** How long a sample waits for a calm machine. */
const CALM_MS_MAX = 5_000;
const CALM_POLL_MS = 250;
const TICK_MS = 10;
const SPIN_ROUNDS = 4_000_000;

/** A sample, and whether the machine was calm while it was taken. */
export interface Sample<T> {
  value: T;
  retakes: number;
  is_clean: boolean;
}

/** Watches whether the machine works for this benchmark alone. */
export class Calm {
  readonly #is_noisy: boolean;
  readonly #clocks: () => Clocks;
  #best_ms = Number.POSITIVE_INFINITY;

  /** On a machine that is known to be noisy, each sample is taken once, without a wait. */
  constructor(is_noisy: boolean, clocks: () => Clocks = machineClocks) {
    this.#is_noisy = is_noisy;
    this.#clocks = clocks;
  }

  /**
   * Takes a sample on a calm machine. Whether it counts is decided by the machine's clocks alone, before anything looks at the
   * value. After the last retake, the sample is returned as it is.
   */
  async take<T>(measure: () => Promise<T>): Promise<Sample<T>> {
    for (let retakes = 0; ; retakes++) {
      await this.#wait();
      const before = this.#clocks();
      const value = await measure();
      const is_clean = othersShare(before, this.#clocks()) <= OTHERS_SHARE_MAX;
      if (is_clean || this.#is_noisy || retakes === RETAKES_MAX) return { value, retakes, is_clean };
    }
  }

  async #wait(): Promise<void> {
    const until = performance.now() + (this.#is_noisy ? 0 : CALM_MS_MAX);
    while (performance.now() < until) {
      const spin_ms = spin();
      this.#best_ms = Math.min(this.#best_ms, spin_ms);
      if (spin_ms <= this.#best_ms * SPIN_TIMES_MAX) return;
      await pause(CALM_POLL_MS);
    }
  }
}

/** Processor time since the machine's start, and of this program with all that it has started. */
export interface Clocks {
  at_ms: number;
  busy_ms: number;
  own_ms: number;
  cores: number;
}

/** The share of all cores that neither idled nor worked for this program. */
export function othersShare(before: Clocks, after: Clocks): number {
  const others_ms = after.busy_ms - before.busy_ms - (after.own_ms - before.own_ms);
  return Math.max(0, others_ms) / ((after.at_ms - before.at_ms) * after.cores);
}

function machineClocks(): Clocks {
  return {
    at_ms: performance.now(),
    busy_ms: busyMs(readFileSync("/proc/stat", "utf8")),
    own_ms: ownMs(),
    cores: cpus().length,
  };
}

/**
 * Processor time of all programs, and time that the host has taken away. Interrupts are left out: they serve this program's
 * sockets, and no process is charged for them.
 */
export function busyMs(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = (stat.split("\n")[0] ?? "")
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + steal) * TICK_MS;
}

/** Processor time of this process, its descendants, and those of them that have ended. */
function ownMs(): number {
  const processes = readdirSync("/proc").flatMap((name) => {
    const fields = /^\d+$/.test(name) ? fieldsOf(name) : undefined;
    if (fields === undefined) return [];
    const [, parent, ...rest] = fields;
    const ticks = rest.slice(9, 13).reduce((sum, field) => sum + Number(field), 0);
    return [{ pid: Number(name), parent: Number(parent), ticks }];
  });
  const own = new Set([process.pid]);
  for (let found = 0; found !== own.size; ) {
    found = own.size;
    for (const { pid, parent } of processes) if (own.has(parent)) own.add(pid);
  }
  return processes.reduce((sum, { pid, ticks }) => sum + (own.has(pid) ? ticks * TICK_MS : 0), 0);
}

/** The fields of a process's line after its name, which may contain any character. */
function fieldsOf(pid: string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    // It has ended since it was listed.
    return undefined;
  }
}

/** Milliseconds of a fixed piece of work. */
function spin(): number {
  const started = performance.now();
  let value = 1;
  for (let round = 0; round < SPIN_ROUNDS; round++) value = (value * 1_103_515_245 + 12_345) % 2_147_483_648;
  return value < 0 ? 0 : performance.now() - started;
}
