import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLOCK_SKEW_MS_MAX, type ClockLook, offsetOf, skewText } from "../../protocol/wire/clock.ts";
import type { Log } from "./log.ts";

/** Requests for the server's clock in one comparison: a slow answer is inexact, and the next may be quicker. */
const LOOKS_MAX = 3;

/** With an error this small, no further request is needed. */
const ERROR_MS_ENOUGH = 100;

/**
 * The server's time: this host's monotonic time, which begins with the host's clock at the agent's start, plus its offset from the
 * server's clock. Later changes of the host's clock have no effect.
 */
export class Clock {
  readonly #file: string;
  readonly #log: Log;
  #offset_ms: number;
  #skew_ms: number | undefined;
  #logged = "right";

  constructor(state: string, log: Log) {
    this.#file = join(state, "clock-offset-ms");
    this.#log = log;
    this.#offset_ms = readOffset(this.#file);
  }

  /** Milliseconds since 1970, with fractions. */
  readonly now_ms = (): number => ownMs() + this.#offset_ms;

  /** How far this host's clock is ahead of the server's; undefined before the first comparison. */
  get skew_ms(): number | undefined {
    return this.#skew_ms;
  }

  /** Compares with the server's clock. `look` makes one request. If none succeeds, nothing changes. */
  async compare(look: (nowMs: () => number) => Promise<ClockLook>): Promise<void> {
    let best: ReturnType<typeof offsetOf> | undefined;
    try {
      for (let looks = 0; looks < LOOKS_MAX; looks++) {
        const found = offsetOf(await look(ownMs));
        if (best === undefined || found.error_ms < best.error_ms) best = found;
        if (best.error_ms <= ERROR_MS_ENOUGH) break;
      }
    } catch {
      // The connection that follows reports what is wrong with the server.
    }
    if (best) this.#take(best);
  }

  #take(found: { offset_ms: number; error_ms: number }): void {
    const offset_ms = corrected(this.#offset_ms, found);
    if (offset_ms !== this.#offset_ms) keepOffset(this.#file, offset_ms);
    this.#offset_ms = offset_ms;
    const skew_ms = Math.round(Date.now() - (ownMs() + found.offset_ms));
    this.#skew_ms = skew_ms;
    const text = Math.abs(skew_ms) <= CLOCK_SKEW_MS_MAX + found.error_ms ? "right" : skewText(skew_ms);
    if (text === this.#logged) return;
    this.#logged = text;
    if (text === "right") this.#log.info("this host's clock agrees with the server's again");
    else
      this.#log.warn(
        `this host's clock is ${text} of the server's; times in the output are the server's. Set the clock: timedatectl set-ntp true`,
      );
  }
}

/** The new offset if it differs by more than the allowed skew and the measurement's error; else the present one. */
export function corrected(offset_ms: number, found: { offset_ms: number; error_ms: number }): number {
  return Math.abs(found.offset_ms - offset_ms) > CLOCK_SKEW_MS_MAX + found.error_ms
    ? found.offset_ms
    : offset_ms;
}

/** This host's monotonic time, in milliseconds since 1970. */
function ownMs(): number {
  return performance.timeOrigin + performance.now();
}

/** The offset that an earlier process stored: a restarted agent uses it until it has a connection. */
function readOffset(file: string): number {
  const offset_ms = Number(tryRead(file));
  return Number.isFinite(offset_ms) ? offset_ms : 0;
}

/** The file's text; empty if it does not exist or cannot be read, which counts as no offset. */
function tryRead(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function keepOffset(file: string, offset_ms: number): void {
  try {
    writeFileSync(file, `${offset_ms}\n`, { mode: 0o600 });
  } catch {
    // Without the file, a restarted agent has no offset until it connects.
  }
}
