/** Consecutive lines of a log, and the sequence number of the last one. */
export interface Page {
  lines: string;
  last_seq: number;
}

/** The part of a log that its followers need. Both are read at once: a follower goes live between two batches. */
export interface FollowedLog {
  /** The sequence number of the last chunk; 0 for an empty log. */
  readonly last_seq: number;
  /** The lines after a sequence number, about as many characters as are requested; undefined at the end. */
  pageAfter(seq: number, chars_wanted: number): Page | undefined;
}
