import type { Row } from "../screen/row.ts";
import type { Run } from "../screen/runs.ts";
import { shownLine } from "../screen/shown-line.ts";
import { PLAIN } from "../screen/style.ts";
import type { Line } from "./lines.ts";

/** A line as the page shows it: later output may draw over it, or remove it. */
export interface ShownLine extends Line {
  /** The rows that its line feed was the first to end, as long as output can draw on them. */
  rows?: readonly Row[] | undefined;
  /** What they showed at last, if it is not the line's text. */
  runs?: readonly Run[] | undefined;
  /** Its text was drawn into the rows of other lines, or was removed, so it has no height. */
  folded?: boolean;
  /** Output that was not read may have drawn on it: a page around it shows it as it is. */
  is_provisional?: boolean;
  /** The number of the first line of its page, if the log begins earlier: what was set before that is not known. */
  drawn_from?: number;
}

/** Whether a line has no row of its own now. */
export function isFolded({ rows, folded = false }: ShownLine): boolean {
  return rows ? rows.every(({ is_removed }) => is_removed) : folded;
}

/** A line's text and styles as they are shown now. */
export function shownRuns({ rows, runs, text }: ShownLine): readonly Run[] {
  if (rows) return runsOfRows(rows);
  return runs ?? [{ text: shownLine(text), style: PLAIN }];
}

/** A line's text as it is shown now. */
export function shownText(line: ShownLine): string {
  return textOf(shownRuns(line));
}

export function textOf(runs: readonly Run[]): string {
  return runs.map(({ text }) => text).join("");
}

/** Whether two lists of runs look the same. */
export function isSameLook(one: readonly Run[], other: readonly Run[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ text, style }, at) => text === other[at]?.text && style === other[at].style)
  );
}

/** Keeps what a line shows now, and gives up its rows, which take more memory. */
export function settle(line: ShownLine): void {
  const row = line.rows?.length === 1 ? line.rows[0] : undefined;
  if (row && !row.is_removed && row.isJust(line.text)) {
    line.rows = undefined;
    return;
  }
  line.folded = isFolded(line);
  const runs = shownRuns(line);
  const [first] = runs;
  const is_plain = runs.length <= 1 && (first?.style ?? PLAIN) === PLAIN && (first?.text ?? "") === line.text;
  line.runs = is_plain ? undefined : runs;
  line.rows = undefined;
}

/** The rows of one line, without blank ones at its end. A row that did not fit continues in the next. */
function runsOfRows(rows: readonly Row[]): Run[] {
  const [only] = rows;
  if (rows.length === 1 && only) return only.runs;
  const last = rows.findLastIndex(({ is_removed, isBlank }) => !is_removed && !isBlank);
  const shown = rows.slice(0, last + 1).filter(({ is_removed }) => !is_removed);
  return shown.flatMap((row, at) =>
    row.is_continued || at === shown.length - 1 ? row.runs : [...row.runs, { text: "\n", style: PLAIN }],
  );
}
