import { SEQ_MAX } from "../../../protocol/base/limits.ts";
import { LEAD_BYTES_MAX, PAGE_BYTES } from "../../../protocol/base/reader-limits.ts";
import { OUTPUT_TYPES, type OutputType } from "../../../protocol/wire/chunk.ts";
import { countOf } from "../../../protocol/wire/counts.ts";
import type { LinesPage, LinesQuery, Totals } from "../../objects/log.ts";
import { readTotals, seqOfPlace, TOTALS_COLUMNS, type TotalsRow, totalsAt } from "./totals.ts";

/** A row before its body is read. */
interface Head {
  first_seq: number;
  before: Totals;
  after: Totals;
}

/**
 * Reads the batches in which the requested lines end, and those of the lead before them: one at least, because the first line may begin
 * there. Batches without output of the requested streams are left out.
 */
export function readLinesPage(sql: SqlStorage, totals: Totals, query: LinesQuery): LinesPage {
  const from = query.place === undefined ? query.seq : seqOfPlace(sql, totals, query.types, query.place);
  const heads = headsOf(sql, query, from);
  const batches = heads.map(({ first_seq, before, after }) => {
    const { body } = sql
      .exec<{ body: string }>("SELECT body FROM batch WHERE first_seq = ?", first_seq)
      .one();
    return { first_seq, last_seq: after.last_seq, before: before.lines, after: after.lines, body };
  });
  return { batches, total: totals.lines, last_seq: totals.last_seq };
}

function headsOf(sql: SqlStorage, { types, every, lead }: LinesQuery, from: number | undefined): Head[] {
  if (from === undefined) return lastHeads(sql);
  return every ? everyHead(sql, types, from) : headsFrom(sql, types, from, lead ?? 0);
}

type Row = TotalsRow & { first_seq: number; bytes: number };

/** Bytes of the last lines. They are few, because a reader waits for them first. */
export const LAST_BYTES = 64 * 1024;

/** Bytes that are read for a page of some streams: a batch may have little of these, and the other streams are not sent. */
const SPARSE_BYTES = 4 * PAGE_BYTES;

/** Bytes that are read for every batch: a search reads many pages. */
const EVERY_BYTES = 4 * PAGE_BYTES;

/**
 * Rows that one statement reads: few first, because a page may need few. Each statement runs to its end, because the disk gets no room
 * back from an object with an open one.
 */
const [PORTION_ROWS_MIN, PORTION_ROWS_MAX] = [16, 256];

/** The row's header has the size of the body, so the body is not read for it. */
const COLUMNS = `first_seq, last_seq, ${TOTALS_COLUMNS}, octet_length(body) AS bytes`;

function headsFrom(sql: SqlStorage, types: OutputType[], seq: number, lead: number): Head[] {
  const start = totalsAt(sql, rowAt(sql, seq) - 1);
  const from = leadFrom(sql, types, start, lead);
  const heads: Head[] = [];
  const bytes_max = types.length === OUTPUT_TYPES.length ? PAGE_BYTES : SPARSE_BYTES;
  let before = totalsAt(sql, from - 1);
  let bytes = 0;
  for (const row of rowsFrom(sql, from)) {
    const after = readTotals(row);
    const is_lead = row.last_seq <= start.last_seq;
    if (row.first_seq === from || hasOutput(before, after, types)) {
      heads.push({ first_seq: row.first_seq, before, after });
      if (!is_lead) bytes += row.bytes;
    }
    before = after;
    if (bytes >= bytes_max) break;
  }
  return heads;
}

/** The first sequence number of the rows that have so many lines of these streams together before a place, within bounds: of one row at least. */
function leadFrom(sql: SqlStorage, types: OutputType[], start: Totals, lead: number): number {
  let [from, bytes, passed_bytes] = [0, 0, 0];
  let newer: Row | undefined;
  for (const row of rowsBefore(sql, start.last_seq + 1)) {
    const older = readTotals(row);
    // What a row has is known from the row before it.
    if (newer) {
      passed_bytes += newer.bytes;
      if (hasOutput(older, readTotals(newer), types)) bytes += newer.bytes;
      const lines = countOf(start.lines, types) - countOf(older.lines, types);
      if (lines >= lead || bytes + row.bytes > LEAD_BYTES_MAX || passed_bytes > SPARSE_BYTES) break;
    }
    from = row.first_seq;
    newer = row;
  }
  return from;
}

/** The rows with output of some streams, from the one with a chunk on. */
function everyHead(sql: SqlStorage, types: OutputType[], seq: number): Head[] {
  const from = rowAt(sql, seq);
  const heads: Head[] = [];
  let before = totalsAt(sql, from - 1);
  let bytes = 0;
  for (const row of rowsFrom(sql, from)) {
    const after = readTotals(row);
    if (hasOutput(before, after, types)) {
      heads.push({ first_seq: row.first_seq, before, after });
      bytes += row.bytes;
    }
    before = after;
    if (bytes >= EVERY_BYTES) break;
  }
  return heads;
}

/** Whether a batch has text or a gap of some streams. */
function hasOutput(before: Totals, after: Totals, types: OutputType[]): boolean {
  const { lines, bytes } = after;
  return (
    countOf(lines, types) > countOf(before.lines, types) ||
    countOf(bytes, types) > countOf(before.bytes, types)
  );
}

/** The last rows, up to a page, of all streams: live output continues after them. */
function lastHeads(sql: SqlStorage): Head[] {
  const rows: Row[] = [];
  let bytes = 0;
  for (const row of rowsBefore(sql, SEQ_MAX + 1)) {
    rows.push(row);
    bytes += row.bytes;
    if (bytes >= LAST_BYTES) break;
  }
  let before = rows.length === 0 ? undefined : totalsAt(sql, (rows.at(-1)?.first_seq ?? 1) - 1);
  const heads: Head[] = [];
  for (const row of rows.reverse()) {
    const after = readTotals(row);
    if (before) heads.push({ first_seq: row.first_seq, before, after });
    before = after;
  }
  return heads;
}

/** The rows from one on, in portions. */
function* rowsFrom(sql: SqlStorage, first_seq: number): Generator<Row> {
  const query = `SELECT ${COLUMNS} FROM batch WHERE first_seq >= ? ORDER BY first_seq LIMIT ?`;
  for (let [from, rows_max] = [first_seq, PORTION_ROWS_MIN]; ; rows_max = grown(rows_max)) {
    const rows = sql.exec<Row>(query, from, rows_max).toArray();
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < rows_max) return;
    from = last.last_seq + 1;
  }
}

/** The rows before a sequence number, from the last one back, in portions. */
function* rowsBefore(sql: SqlStorage, seq: number): Generator<Row> {
  const query = `SELECT ${COLUMNS} FROM batch WHERE first_seq < ? ORDER BY first_seq DESC LIMIT ?`;
  for (let [before, rows_max] = [seq, PORTION_ROWS_MIN]; ; rows_max = grown(rows_max)) {
    const rows = sql.exec<Row>(query, before, rows_max).toArray();
    yield* rows;
    const first = rows.at(-1);
    if (!first || rows.length < rows_max) return;
    before = first.first_seq;
  }
}

function grown(rows_max: number): number {
  return Math.min(rows_max * 2, PORTION_ROWS_MAX);
}

/** The first sequence number of the row that contains a sequence number. */
function rowAt(sql: SqlStorage, seq: number): number {
  const { first_seq } = sql
    .exec<{ first_seq: number | null }>(
      "SELECT max(first_seq) AS first_seq FROM batch WHERE first_seq <= ?",
      seq,
    )
    .one();
  return first_seq ?? 0;
}
