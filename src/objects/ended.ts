import type { EndEvent } from "../../protocol/wire/record.ts";
import type { LinesPage, LinesQuery, TailQuery, TailStart } from "./log.ts";

/** Lines of an ended output up to a boundary. The last page has the record that ends every reader. */
export interface EndedPage {
  lines: string;
  last_seq: number;
  end?: EndEvent | undefined;
}

/** The questions about an ended output whose answers stay the same until it expires. */
export interface EndedQueries {
  /** The page that begins after a sequence number. */
  page: { after: number };
  tail: TailQuery;
  lines: LinesQuery;
}

/** The answers to these questions. */
export interface EndedAnswers {
  page: EndedPage;
  tail: TailStart;
  lines: LinesPage;
}

export type EndedKind = keyof EndedQueries;

/** An answer, and the version of the row of which it is true. */
export interface Versioned<Answer> {
  version: number;
  answer: Answer;
}
