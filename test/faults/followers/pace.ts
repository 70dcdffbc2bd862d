import { pause } from "../../../protocol/base/backoff.ts";
import type { Random } from "../random.ts";

export const BEHAVIOURS = ["eager", "slow", "stalling", "vanishing"] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** After this many records a slow reader is as fast as others, so that it ends within a round. */
const SLOW_RECORDS_MAX = 200;
const SLOW_MS_MAX = 25;
const STALLS_MAX = 2;
const STALL_MS_MAX = 6_000;
const VANISHINGS_MAX = 4;
const ABSENCE_MS_MAX = 2_000;
/** A reader stalls or vanishes again within this many records. */
const RECORDS_BETWEEN_MAX = 40;

/** How a reader reads: at once, slowly, with a stall, or by leaving and coming back. */
export class Pace {
  readonly behaviour: Behaviour;
  readonly #random: Random;
  readonly #signal: AbortSignal;
  #records = 0;
  #turns = 0;
  #next: number;

  constructor(behaviour: Behaviour, random: Random, signal: AbortSignal) {
    this.behaviour = behaviour;
    this.#random = random;
    this.#signal = signal;
    this.#next = random.integer(1, RECORDS_BETWEEN_MAX);
  }

  /** Called after each record: rests as the behaviour requires. True if the reader leaves now. */
  async rest(): Promise<boolean> {
    this.#records++;
    switch (this.behaviour) {
      case "eager":
        return false;
      case "slow":
        if (this.#records <= SLOW_RECORDS_MAX) await this.#pause(SLOW_MS_MAX);
        return false;
      case "stalling":
        if (this.#isTurn(STALLS_MAX)) await this.#pause(STALL_MS_MAX);
        return false;
      case "vanishing":
        return this.#isTurn(VANISHINGS_MAX);
    }
  }

  /** Waits while the reader is away. */
  async absence(): Promise<void> {
    await this.#pause(ABSENCE_MS_MAX);
  }

  #isTurn(turns_max: number): boolean {
    if (this.#turns >= turns_max || this.#records < this.#next) return false;
    this.#turns++;
    this.#next = this.#records + this.#random.integer(1, RECORDS_BETWEEN_MAX);
    return true;
  }

  #pause(ms_max: number): Promise<void> {
    return pause(this.#random.integer(1, ms_max), this.#signal);
  }
}
