import type { EndedAnswers, EndedKind, EndedQueries, Versioned } from "../../objects/ended.ts";
import { endEvent } from "../log/events.ts";
import { isFinal } from "../state/final.ts";
import type { Stored } from "./stored.ts";

/**
 * Answers a question about an ended output, together with the version of the row of which the answer is true; undefined if the
 * output may still change. Nothing is awaited between the two.
 */
export function readEnded<Kind extends EndedKind>(
  stored: Stored,
  kind: Kind,
  query: EndedQueries[Kind],
): Versioned<EndedAnswers[Kind]> | undefined {
  const { state } = stored.record;
  if (!state || !isFinal(state)) return undefined;
  return { version: state.version, answer: READS[kind](stored, query) };
}

const READS: { [Kind in EndedKind]: (stored: Stored, query: EndedQueries[Kind]) => EndedAnswers[Kind] } = {
  page: ({ record, log, totals }, { after }) => {
    const page = log.alignedPageAfter(after);
    return page.last_seq < totals.last_seq ? page : { ...page, end: endEvent(record.existing, totals) };
  },
  tail: ({ log }, query) => log.lastLines(query),
  lines: ({ log }, query) => log.linesPage(query),
};
