import type { Page } from "../../objects/log.ts";

/**
 * The part of a log that its followers need. The log may be another object's: then only its last part is held here. A follower goes live
 * between two batches, once this part has no further page for it.
 */
export interface FollowedLog {
  /** The sequence number of the last chunk; 0 for an empty log. */
  readonly last_seq: number;
  /**
   * The lines after a sequence number, about as many characters as are requested; undefined at the end. A promise for lines that are
   * not held here: they may go beyond `last_seq`.
   */
  pageAfter(seq: number, chars_wanted: number): Page | undefined | Promise<Page>;
}
