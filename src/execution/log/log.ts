import { SEQ_MAX } from "../../../protocol/base/limits.ts";
import { PAGE_BYTES } from "../../../protocol/base/reader-limits.ts";
import { dropLines } from "../../../protocol/wire/line.ts";
import type { EndedPage } from "../../objects/ended.ts";
import type {
  BatchHead,
  LinesPage,
  LinesQuery,
  Page,
  TailQuery,
  TailStart,
  Totals,
} from "../../objects/log.ts";
import { hasTable } from "../../storage/schema.ts";
import { BATCH_TABLE } from "../state/schema.ts";
import { readAlignedPage } from "./aligned-page.ts";
import type { FollowedLog } from "./followed-log.ts";
import { Limit, minus } from "./limit.ts";
import { readLinesPage } from "./lines-page.ts";
import { blankRow, type Found, type LogSearch } from "./redact-log.ts";
import { findTail } from "./tail.ts";
import { columnsOf, INSERT_BATCH, NO_TOTALS, plus, totalsAt } from "./totals.ts";

/** The most rows that one statement reads. */
const PAGE_ROWS_MAX = 1_000;

/** A row is long if it has this many times the mean of those before it on the page. The rest of a statement is read in vain. */
const LONG_ROW = 16;

type Row = { first_seq: number; last_seq: number; body: string };

/**
 * An execution's ordered chunks: one row for each batch, in the object's own database. Each row has the totals up to it.
 * Beyond its limit the log keeps its head and its tail; one row stands for the part between them.
 */
export class Log implements FollowedLog {
  readonly #sql: SqlStorage;
  readonly #limit: Limit;
  /** The totals of all rows, once they have been read: an object without an execution has no rows. */
  #totals: Totals | undefined;
  /** Whether the table is there: it is made with the first batch. */
  #has_table: boolean | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    this.#limit = new Limit(storage);
  }

  /** Reads the totals from the rows again, after a transaction that had changed them was rolled back. */
  reload(): void {
    this.#limit.reload();
    this.#totals = undefined;
    this.#has_table = undefined;
  }

  get #produced(): Totals {
    if (this.#totals) return this.#totals;
    this.#has_table ??= hasTable(this.#sql, "batch");
    this.#totals = this.#has_table ? totalsAt(this.#sql, SEQ_MAX) : NO_TOTALS;
    return this.#totals;
  }

  /** The totals of all that was produced. `gaps` counts those that a reader of the whole log finds. */
  get totals(): Totals {
    const produced = this.#produced;
    const { gaps } = this.#limit.heldOf(produced, 0, produced.last_seq);
    return { ...produced, gaps };
  }

  get last_seq(): number {
    return this.#produced.last_seq;
  }

  /** The sequence number that the next chunk must have. */
  get next(): number {
    return this.last_seq + 1;
  }

  /** Appends a batch that starts at `next`, and keeps the log within `bytes_max`, 0 for no limit. */
  append({ head, body }: { head: BatchHead; body: string }, bytes_max: number): void {
    if (head.first_seq !== this.next)
      throw new Error(`batch ${head.first_seq} does not continue ${this.next - 1}`);
    const totals = plus(this.#produced, head);
    if (!this.#has_table) this.#sql.exec(BATCH_TABLE);
    this.#has_table = true;
    this.#sql.exec(INSERT_BATCH, head.first_seq, head.last_seq, ...columnsOf(totals), body);
    this.#totals = totals;
    this.#limit.hold(totals, head.first_seq, bytes_max);
  }

  /** The lines after a sequence number: about a page, or as many as are requested; undefined at the end. */
  pageAfter(seq: number, chars_wanted = PAGE_BYTES): Page | undefined {
    const end_seq = this.#produced.last_seq;
    if (seq >= end_seq) return undefined;
    const chars_max = Math.min(PAGE_BYTES, chars_wanted);
    const page: Page = { lines: "", last_seq: seq };
    let rows = 0;
    let is_long = true;
    while (page.last_seq < end_seq && page.lines.length < chars_max) {
      // The number of rows that fit, if they are as long as those before. A longer row is read by itself.
      const mean = page.lines.length / rows;
      const [rows_max, bytes_max] = is_long
        ? [1, SEQ_MAX]
        : [Math.ceil((chars_max - page.lines.length) / mean), mean * LONG_ROW];
      const added = this.#addRows(page, {
        chars_max,
        rows_max: Math.min(rows_max, PAGE_ROWS_MAX),
        bytes_max,
      });
      // The totals are ahead of the rows when a commit has failed, until the platform resets the object.
      if (added === 0 && is_long) throw new Error(`the log has nothing behind ${page.last_seq}`);
      is_long = added === 0;
      rows += added;
    }
    return page;
  }

  /**
   * Adds the next rows to a page, up to one of more than `bytes_max`, and returns how many. The statement runs to its end: the disk gets
   * no room back from an object with an open one.
   */
  #addRows(
    page: Page,
    { chars_max, rows_max, bytes_max }: { chars_max: number; rows_max: number; bytes_max: number },
  ): number {
    const seq = page.last_seq;
    const rows = this.#sql.exec<Row & { body: string | null }>(
      `SELECT first_seq, last_seq, CASE WHEN octet_length(body) <= ? THEN body END AS body FROM batch
       WHERE first_seq >= (SELECT max(first_seq) FROM batch WHERE first_seq <= ?) ORDER BY first_seq LIMIT ?`,
      bytes_max,
      seq + 1,
      rows_max,
    );
    let added = 0;
    let is_full = false;
    for (const { first_seq, last_seq, body } of rows) {
      is_full ||= body === null || page.lines.length >= chars_max;
      // Without a row behind the page, the statement gives the one that the page ends with.
      if (is_full || body === null || last_seq <= seq) continue;
      page.lines += first_seq <= seq ? dropLines(body, seq) : body;
      page.last_seq = last_seq;
      added++;
    }
    return added;
  }

  /** The whole batches after a sequence number, about a page of them, as one batch; undefined at the end. */
  batchAfter(seq: number): { head: BatchHead; body: string } | undefined {
    const page = this.pageAfter(seq);
    if (!page) return undefined;
    const produced = minus(totalsAt(this.#sql, page.last_seq), totalsAt(this.#sql, seq));
    const { bytes, gaps, lines } = this.#limit.heldOf(produced, seq, page.last_seq);
    const head = { first_seq: seq + 1, last_seq: page.last_seq, bytes, gaps, lines };
    return { head, body: page.lines };
  }

  /** Where the last lines begin. */
  lastLines(query: TailQuery): TailStart {
    return findTail(this.#sql, this.#produced, query);
  }

  /** Whole batches around a line, or the last ones: see `readLinesPage`. */
  linesPage(query: LinesQuery): LinesPage {
    const { last_seq, lines } = this.#produced;
    if (last_seq === 0) return { batches: [], total: lines, last_seq };
    return readLinesPage(this.#sql, this.#produced, query);
  }

  /** The lines after a sequence number up to a boundary, for the edge's cache: see `readAlignedPage`. */
  alignedPageAfter(seq: number): EndedPage {
    return readAlignedPage(this.#sql, this.#produced, seq);
  }

  /**
   * Searches the rows after a sequence number, about a page of them, and blanks what was found; this may be in earlier rows, too.
   * Returns the last sequence number that it has read; undefined at the end.
   */
  redact(seq: number, search: LogSearch): number | undefined {
    if (this.#produced.last_seq === 0) return undefined;
    const found: Found[] = [];
    let [chars, last_seq] = [0, seq];
    while (chars < PAGE_BYTES) {
      const [row] = this.#sql
        .exec<Row>(
          "SELECT first_seq, last_seq, body FROM batch WHERE first_seq > ? ORDER BY first_seq LIMIT 1",
          last_seq,
        )
        .toArray();
      if (!row) break;
      found.push(...search.read(row));
      chars += row.body.length;
      last_seq = row.last_seq;
    }
    for (const [first_seq, inRow] of Map.groupBy(found, ({ row }) => row)) {
      const { body } = this.#sql
        .exec<{ body: string }>("SELECT body FROM batch WHERE first_seq = ?", first_seq)
        .one();
      this.#sql.exec("UPDATE batch SET body = ? WHERE first_seq = ?", blankRow(body, inRow), first_seq);
    }
    return last_seq === seq ? undefined : last_seq;
  }

  /** Deletes every chunk. */
  clear(): void {
    if (this.#produced.last_seq > 0) this.#sql.exec("DELETE FROM batch");
    this.#totals = undefined;
    this.#limit.clear();
  }
}
