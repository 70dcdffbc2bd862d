import { PAGE_BYTES } from "../../../protocol/base/reader-limits.ts";
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
 * Reads the batches in which the requested lines end, and one batch before them, because the first line may begin there.
 * Batches without lines of the requested streams are left out.
 */
export function readLinesPage(sql: SqlStorage, totals: Totals, { types, place, seq }: LinesQuery): LinesPage {
  const from = place === undefined ? seq : seqOfPlace(sql, totals, types, place);
  const heads = from === undefined ? lastHeads(sql) : headsFrom(sql, types, from);
  const batches = heads.map(({ first_seq, before, after }) => {
    const { body } = sql
      .exec<{ body: string }>("SELECT body FROM batch WHERE first_seq = ?", first_seq)
      .one();
    return { first_seq, last_seq: after.last_seq, before: before.lines, after: after.lines, body };
  });
  return { batches, total: totals.lines, last_seq: totals.last_seq };
}

type Row = TotalsRow & { first_seq: number; bytes: number };

/** Bytes of the last lines. They are few, because a reader waits for them first. */
export const LAST_BYTES = 64 * 1024;

/** Bytes that are read for a page of some streams: a batch may have little of these, and the other streams are not sent. */
const SPARSE_BYTES = 4 * PAGE_BYTES;

/** The row's header has the size of the body, so the body is not read for it. */
const COLUMNS = `first_seq, last_seq, ${TOTALS_COLUMNS}, octet_length(body) AS bytes`;

function headsFrom(sql: SqlStorage, types: OutputType[], seq: number): Head[] {
  const start = totalsAt(sql, rowAt(sql, seq) - 1);
  const from = rowAt(sql, start.last_seq);
  const heads: Head[] = [];
  const bytes_max = types.length === OUTPUT_TYPES.length ? PAGE_BYTES : SPARSE_BYTES;
  let before = totalsAt(sql, from - 1);
  let bytes = 0;
  const rows = sql.exec<Row>(`SELECT ${COLUMNS} FROM batch WHERE first_seq >= ? ORDER BY first_seq`, from);
  for (const row of rows) {
    const after = readTotals(row);
    const is_lead = row.last_seq <= start.last_seq;
    if (is_lead || countOf(after.lines, types) > countOf(before.lines, types)) {
      heads.push({ first_seq: row.first_seq, before, after });
      if (!is_lead) bytes += row.bytes;
    }
    before = after;
    if (bytes >= bytes_max) break;
  }
  return heads;
}

/** The last rows, up to a page, of all streams: live output continues after them. */
function lastHeads(sql: SqlStorage): Head[] {
  const rows: Row[] = [];
  let bytes = 0;
  for (const row of sql.exec<Row>(`SELECT ${COLUMNS} FROM batch ORDER BY first_seq DESC`)) {
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
