import type { Run } from "../../protocol/screen/runs.ts";
import type { ShownLine } from "../../protocol/wire/shown-line.ts";
import { fromAddress, putInAddress } from "../base/address.ts";
import type { Session } from "../server/session.ts";
import type { ErrorLines } from "./error-lines.ts";
import { firstPaint } from "./first-paint.ts";
import { clickedFold, dress, dressText, endRuns, titleRuns } from "./folds/dress.ts";
import { EarlierMarks } from "./folds/earlier-marks.ts";
import { Failing } from "./folds/failing.ts";
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

/** Where the log comes from, and what is told of its folding. */
export interface FoldingOf {
  session: Session;
  id: string;
  errors: ErrorLines;
  /** Whether the address has what is folded. */
  linked: boolean;
  changed: () => void;
}

/** The most lines of a failed output of which all errors are searched, to open their groups. */
const SEARCHED_LINES_MAX = 200_000;

/** Folds the rows of a log. */
export class Folding {
  readonly folds: Folds;
  readonly #log: Folded;
  readonly #of: FoldingOf;
  #only: RowMap | undefined;
  /** The row at the top before only some rows were shown. */
  #top = 0;
  /** The fold whose button had the focus before its row was made again. */
  #focused: string | undefined;
  #has_failed = false;
  #searched = false;

  constructor(log: Folded, scroller: HTMLElement, of: FoldingOf) {
    this.#log = log;
    this.#of = of;
    this.folds = new Folds(
      {
        earlier: (types, place) => new EarlierMarks(of.session, of.id, types, place),
        ready: firstPaint,
        rowOf: (place) => log.log.rowOf(place),
        looked: () => this.#looked(),
        changed: (before) => this.#changed(before),
        chosen: (text) => {
          if (of.linked) putInAddress({ fold: text });
        },
      },
      of.linked ? fromAddress("fold") : null,
    );
    scroller.addEventListener("click", (event) => {
      const place = clickedFold(event);
      if (place !== undefined) this.toggle(place);
    });
  }

  /** The rows that are shown. */
  get map(): RowMap {
    return this.#only ?? this.folds.map;
  }

  /** Whether only some rows are shown, however they are folded. */
  get is_narrow(): boolean {
    return this.#only !== undefined;
  }

  /** Shows only some rows, however they are folded; all again without any. */
  showOnly(only: RowMap | undefined): void {
    if (only === this.#only) return;
    // Where nothing is shown, the reader stays at the place before.
    if (this.count > 0) this.#top = this.top;
    this.#only = only;
    const { viewport } = this.#log;
    // All of a few rows are in view: that does not lead the reader to the end.
    if (!viewport.follows) viewport.hold();
    viewport.renumber(this.#shown(this.#top));
  }

  /** The number of rows that are shown. */
  get count(): number {
    return this.map.count(this.#log.log.count);
  }

  /** The row of the log at the top. */
  get top(): number {
    return this.map.row(this.#log.viewport.top);
  }

  /** Where a place is shown. */
  shownRow(place: number): number {
    return this.#shown(this.#log.log.rowOf(place));
  }

  /** Where a row of the log is shown. A hidden row before all shown ones is at the first of them. */
  #shown(row: number): number {
    return Math.max(0, this.map.shown(row));
  }

  /** These shown rows are visible. */
  seen(first: number, last: number): void {
    this.#log.log.look(first, last, this.map);
    this.folds.reached(this.map.row(first));
  }

  /** Opens what hides a place, and shows it. */
  show(place: number): void {
    if (!this.#only) this.folds.reveal(place);
    this.#log.viewport.show(this.shownRow(place));
  }

  /** The rows of the log have other numbers: this is the top one. */
  moveTo(row: number): void {
    this.folds.update();
    this.#log.viewport.moveTo(this.#shown(row));
  }

  /** Folds or opens the group or run that begins at a place. */
  toggle(place: number): void {
    this.#log.viewport.hold();
    this.folds.toggle(place);
  }

  toggleAll(): void {
    this.#log.viewport.hold();
    this.folds.toggleAll();
  }

  /** Folds or opens what the selected line, or the first visible one, is in; else the next group or run. */
  toggleNear(): void {
    const place = this.folds.near(this.#selected ?? this.#log.log.line(this.top)?.place ?? 1);
    if (place !== undefined) this.toggle(place);
  }

  /** The state of the log's connection may have changed: where an execution has failed, its groups are open. */
  look(): void {
    const { connection } = this.#log.log;
    if (this.#has_failed || connection.kind !== "ended" || connection.end.status === "succeeded") return;
    this.#has_failed = true;
    this.folds.fail(new Failing([]));
    void this.#searchErrors();
  }

  async #searchErrors(): Promise<void> {
    if (this.#searched || !this.#has_failed || !this.folds.any) return;
    if (this.#log.log.count > SEARCHED_LINES_MAX) return;
    this.#searched = true;
    try {
      const { errors } = await this.#of.errors.read("next", this.#log.log.types);
      this.folds.fail(new Failing(errors));
    } catch {
      // The groups stay folded. The keys for errors say why a search fails.
    }
  }

  #changed(before: RowMap): void {
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement) this.#focused = activeElement.dataset.fold;
    const { viewport } = this.#log;
    if (!this.#only) viewport.renumber(this.#shown(before.row(viewport.top)));
    void this.#searchErrors();
    this.#of.changed();
  }

  /** How a line's row is dressed as the head or the end of a group: the same text stands for the same look. */
  dressOf({ place }: ShownLine): string | undefined {
    if (this.#only) return undefined;
    const found = this.folds.at(place);
    const ended = found ? undefined : this.folds.endAt(place);
    return found ? dressText(found.fold, found.is_folded) : ended && `└ ${ended.name}`;
  }

  /** A line's row. The rows of markers show the group's name; where nothing folds, they are as they were printed. */
  build(line: ShownLine, runs: readonly Run[] | undefined, look: RowLook): HTMLElement {
    if (this.#only) return buildRow(line, runs, look);
    const found = runs && this.folds.at(line.place);
    if (found) {
      const row = buildRow(line, titleRuns(runs, found.fold), look);
      const button = dress(row, found.fold, found.is_folded);
      if (button.dataset.fold === this.#focused && isFree(this.#focused)) {
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
    const { viewport, log } = this.#log;
    const top = viewport.follows ? undefined : log.line(this.top)?.place;
    return [this.#selected, top].filter((place) => place !== undefined);
  }

  /** The place of the first selected line, if it has been read. */
  get #selected(): number | undefined {
    const { selection, log } = this.#log;
    return selection.range && log.knownPlace(selection.range.from);
  }
}

/** Whether the focus is still at the button of a fold, or was lost with it. */
function isFree(focused: string | undefined): boolean {
  const { activeElement, body } = document;
  return (
    activeElement === body || (activeElement instanceof HTMLElement && activeElement.dataset.fold === focused)
  );
}
