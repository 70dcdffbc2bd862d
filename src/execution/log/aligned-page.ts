import { ENDED_PAGE_BYTES_MAX, ENDED_PAGE_BYTES_MIN } from "../../../protocol/base/reader-limits.ts";
import { dropLines } from "../../../protocol/wire/line.ts";
import type { EndedPage } from "../../objects/ended.ts";
import type { Totals } from "../../objects/log.ts";
import { sizeOf } from "./limit.ts";
import { firstReached, totalsAt } from "./totals.ts";

/**
 * The lines after a sequence number up to the next boundary of the log. Boundaries do not depend on where a reader begins, so
 * that readers who begin at different places share all pages but their first.
 */
export function readAlignedPage(sql: SqlStorage, totals: Totals, seq: number): EndedPage {
  if (seq >= totals.last_seq) return { lines: "", last_seq: totals.last_seq };
  const [start] = sql
    .exec<{ first_seq: number }>(
      "SELECT max(first_seq) AS first_seq FROM batch WHERE first_seq <= ?",
      seq + 1,
    )
    .toArray();
  const first_seq = start?.first_seq ?? 1;
  const boundary = boundaryAfter(sizeOf(totalsAt(sql, first_seq - 1)));
  const range = { from_seq: first_seq, to_seq: totals.last_seq };
  const end_seq = firstReached(sql, range, (at) => sizeOf(at) >= boundary);
  const page: EndedPage = { lines: "", last_seq: seq };
  const rows = sql.exec<{ last_seq: number; body: string }>(
    "SELECT last_seq, body FROM batch WHERE first_seq BETWEEN ? AND ? ORDER BY first_seq",
    first_seq,
    end_seq,
  );
  for (const { last_seq, body } of rows) {
    page.lines += page.lines === "" && first_seq <= seq ? dropLines(body, seq) : body;
    page.last_seq = last_seq;
  }
  return page;
}

/** The first boundary above a size of the log. A reader waits for the first page, so the first boundaries are close together. */
export function boundaryAfter(size: number): number {
  let boundary = ENDED_PAGE_BYTES_MIN;
  while (boundary <= size && boundary < ENDED_PAGE_BYTES_MAX) boundary *= 4;
  if (boundary > size) return boundary;
  return (Math.floor(size / ENDED_PAGE_BYTES_MAX) + 1) * ENDED_PAGE_BYTES_MAX;
}
