import { BLANK, type Cells, TAB, tabEnd } from "./cells.ts";
import { PLAIN, type Style } from "./style.ts";

/** Text of one style. */
export interface Run {
  text: string;
  style: Style;
}

/** Runs as cells: each of their UTF-16 units is one. */
export function cellsOf(runs: readonly Run[]): Cells {
  const cells: Cells = { characters: [], styles: [] };
  for (const { text, style } of runs) {
    for (let at = 0; at < text.length; at++) {
      cells.characters.push(text.charAt(at));
      cells.styles.push(style);
    }
  }
  return cells;
}

/** Cuts a row's last runs: the row has `length` units, and `kept` of them stay. */
export function cutRuns(runs: Run[], length: number, kept: number): void {
  let start = length;
  while (start > kept) {
    const last = runs.at(-1);
    if (last === undefined) return;
    start -= last.text.length;
    if (start < kept) last.text = last.text.slice(0, kept - start);
    else runs.pop();
  }
}

/** Cells as runs, together their text. Blank cells at the end are left out, unless they have a background. */
export function runsOf({ characters, styles }: Cells): Run[] {
  const runs: Run[] = [];
  const end = characters.findLastIndex((it, at) => it !== BLANK || styles[at]?.bg !== undefined) + 1;
  for (let column = 0; column < end; column++) {
    const style = styles[column] ?? PLAIN;
    let text = characters[column] ?? BLANK;
    const stop = text === TAB ? tabEnd(characters, column) : 0;
    if (stop > 0) column = stop - 1;
    else if (text === BLANK || text === TAB) text = " ";
    const last = runs.at(-1);
    if (last?.style === style) last.text += text;
    else runs.push({ text, style });
  }
  return runs;
}
