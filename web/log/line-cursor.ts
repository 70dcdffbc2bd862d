import { isFolded, type ShownLine, shownText } from "../../protocol/wire/shown-line.ts";
import { grouped } from "../base/grouped.ts";
import type { RowMap } from "./folds/row-map.ts";
import type { OutputLog } from "./output-log.ts";
import { type LineRange, ordered } from "./selection.ts";
import type { Viewport } from "./viewport.ts";

/** Characters of a line that a screen reader reads at once. */
const READ_CHARS_MAX = 200;

/** The parts of a log that keys select in. */
export interface KeySelectable {
  scroller: HTMLElement;
  log: OutputLog;
  viewport: Viewport;
  folding: { readonly map: RowMap; readonly count: number };
  selection: {
    readonly range: LineRange | undefined;
    select: (range: LineRange, share: boolean) => void;
  };
}

/** The end of a selection that stays, by its line's number, and the line at the end that moves. */
interface Ends {
  anchor: number;
  head: Pick<ShownLine, "number" | "place">;
}

/** Selects lines by keys: one end of the selection stays, and the other moves over the lines that are shown. */
export class LineCursor {
  readonly #of: KeySelectable;
  #ends: Ends | undefined;
  /** The end has moved since its row was last brought into view. */
  #moved = false;
  #is_showing = false;

  constructor(of: KeySelectable) {
    this.#of = of;
  }

  /** Whether keys made the selection. A click, an address or Escape makes another, or none. */
  get is_on(): boolean {
    const { range } = this.#of.selection;
    if (!this.#ends || !range) return false;
    const { from, to } = ordered(this.#ends.anchor, this.#ends.head.number);
    return range.from === from && range.to === to;
  }

  /** The selection for a screen reader. */
  get announcement(): string {
    const { log, selection } = this.#of;
    if (!this.#ends || !selection.range) return this.#ends ? "selection cleared" : "";
    if (!this.is_on) return "";
    const { from, to } = selection.range;
    if (from !== to) return `lines ${grouped(from)} to ${grouped(to)} selected`;
    const place = log.knownPlace(from);
    const line = place === undefined ? undefined : log.line(log.rowOf(place));
    return `line ${grouped(from)}: ${line ? shownText(line).slice(0, READ_CHARS_MAX) : ""}`;
  }

  /** Moves by so many lines. `extends`: the lines between are selected too. Begins at the edge of the screen. */
  move(by: number, is_extended: boolean): void {
    const { selection, viewport, folding } = this.#of;
    const begun = this.is_on ? this.#ends : this.#begun(by);
    const { top, page, follows } = viewport;
    const edge = by > 0 ? top : follows ? folding.count - 1 : Math.min(folding.count, top + page) - 1;
    const line = begun ? this.#stepped(begun.head.place, by) : this.#shownFrom(edge, Math.sign(by));
    if (!line) return;
    const anchor = begun && is_extended ? begun.anchor : line.number;
    this.#ends = { anchor, head: { number: line.number, place: line.place } };
    selection.select(ordered(anchor, line.number), false);
    this.#reveal(line.place);
  }

  /** A selection by other means is extended at the end that the key points to. */
  #begun(by: number): Ends | undefined {
    const { log, selection } = this.#of;
    const { range } = selection;
    if (!range) return undefined;
    const [anchor, number] = by > 0 ? [range.from, range.to] : [range.to, range.from];
    const place = log.knownPlace(number);
    return place === undefined ? undefined : { anchor, head: { number, place } };
  }

  /** The line so many shown lines away, or the last one before an end. */
  #stepped(place: number, by: number): ShownLine | undefined {
    const { log, folding } = this.#of;
    const step = Math.sign(by);
    let found: ShownLine | undefined;
    for (let shown = folding.map.shown(log.rowOf(place)), left = Math.abs(by); left > 0; left--) {
      const next = this.#shownFrom(shown + step, step);
      if (!next) break;
      found = next;
      shown = folding.map.shown(log.rowOf(next.place));
    }
    return found;
  }

  /** The first line from a row on that has a height; undefined at an end, and where lines have not been read yet. */
  #shownFrom(shown: number, step: number): ShownLine | undefined {
    const { log, folding } = this.#of;
    for (let at = shown; at >= 0 && at < folding.count; at += step) {
      const line = log.line(folding.map.row(at));
      if (!line || !isFolded(line)) return line;
    }
    return undefined;
  }

  /** Brings the moved end into view. */
  #reveal(place: number): void {
    const { log, viewport, folding } = this.#of;
    const row = folding.map.shown(log.rowOf(place));
    viewport.hold();
    if (row <= viewport.top) viewport.moveTo(row);
    else if (row >= viewport.top + viewport.page) viewport.moveTo(row - viewport.page + 1);
    void this.#showWhole();
  }

  /** Wrapped rows are higher than others. How high, is known when they are drawn, and more keys may be pressed until then. */
  async #showWhole(): Promise<void> {
    const { viewport, scroller } = this.#of;
    this.#moved = true;
    if (this.#is_showing) return;
    this.#is_showing = true;
    while (this.#moved) {
      this.#moved = false;
      await drawn();
      if (!this.#ends || !this.is_on) continue;
      const is_last = this.#ends.head.number >= this.#ends.anchor;
      const row = [...scroller.querySelectorAll(".selected")].at(is_last ? -1 : 0);
      if (!row) continue;
      const beyond_px = row.getBoundingClientRect().bottom - scroller.getBoundingClientRect().bottom;
      if (beyond_px <= 0) continue;
      viewport.moveBy(beyond_px);
      await drawn();
    }
    this.#is_showing = false;
  }
}

/** Resolves when the rows are drawn as they are now. */
function drawn(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}
