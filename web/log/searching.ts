import type { ShownLine } from "../../protocol/wire/shown-line.ts";
import type { Session } from "../server/session.ts";
import type { Folding } from "./folding.ts";
import { markSkip, matchingRows } from "./only-matching.ts";
import type { OutputLog } from "./output-log.ts";
import { OutputSearch, type SearchQuery } from "./search.ts";
import type { LineRange } from "./selection.ts";
import { type Mark, wayToMark } from "./shown-match.ts";
import type { Viewport } from "./viewport.ts";

/** The parts of a log's control that a search works on. */
export interface Searchable {
  readonly log: OutputLog;
  readonly viewport: Viewport;
  readonly folding: Folding;
  readonly selection: { select: (range: LineRange | undefined, share: boolean) => void };
  redraw: () => void;
}

/** The search of a log: its matches, the one that the reader has stepped to, and whether only matching lines are shown. */
export class Searching {
  readonly #of: Searchable;
  readonly #scroller: HTMLElement;
  search: OutputSearch | undefined;
  /** The match that the reader has stepped to, counted from 0; -1 at first. */
  current = -1;
  /** A step that waits for the first match. */
  #awaited = 0;
  /** The current match is not in view yet. */
  #goes_to_mark = false;
  /** Only matching lines are shown, with this many around each. */
  #around: number | undefined;
  #leave: () => void = () => undefined;

  constructor(of: Searchable, scroller: HTMLElement) {
    this.#of = of;
    this.#scroller = scroller;
    scroller.addEventListener("click", (event) => this.#clicked(event));
  }

  /** Searches for something else. Until its first answer, only matching lines are those of the search before. */
  start(session: Session, id: string, query: SearchQuery, changed: () => void): void {
    this.search?.close();
    this.current = -1;
    const search = new OutputSearch(session, id, query, () => {
      this.#narrow();
      this.#of.redraw();
      if (this.#awaited !== 0) this.step(this.#awaited);
      changed();
    });
    this.search = search;
    search.grown(this.#of.log.searchable);
    this.#of.redraw();
  }

  drop(): void {
    this.search?.close();
    this.search = undefined;
    this.current = -1;
    this.#awaited = 0;
    this.#narrow();
    this.#of.redraw();
  }

  /** Steps in a search that has not begun yet, as soon as it has a match. */
  await(by: number): void {
    this.#awaited = by;
  }

  /** Shows only matching lines with so many around each, or all lines. A click on a line shows all again, at that line. */
  showOnly(around: number | undefined, leave: () => void): void {
    this.#leave = leave;
    if (around === this.#around) return;
    this.#around = around;
    this.#narrow();
    this.#of.redraw();
  }

  /** Steps to another match, and shows it. */
  step(by: number): void {
    const { search, current } = this;
    if (!search) return;
    this.#awaited = search.matches.length === 0 ? by : 0;
    if (this.#awaited !== 0) return;
    const count = search.matches.length;
    this.current = current >= 0 ? (current + by + count) % count : this.#nearest(search, by);
    const match = search.matches[this.current];
    if (!match) return;
    this.#goes_to_mark = true;
    this.#of.redraw();
    this.#of.folding.show(match.place);
  }

  /** Forward: the first match that is visible or below. Backward: the last that is visible or above. */
  #nearest({ matches }: OutputSearch, by: number): number {
    const { folding, viewport } = this.#of;
    const { top, page } = viewport;
    const rows = matches.map(({ place }) => folding.shownRow(place));
    const found =
      by > 0 ? rows.findIndex((row) => row >= top) : rows.findLastIndex((row) => row < top + page);
    return found >= 0 ? found : by > 0 ? 0 : matches.length - 1;
  }

  /** The rows have been drawn. A row may be longer than the view: then the reader moves to the mark. */
  drawn(): void {
    const way = this.#goes_to_mark ? wayToMark(this.#scroller) : undefined;
    if (!way) return;
    this.#goes_to_mark = false;
    this.#scroller.scrollLeft += way.right;
    if (way.down !== 0) this.#of.viewport.moveBy(way.down);
  }

  markOf({ place }: ShownLine): Mark | undefined {
    const match = this.search?.at(place);
    return match && { match, current: this.search?.matches[this.current] === match };
  }

  /** Marks a row behind lines that are not shown. */
  dress(element: HTMLElement, row: number): void {
    const { is_narrow, map } = this.#of.folding;
    if (!is_narrow) return;
    const shown = map.shown(row);
    element.dataset.row = String(row);
    markSkip(element, shown === 0 ? row : row - map.row(shown - 1) - 1);
  }

  #narrow(): void {
    const { folding, log } = this.#of;
    const { search } = this;
    const around = this.#around;
    if (around !== undefined && search?.is_pending) return;
    // Of a search that is refused, all lines are shown beside the reason.
    const is_narrow = around !== undefined && search !== undefined && search.error === undefined;
    const rows = is_narrow ? search.matches.map(({ place }) => log.rowOf(place)) : undefined;
    folding.showOnly(rows && matchingRows(rows, around ?? 0));
  }

  #clicked({ target }: MouseEvent): void {
    if (!this.#of.folding.is_narrow || !(target instanceof Element) || target.closest("a, button")) return;
    const row = Number(target.closest<HTMLElement>(".row")?.dataset.row ?? Number.NaN);
    const line = this.#of.log.line(row);
    if (!line || !(getSelection()?.isCollapsed ?? true)) return;
    this.showOnly(undefined, this.#leave);
    this.#of.selection.select({ from: line.number, to: line.number }, false);
    this.#of.folding.show(line.place);
    this.#leave();
  }
}
