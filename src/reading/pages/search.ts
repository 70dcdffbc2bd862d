import { TailraceError } from "../../../protocol/base/errors.ts";
import { STEPS_MAX } from "../../../protocol/base/limits.ts";
import {
  ROW_CHARS_MAX,
  SEARCH_AROUND_CHARS,
  SEARCH_BYTES_MAX,
  SEARCH_EXCERPT_CHARS_MAX,
} from "../../../protocol/base/reader-limits.ts";
import { Steps } from "../../../protocol/base/steps.ts";
import type { OutputType } from "../../../protocol/wire/chunk.ts";
import { countOf } from "../../../protocol/wire/counts.ts";
import { decodeChunk } from "../../../protocol/wire/line.ts";
import { splitLines } from "../../../protocol/wire/ndjson.ts";
import type { SearchMatch, SearchPage } from "../../../protocol/wire/search.ts";
import { isFolded, type ShownLine, shownText } from "../../../protocol/wire/shown-line.ts";
import type { LinesPage } from "../../objects/log.ts";
import { DrawnLines } from "./drawn-lines.ts";
import { finder, type Wanted } from "./find.ts";
import { ReadChunks } from "./read-chunks.ts";

/** What to search for, and where: from a place among the lines of these streams. */
export interface SearchQuery extends Wanted {
  types: OutputType[];
  place: number;
  /** The chunk to read from. It is before the place, because earlier text may have drawn the lines. */
  from_seq: number;
  /** The most matches to return; 0 if they are only counted. */
  limit: number;
}

/**
 * Searches a log forward, line by line as a terminal shows them, until it has found enough or read enough. The answer says
 * where to continue. Unfinished lines are searched once the execution has ended. `batchesFrom` returns whole batches that have text
 * of these streams, from the one with a chunk on.
 */
export async function searchLog(
  batchesFrom: (seq: number) => Promise<LinesPage>,
  completed: boolean,
  { place, from_seq, types, limit, ...wanted }: SearchQuery,
): Promise<SearchPage> {
  const steps = new Steps(STEPS_MAX);
  const find = finder(wanted, steps);
  const lines = new DrawnLines(types);
  const read = new ReadChunks();
  const matches: SearchMatch[] = [];
  let count = 0;
  let next = place;
  let total = 0;
  const answer = (done: boolean, seq: number, unread: ShownLine[] = []): SearchPage => {
    const from = read.leadOf(Math.min(seq, ...[...unread, ...lines.waiting].map((line) => line.seq)));
    return { matches, count, next, from_seq: from, total, done };
  };
  /** Returns the remaining lines if the search ends before them. */
  const look = (told: ShownLine[]): ShownLine[] | undefined => {
    for (const [at, line] of told.entries()) {
      if (line.place < next) continue;
      const text = isFolded(line) ? undefined : shownText(line);
      const found = text === undefined ? undefined : find(text);
      // The page ends when its steps are used up. If its first line alone needs more, the search is refused.
      if (found === "too_costly" && line.place > place) return told.slice(at);
      if (found === "too_costly") throw new TailraceError("too_costly");
      next = line.place + 1;
      if (text === undefined || !found) continue;
      count++;
      if (limit > 0 && matches.push(matchOf(line, text, found)) === limit) return told.slice(at + 1);
    }
    return undefined;
  };
  for (let seq = from_seq; ; ) {
    const { batches, last_seq, total: counts } = await batchesFrom(seq);
    total = countOf(counts, types);
    for (const batch of batches) {
      lines.begin(batch);
      for (const text of splitLines(batch.body)) {
        const chunk = decodeChunk(text);
        read.add(chunk.seq, text.length);
        const unread = look(lines.read(chunk));
        if (unread) return answer(false, chunk.seq, unread);
      }
      seq = batch.last_seq + 1;
    }
    const at_end = batches.length === 0 || seq > last_seq;
    const is_enough = read.chars >= SEARCH_BYTES_MAX;
    if (at_end || (is_enough && next === place)) {
      const unread = look(at_end && completed ? [...lines.rest(), ...lines.open()] : lines.rest());
      if (unread) return answer(false, seq, unread);
    }
    if (at_end || is_enough) return answer(at_end, seq);
  }
}

function matchOf(
  { number, place, seq, output_type }: ShownLine,
  text: string,
  { start, end }: { start: number; end: number },
): SearchMatch {
  const shown_end = Math.min(end, start + SEARCH_EXCERPT_CHARS_MAX);
  const match = { line: number, place, seq, output_type, start, text: text.slice(start, shown_end) };
  if (shown_end <= ROW_CHARS_MAX) return match;
  const before = text.slice(Math.max(0, start - SEARCH_AROUND_CHARS), start);
  return { ...match, before, after: text.slice(shown_end, shown_end + SEARCH_AROUND_CHARS) };
}
