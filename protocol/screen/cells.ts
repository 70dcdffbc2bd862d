import type { Style } from "./style.ts";
import { widthOf } from "./widths.ts";

/** The cells of a row, with a style each. */
export interface Cells {
  characters: string[];
  styles: Style[];
}

/** A cell that nothing has drawn since it was erased. */
export const BLANK = "\0";

/** The second column of a wide character. */
export const SECOND_HALF = "";

/** A blank cell at which a tab began. */
export const TAB = "\t";

const TAB_COLUMNS = 8;

/** The text of cells. Blank ones at the end are left out, and a tab is a tab where nothing was drawn into its columns. */
export function textOf(characters: readonly string[]): string {
  const end = characters.findLastIndex((it) => it !== BLANK) + 1;
  let text = "";
  for (let column = 0; column < end; column++) {
    const character = characters[column] ?? BLANK;
    const stop = character === TAB ? tabEnd(characters, column) : 0;
    if (stop > 0) {
      text += TAB;
      column = stop - 1;
    } else text += character === BLANK || character === TAB ? " " : character;
  }
  return text;
}

/** Whether cells show nothing that takes a column. */
export function areBlank(characters: readonly string[]): boolean {
  const last = characters.findLastIndex((it) => it !== BLANK && it !== TAB && it !== SECOND_HALF);
  return last === -1 || (last === 0 && widthOf(characters[0]?.codePointAt(0) ?? 0) === 0);
}

/** The column behind a tab of which all columns are still blank; 0 if something was drawn into them. */
export function tabEnd(characters: readonly string[], column: number): number {
  const stop = column - (column % TAB_COLUMNS) + TAB_COLUMNS;
  for (let at = column + 1; at < stop; at++) if (characters[at] !== BLANK) return 0;
  return stop;
}
