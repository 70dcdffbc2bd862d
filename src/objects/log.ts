import type { Batch } from "../../protocol/wire/batch.ts";
import type { OutputType } from "../../protocol/wire/chunk.ts";
import type { ByteCounts, LineCounts } from "../../protocol/wire/counts.ts";

/** A batch as a producer's request has it, without its lines. */
export type BatchHead = Omit<Batch, "body">;

/** The output that comes with an end: a batch, unless the log has all chunks. */
export interface Rest {
  batch?: Batch;
}

/** The totals of a log: its last sequence number, and the counts up to it. */
export interface Totals {
  last_seq: number;
  bytes: ByteCounts;
  gaps: number;
  lines: LineCounts;
}

/** Consecutive lines of a log, and the sequence number of the last one. */
export interface Page {
  lines: string;
  last_seq: number;
}

/** The requested lines: from a place among the lines of these streams, or the last ones. */
export interface LinesQuery {
  types: OutputType[];
  place?: number | undefined;
  /** Or from the batch of this chunk. */
  seq?: number | undefined;
  /** With `seq`: all batches with text of these streams, also text without a line feed, and none before. */
  every?: boolean | undefined;
  /** So many lines before them as well, within `LEAD_BYTES_MAX`. At least the batch before them comes, unless `every` is set. */
  lead?: number | undefined;
}

/** So many of the last lines of these streams. */
export interface TailQuery {
  types: readonly OutputType[];
  lines: number;
}

/** The beginning of the last lines: the records after `after`. Of the chunk with `seq`, only the text after `ends` line ends. */
export interface TailStart {
  after: number;
  from?: { seq: number; ends: number };
}

/** A whole batch, and the lines that end before it and up to its end. */
export interface BatchOfLines {
  first_seq: number;
  last_seq: number;
  before: LineCounts;
  after: LineCounts;
  body: string;
}

/** Whole batches in order, about a page of them, and how many lines there are in all. */
export interface LinesPage {
  batches: BatchOfLines[];
  total: LineCounts;
  last_seq: number;
}
