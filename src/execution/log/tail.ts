import { type Chunk, chunkText, type OutputType } from "../../../protocol/wire/chunk.ts";
import { countOf } from "../../../protocol/wire/counts.ts";
import { decodeChunk } from "../../../protocol/wire/line.ts";
import { lineCount } from "../../../protocol/wire/lines.ts";
import { splitLines } from "../../../protocol/wire/ndjson.ts";
import type { TailQuery, TailStart, Totals } from "../../objects/log.ts";
import { firstReached, seqOfPlace, totalsAt } from "./totals.ts";

/**
 * Finds the beginning of the last lines: it follows the end of the line before them. Lines are counted as the viewer numbers them.
 * The totals lead to the row of that end, so at most two rows are read. Text after the last line end counts as a line.
 */
export function findTail(sql: SqlStorage, totals: Totals, { types, lines }: TailQuery): TailStart {
  if (lines === 0) return { after: totals.last_seq };
  const count = countOf(totals.lines, types) + (endsOpen(sql, totals, types) ? 1 : 0);
  const place = count - lines;
  if (place <= 0) return { after: 0 };
  const first_seq = seqOfPlace(sql, totals, types, place);
  const before = countOf(totalsAt(sql, first_seq - 1).lines, types);
  const after = countOf(totalsAt(sql, first_seq).lines, types);
  const row = rowAt(sql, first_seq);
  return startIn(row, types, { ends: place - before, ends_in_row: after - before });
}

/** A row of the log. */
export interface TailRow {
  first_seq: number;
  last_seq: number;
  body: string;
}

/** The beginning of the text that follows a number of line ends in a row. */
export function startIn(
  { first_seq, last_seq, body }: TailRow,
  types: readonly OutputType[],
  { ends, ends_in_row }: { ends: number; ends_in_row: number },
): TailStart {
  const lines = splitLines(body);
  let ends_left = ends;
  for (const line of lines) {
    const chunk = decodeChunk(line);
    // A row of one gap may stand for many lines that the limit has cut out. It is included if one of them is wanted.
    if (chunk.gap && lines.length === 1) return { after: ends < ends_in_row ? first_seq - 1 : last_seq };
    const count = types.includes(chunk.output_type) ? lineCount(chunk) : 0;
    if (count < ends_left) {
      ends_left -= count;
      continue;
    }
    if (count === ends_left && !isOpen(chunk)) return { after: chunk.seq };
    return { after: chunk.seq - 1, from: { seq: chunk.seq, ends: ends_left } };
  }
  throw new Error(`the row of ${first_seq} has fewer lines than its totals`);
}

/** Whether the last line of these streams has not ended. */
function endsOpen(sql: SqlStorage, totals: Totals, types: readonly OutputType[]): boolean {
  const written = writtenBy(totals, types);
  if (written === 0) return false;
  const range = { from_seq: 1, to_seq: totals.last_seq };
  const row = rowAt(
    sql,
    firstReached(sql, range, (at) => writtenBy(at, types) >= written),
  );
  for (const line of splitLines(row.body).reverse()) {
    const chunk = decodeChunk(line);
    const is_empty = chunk.data === "" && chunk.gap === undefined;
    if (types.includes(chunk.output_type) && !is_empty) return isOpen(chunk);
  }
  // The limit has cut out the last line.
  return false;
}

/** A number that grows with each chunk of these streams that is not empty: a gap has no bytes, but counts as a line. */
function writtenBy({ bytes, lines }: Totals, types: readonly OutputType[]): number {
  return countOf(bytes, types) + countOf(lines, types);
}

function isOpen(chunk: Chunk): boolean {
  return !chunk.gap && !chunkText(chunk).endsWith("\n");
}

/** The row that holds a sequence number. */
function rowAt(sql: SqlStorage, seq: number): TailRow {
  const query =
    "SELECT first_seq, last_seq, body FROM batch WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1";
  return sql.exec<TailRow & Record<string, SqlStorageValue>>(query, seq).one();
}
