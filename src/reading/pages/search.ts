import { TailraceError } from "../../../protocol/base/errors.ts";
import { STEPS_MAX } from "../../../protocol/base/limits.ts";
import { Pattern, PatternError } from "../../../protocol/base/pattern.ts";
import { SEARCH_BYTES_MAX, SEARCH_EXCERPT_CHARS_MAX } from "../../../protocol/base/reader-limits.ts";
import { Steps } from "../../../protocol/base/steps.ts";
import { shownLine } from "../../../protocol/screen/shown-line.ts";
import type { OutputType } from "../../../protocol/wire/chunk.ts";
import { countOf } from "../../../protocol/wire/counts.ts";
import { decodeChunk } from "../../../protocol/wire/line.ts";
import { type Line, LineReader } from "../../../protocol/wire/lines.ts";
import { splitLines } from "../../../protocol/wire/ndjson.ts";
import type { SearchMatch, SearchPage } from "../../../protocol/wire/search.ts";
import type { LinesPage } from "../../objects/log.ts";

/** What to search for, and where: from a place among the lines of these streams. */
export interface SearchQuery {
  query: string;
  regex: boolean;
  match_case: boolean;
  types: OutputType[];
  place: number;
  limit: number;
}

/** Finds the first match in a line. */
type Find = (text: string) => { start: number; end: number } | undefined | "too_costly";

/**
 * Searches a log forward, line by line as a terminal shows them, until it has found enough or read enough. The answer says
 * where to continue. Unfinished lines are searched once the execution has ended.
 */
export async function searchLog(
  linesPage: (place: number) => Promise<LinesPage>,
  completed: boolean,
  { place, types, limit, ...wanted }: SearchQuery,
): Promise<SearchPage> {
  const steps = new Steps(STEPS_MAX);
  const find = finder(wanted, steps);
  const matches: SearchMatch[] = [];
  let reader: LineReader | undefined;
  let read_seq = 0;
  let next = place;
  let bytes = 0;
  const look = (line: Line): boolean => {
    if (line.place < next) return true;
    const text = shownLine(line.text);
    const found = find(text);
    // The page ends when its steps are used up. If its first line alone needs more, the search is refused.
    if (found === "too_costly" && line.place > place) return false;
    if (found === "too_costly") throw new TailraceError("too_costly");
    next = line.place + 1;
    if (found) matches.push(matchOf(line, text, found));
    return matches.length < limit;
  };
  while (true) {
    const page = await linesPage(next);
    const total = countOf(page.total, types);
    const batches = page.batches.filter(({ last_seq }) => last_seq > read_seq);
    for (const { first_seq, last_seq, before, after, body } of batches) {
      if (reader === undefined || first_seq !== read_seq + 1) reader = new LineReader(before, types);
      for (const text of splitLines(body)) {
        for (const line of reader.read(decodeChunk(text))) {
          if (!look(line)) return { matches, next, total, done: false };
        }
      }
      reader.skipTo(after);
      read_seq = last_seq;
      bytes += body.length;
    }
    const at_end = batches.length === 0 || read_seq >= page.last_seq || next > total;
    for (const line of at_end && completed ? (reader?.open() ?? []) : []) {
      if (!look(line)) return { matches, next, total, done: false };
    }
    if (at_end || bytes >= SEARCH_BYTES_MAX) return { matches, next, total, done: at_end };
  }
}

function matchOf(
  { number, place, seq, output_type }: Line,
  text: string,
  { start, end }: { start: number; end: number },
): SearchMatch {
  return {
    line: number,
    place,
    seq,
    output_type,
    text: text.slice(start, Math.min(end, start + SEARCH_EXCERPT_CHARS_MAX)),
  };
}

/** Regular expressions are RE2's: the time grows linearly with the text, whatever the expression is. */
function finder(
  { query, regex, match_case }: Pick<SearchQuery, "query" | "regex" | "match_case">,
  steps: Steps,
): Find {
  if (regex) return regexFinder(query, match_case, steps);
  const wanted = match_case ? query : query.toLowerCase();
  return (text) => {
    const start = (match_case ? text : text.toLowerCase()).indexOf(wanted);
    return start === -1 ? undefined : { start, end: start + wanted.length };
  };
}

function regexFinder(query: string, match_case: boolean, steps: Steps): Find {
  try {
    const pattern = new Pattern(query, steps, { ignore_case: !match_case });
    return (text) => {
      try {
        return pattern.find(text, steps);
      } catch (error) {
        if (error instanceof TailraceError) return "too_costly";
        throw error;
      }
    };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new TailraceError("invalid", `The regular expression is not valid: ${error.message}.`);
  }
}
