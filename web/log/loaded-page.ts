import { LEAD_LINES_MAX } from "../../protocol/base/reader-limits.ts";
import { type Chunk, OUTPUT_TYPES, type OutputType } from "../../protocol/wire/chunk.ts";
import { countOf, type LineCounts, noLines } from "../../protocol/wire/counts.ts";
import type { PassedEvent } from "../../protocol/wire/lines.ts";
import { splitLines } from "../../protocol/wire/ndjson.ts";
import type { ShownLine } from "../../protocol/wire/shown-line.ts";
import type { Hole } from "./hole.ts";
import { PageReader } from "./page-reader.ts";

/** A page of the log: its lines, the state of the log, and how to continue from the page's end. */
export interface LoadedPage {
  lines: ShownLine[];
  hole: Hole | undefined;
  total: LineCounts;
  last_seq: number;
  /** The last batch's end, and the reader that has read to there. */
  read_seq: number;
  reader: PageReader;
}

interface BatchHead {
  event: "batch";
  first_seq: number;
  last_seq: number;
  before: LineCounts;
  after: LineCounts;
}

/** Reads the answer of `/output/lines`: the lines from a place on, or the last ones. */
export function readPage(text: string, types: readonly OutputType[], place?: number): LoadedPage {
  const [first = "", ...rest] = splitLines(text);
  const { total, last_seq }: { total: LineCounts; last_seq: number } = JSON.parse(first);
  const page: LoadedPage = {
    lines: [],
    hole: undefined,
    total,
    last_seq,
    read_seq: 0,
    reader: new PageReader(noLines(), types),
  };
  let head: BatchHead | undefined;
  let begins_log = false;
  const close = () => {
    if (!head) return;
    const [from, to] = [page.reader.places, countOf(head.after, types)];
    if (to > from && types.length === OUTPUT_TYPES.length) page.hole = { from, size: to - from };
    page.reader.skipTo(head.after);
    page.read_seq = head.last_seq;
  };
  for (const line of rest) {
    const record: Chunk | BatchHead | PassedEvent = JSON.parse(line);
    if (!("event" in record)) page.lines.push(...page.reader.read(record));
    else if (record.event === "passed") {
      page.reader.pass(record);
      // Of all streams, only a page of the last lines lacks chunks: those at its beginning.
      if (types.length === OUTPUT_TYPES.length) begins_log = false;
    } else {
      close();
      // Batches that are left out have nothing of these streams, so their screens continue.
      if (head) page.reader.skipTo(record.before);
      else {
        page.reader = new PageReader(record.before, types);
        begins_log = record.first_seq === 1;
      }
      head = record;
    }
  }
  close();
  if (!begins_log) markEarly(page.lines, place);
  if (page.read_seq < last_seq) markLate(page.lines, place);
  return page;
}

/** Earlier output may have drawn on the lines before the requested ones: the page has too little of it. */
function markEarly(lines: readonly ShownLine[], place: number | undefined): void {
  const [first] = lines;
  const asked = place ?? (first?.place ?? 0) + LEAD_LINES_MAX;
  for (const line of lines) {
    // Live output draws on the last lines, so these stay as they are.
    if (line.place < asked && (place !== undefined || line.rows === undefined)) line.is_provisional = true;
    else if (first && line.place === place) line.drawn_from = first.number;
  }
}

/** Later output may draw on the lines at a page's end. Half of the page stays, so that the next page begins behind it. */
function markLate(lines: readonly ShownLine[], place = 0): void {
  const asked = lines.findIndex((line) => line.place >= place);
  const kept = asked + Math.ceil((lines.length - asked) / 2);
  for (const line of lines.slice(kept)) if (line.rows !== undefined) line.is_provisional = true;
}
