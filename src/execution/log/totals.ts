import type { OutputType } from "../../../protocol/wire/chunk.ts";
import { type ByteCounts, countOf } from "../../../protocol/wire/counts.ts";
import type { Totals } from "../../objects/log.ts";

export const NO_TOTALS: Totals = {
  last_seq: 0,
  bytes: { stdout: 0, stderr: 0, other: 0 },
  gaps: 0,
  lines: { stdout: 0, stderr: 0, other: 0 },
};

/** Its values: the first and the last sequence number, the totals' columns, and the body. */
export const INSERT_BATCH = "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/** The columns of totals, in the order of the table. */
export const TOTALS_COLUMNS = "stdout, stderr, other, gaps, stdout_lines, stderr_lines, other_lines";

/** The columns of a row that hold totals. */
export type TotalsRow = Record<
  "last_seq" | "stdout" | "stderr" | "other" | "gaps" | "stdout_lines" | "stderr_lines" | "other_lines",
  number
>;

export function columnsOf({ bytes, gaps, lines }: Totals): number[] {
  return [bytes.stdout, bytes.stderr, bytes.other, gaps, lines.stdout, lines.stderr, lines.other];
}

export function readTotals(row: TotalsRow): Totals {
  const { last_seq, stdout, stderr, other, gaps } = row;
  const lines = { stdout: row.stdout_lines, stderr: row.stderr_lines, other: row.other_lines };
  return { last_seq, bytes: { stdout, stderr, other }, gaps, lines };
}

/** The totals after the batch that contains a sequence number, or after the last one before it. */
export function totalsAt(sql: SqlStorage, seq: number): Totals {
  const [row] = sql
    .exec<TotalsRow>(
      `SELECT last_seq, ${TOTALS_COLUMNS} FROM batch WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1`,
      seq,
    )
    .toArray();
  return row ? readTotals(row) : NO_TOTALS;
}

/**
 * The first sequence number of a range at which the totals have reached something; the last one if none has. Totals grow with the
 * sequence numbers: a binary search.
 */
export function firstReached(
  sql: SqlStorage,
  { from_seq, to_seq }: { from_seq: number; to_seq: number },
  isReached: (totals: Totals) => boolean,
): number {
  let [low, high] = [from_seq, to_seq];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isReached(totalsAt(sql, middle))) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** The first sequence number of the row that contains a place. */
export function seqOfPlace(
  sql: SqlStorage,
  totals: Totals,
  types: readonly OutputType[],
  place: number,
): number {
  const range = { from_seq: 1, to_seq: Math.max(1, totals.last_seq) };
  return firstReached(sql, range, ({ lines }) => countOf(lines, types) >= place);
}

/** The totals after a batch. */
export function plus(totals: Totals, batch: Totals): Totals {
  return {
    last_seq: batch.last_seq,
    bytes: sum(totals.bytes, batch.bytes),
    gaps: totals.gaps + batch.gaps,
    lines: sum(totals.lines, batch.lines),
  };
}

function sum(one: ByteCounts, other: ByteCounts): ByteCounts {
  return {
    stdout: one.stdout + other.stdout,
    stderr: one.stderr + other.stderr,
    other: one.other + other.other,
  };
}
