import { PINGS_UNANSWERED_MAX } from "../base/limits.ts";

/**
 * Tells by pings whether a connection is alive. It counts pings and not time: a browser holds back the timers of a hidden
 * page, all of them alike, and a machine that slept has not waited for any answer.
 */
export class Pulse {
  #unanswered = 0;

  /** Whether the next ping may be sent. False: too many have stayed unanswered, the connection is dead. */
  beat(): boolean {
    if (this.#unanswered === PINGS_UNANSWERED_MAX) return false;
    this.#unanswered++;
    return true;
  }

  /** Something has come. */
  heard(): void {
    this.#unanswered = 0;
  }
}

/** What a dead connection is called. */
export const SILENT = `nothing came while ${PINGS_UNANSWERED_MAX} pings were sent`;
