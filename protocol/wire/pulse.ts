import { PINGS_UNANSWERED_MAX } from "../base/limits.ts";

/**
 * Whether a connection is alive, judged by pings. It counts pings instead of time: a browser delays all timers of a hidden page, and a
 * machine that slept has not waited for an answer.
 */
export class Pulse {
  #unanswered = 0;

  /** Whether the next ping may be sent. False: too many are unanswered, so the connection is dead. */
  beat(): boolean {
    if (this.#unanswered === PINGS_UNANSWERED_MAX) return false;
    this.#unanswered++;
    return true;
  }

  /** A message has come. */
  heard(): void {
    this.#unanswered = 0;
  }
}

/** The reason for a dead connection. */
export const SILENT = `nothing came while ${PINGS_UNANSWERED_MAX} pings were sent`;
