import { ROW_CHARS_MAX } from "../../protocol/base/reader-limits.ts";
import type { SearchMatch } from "../../protocol/wire/search.ts";

/** A match in a row, and whether it is the one that the reader has stepped to. */
export interface Mark {
  match: SearchMatch;
  current: boolean;
}

/**
 * Where a row's text is cut, and where its mark begins: -1 if the text has changed since the search. A match beyond the row's first
 * characters is shown behind them, with the text around it.
 */
export function placeOf({ match }: Mark, text: string): { cut: number; at: number; is_beyond: boolean } {
  const { start, text: found, before } = match;
  if (before !== undefined)
    return { cut: Math.min(ROW_CHARS_MAX, start - before.length), at: -1, is_beyond: true };
  const at = text.startsWith(found, start) ? start : text.indexOf(found);
  return { cut: ROW_CHARS_MAX, at, is_beyond: false };
}

/** The element of a mark. */
export function markOf({ current }: Mark): HTMLElement {
  const marked = document.createElement("mark");
  if (current) marked.className = "current";
  return marked;
}

/** How far the reader has to move for the current mark: pixels sideways, and down. Undefined if no row has it yet. */
export function wayToMark(scroller: HTMLElement): { right: number; down: number } | undefined {
  const mark = scroller.querySelector("mark.current");
  if (!mark) return undefined;
  const seen = scroller.getBoundingClientRect();
  const { left, right, top, bottom } = mark.getBoundingClientRect();
  const is_beside = left < seen.left || right > seen.left + scroller.clientWidth;
  const is_below = top < seen.top || bottom > seen.top + scroller.clientHeight;
  return {
    right: is_beside ? left - seen.left - scroller.clientWidth / 3 : 0,
    down: is_below ? top - seen.top - scroller.clientHeight / 3 : 0,
  };
}
