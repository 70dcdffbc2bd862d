import type { Run } from "../../protocol/screen/runs.ts";
import type { ShownLine } from "../../protocol/wire/shown-line.ts";
import { clickedFold, dress, endRuns, titleRuns } from "./folds/dress.ts";
import { Folds } from "./folds/folds.ts";
import type { RowMap } from "./folds/row-map.ts";
import type { OutputLog } from "./output-log.ts";
import { buildRow, type RowLook } from "./row.ts";
import type { LineRange } from "./selection.ts";
import type { Viewport } from "./viewport.ts";

/** The parts of a log's control that folding works on. */
export interface Folded {
  readonly log: OutputLog;
  readonly viewport: Viewport;
  readonly selection: { readonly range: LineRange | undefined };
}

/** Folds the rows of a log. */
export class Folding {
  readonly folds: Folds;
  readonly #of: Folded;
  /** The fold whose button had the focus before its row was made again. */
  #focused: string | undefined;

  constructor(of: Folded, scroller: HTMLElement, changed: () => void) {
    this.#of = of;
    this.folds = new Folds(
      {
        rowOf: (place) => of.log.rowOf(place),
        looked: () => this.#looked(),
        changed: (before) => {
          const { activeElement } = document;
          if (activeElement instanceof HTMLElement) this.#focused = activeElement.dataset.fold;
          of.viewport.renumber(this.map.shown(before.row(of.viewport.top)));
          changed();
        },
        chosen: () => undefined,
      },
      null,
    );
    scroller.addEventListener("click", (event) => {
      const place = clickedFold(event);
      if (place !== undefined) this.toggle(place);
    });
  }

  get map(): RowMap {
    return this.folds.map;
  }

  /** The number of rows that are shown. */
  get count(): number {
    return this.map.count(this.#of.log.count);
  }

  /** The row of the log at the top. */
  get top(): number {
    return this.map.row(this.#of.viewport.top);
  }

  /** Where a place is shown. */
  shownRow(place: number): number {
    return this.map.shown(this.#of.log.rowOf(place));
  }

  /** Opens what hides a place, and shows it. */
  show(place: number): void {
    this.folds.reveal(place);
    this.#of.viewport.show(this.shownRow(place));
  }

  /** The rows of the log have other numbers: this is the top one. */
  moveTo(row: number): void {
    this.folds.update();
    this.#of.viewport.moveTo(this.map.shown(row));
  }

  /** Folds or opens the group or run that begins at a place. */
  toggle(place: number): void {
    this.#of.viewport.hold();
    this.folds.toggle(place);
  }

  toggleAll(): void {
    this.#of.viewport.hold();
    this.folds.toggleAll();
  }

  /** A line's row. The rows of markers show the group's name. */
  build(line: ShownLine, runs: readonly Run[] | undefined, look: RowLook): HTMLElement {
    const found = runs && this.folds.at(line.place);
    if (found) {
      const row = buildRow(line, titleRuns(runs, found.fold), look);
      const button = dress(row, found.fold, found.is_folded);
      if (button.dataset.fold === this.#focused) {
        this.#focused = undefined;
        queueMicrotask(() => button.focus({ preventScroll: true }));
      }
      return row;
    }
    const ended = runs && this.folds.endAt(line.place);
    const row = buildRow(line, ended ? endRuns(ended) : runs, look);
    if (ended) row.classList.add("fold-end");
    return row;
  }

  /** The places that the reader looks at. A reader at the end looks at what comes. */
  #looked(): number[] {
    const { selection, viewport, log } = this.#of;
    const top = viewport.follows ? undefined : log.line(this.top)?.place;
    return [selection.range?.from, top].filter((place) => place !== undefined);
  }
}
