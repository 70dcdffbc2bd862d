import { ScrollBar } from "./scroll-bar.ts";
import { Stage } from "./stage.ts";

/** The content of a viewport: rows by their index, made when they come into view. */
export interface RowSource {
  count: () => number;
  /** What tells a row from others also when its index changes. */
  key: (index: number) => number;
  /** Makes the row's element. `before` is the existing one, which may be returned if nothing has changed. */
  row: (index: number, before: HTMLElement | undefined) => HTMLElement;
  /** These rows are visible. */
  seen: (first: number, last: number) => void;
  /** The reader has reached the end, or has left it. */
  following: (follows: boolean) => void;
}

/** Rows that are made beyond the visible ones, on each side. */
const ROWS_BEYOND = 8;

/** The shortest time between two drawings of new rows: every other frame, because drawing is most of a live page's work. */
const GROWN_MS_MIN = 24;

/** How often rows are added to fill the space of folded ones. */
const FILL_TURNS_MAX = 20;

/**
 * A view of any number of rows, of which only the visible ones exist. The reader's place is a row and a part of it, not a
 * height. So only visible rows are measured, and a growing log of millions of lines costs no more than a short one.
 */
export class Viewport {
  readonly #scroller: HTMLElement;
  readonly #source: RowSource;
  readonly #stage: Stage;
  readonly #bar: ScrollBar;
  #top = { row: 0, px: 0 };
  #follows = true;
  /** Follows again only when the reader moves to the end. */
  #is_held = false;
  #scheduled = false;
  /** Whether the next drawing shows an action of the reader. */
  #is_urgent = false;
  #drawn_ms = 0;
  /** The size of the view when it was last drawn; at first, an estimate from the window. */
  #view = { width: 0, height: window.innerHeight * 0.75 };

  constructor(scroller: HTMLElement, source: RowSource) {
    this.#scroller = scroller;
    this.#source = source;
    this.#stage = new Stage(scroller, source.row, source.key);
    this.#bar = new ScrollBar(scroller, {
      by: (px) => this.#move(px),
      to: (share, at_end) => this.#goTo(share, at_end),
      settled: () => this.changed(),
    });
    scroller.addEventListener("wheel", (event) => this.#wheeled(event), { passive: false });
    new ResizeObserver(() => this.#resized()).observe(scroller);
  }

  get follows(): boolean {
    return this.#follows;
  }

  /** Rows that fit. */
  get page(): number {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#stage.row_px));
  }

  get top(): number {
    return this.#top.row;
  }

  set heights_vary(vary: boolean) {
    this.#stage.heights_vary = vary;
  }

  /** The reader has moved, or the look of the rows has changed: draws with the next frame. */
  changed(): void {
    this.#is_urgent = true;
    this.#schedule();
  }

  /** Rows have arrived: draws them with the next frame, but not with every frame if they keep arriving. */
  grown(): void {
    this.#schedule();
  }

  #resized(): void {
    const { clientWidth, clientHeight } = this.#scroller;
    if (clientWidth !== this.#view.width || clientHeight !== this.#view.height) this.changed();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const frame = () => {
      if (!this.#is_urgent && performance.now() - this.#drawn_ms < GROWN_MS_MIN)
        return void requestAnimationFrame(frame);
      this.#scheduled = false;
      this.#is_urgent = false;
      this.#drawn_ms = performance.now();
      this.#draw();
    };
    requestAnimationFrame(frame);
  }

  /** Rows have other numbers: this is the number of the top row now. */
  renumber(row: number): void {
    this.#top.row = row;
    this.changed();
  }

  /** The reader looks at what is on the screen: it stays there, also at the end. */
  hold(): void {
    if (this.#follows) this.#top.px = Math.max(0, (this.page + 1) * this.#stage.row_px - this.#view.height);
    this.#setFollows(false);
    this.#is_held = true;
  }

  /** Makes all rows again, because their look has changed. */
  reset(): void {
    this.#stage.clear();
    this.changed();
  }

  /** Makes a row visible, a third down from the top. */
  show(row: number): void {
    this.#setFollows(false);
    this.moveTo(Math.max(0, row - Math.floor(this.page / 3)));
  }

  /** Sets the row at the top. */
  moveTo(row: number): void {
    this.#top = { row, px: 0 };
    this.changed();
  }

  follow(): void {
    this.#setFollows(true);
    this.changed();
  }

  moveRows(rows: number): void {
    this.moveBy(rows * this.#stage.row_px);
  }

  moveBy(px: number): void {
    this.#bar.leave();
    this.#move(px);
  }

  toStart(): void {
    this.#setFollows(false);
    this.moveTo(0);
  }

  #setFollows(follows: boolean): void {
    if (follows === this.#follows) return;
    this.#follows = follows;
    this.#source.following(follows);
  }

  #wheeled(event: WheelEvent): void {
    if (event.ctrlKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
    event.preventDefault();
    const { row_px } = this.#stage;
    const unit = event.deltaMode === 0 ? 1 : event.deltaMode === 1 ? row_px : this.#scroller.clientHeight;
    this.#bar.leave();
    this.#move(event.deltaY * unit);
  }

  #goTo(share: number, at_end: boolean): void {
    const at = share * Math.max(0, this.#source.count() - this.page);
    this.#top = { row: Math.floor(at), px: (at % 1) * this.#stage.row_px };
    this.#setFollows(at_end);
    this.changed();
  }

  #move(px: number): void {
    this.changed();
    this.#is_held = false;
    if (px < 0) this.#setFollows(false);
    else if (this.#follows) return;
    let { row, px: part } = this.#top;
    part += px;
    while (part < 0 && row > 0) part += this.#stage.heightOf(--row);
    while (part >= this.#stage.heightOf(row) && row < this.#source.count() - 1)
      part -= this.#stage.heightOf(row++);
    this.#top = { row, px: row === 0 ? Math.max(0, part) : part };
  }

  #draw(): void {
    const count = this.#source.count();
    const { first, last } = this.#place(count, this.#fitsFrom(count));
    this.#stage.measure();
    // The heights are known now.
    const fits = this.#fitsFrom(count);
    const view_px = this.#view.height;
    const end_px = this.#stage.height - view_px;
    let shift_px = this.#stage.heightBetween(first, this.#top.row) + this.#top.px;
    const at_end = last === count && shift_px >= end_px - 1;
    if (this.#follows || at_end) {
      shift_px = Math.max(0, end_px);
      if (!this.#follows) this.#topFrom(first, shift_px);
    }
    if (at_end && !this.#is_held) this.#setFollows(true);
    this.#stage.shift(shift_px);
    this.#putBar(count, view_px);
    const seen_from = this.#follows ? Math.max(first, count - fits) : this.#top.row;
    this.#source.seen(seen_from, Math.min(count, seen_from + fits));
  }

  /** The number of rows that fit, from the reader's top row. */
  #fitsFrom(count: number): number {
    const fits = Math.ceil(this.#view.height / this.#stage.row_px);
    if (this.#follows) this.#top = { row: Math.max(0, count - fits), px: 0 };
    this.#top.row = Math.min(this.#top.row, Math.max(0, count - 1));
    return fits;
  }

  #place(count: number, fits: number): { first: number; last: number } {
    let first = Math.max(0, this.#top.row - ROWS_BEYOND);
    let last = Math.min(count, this.#top.row + fits + ROWS_BEYOND);
    this.#stage.place(first, last);
    // Read after the rows are made: otherwise the page would be laid out twice.
    const { clientWidth, clientHeight } = this.#scroller;
    this.#view = { width: clientWidth, height: clientHeight };
    // Folded rows have no height: further rows are added, a bounded number.
    for (let turns = 0; turns < FILL_TURNS_MAX && this.#stage.height < clientHeight; turns++) {
      if (this.#follows ? first === 0 : last === count && first === 0) break;
      if (!this.#follows && last < count) last = Math.min(count, last + fits);
      else first = Math.max(0, first - fits);
      this.#stage.place(first, last);
    }
    return { first, last };
  }

  #topFrom(first: number, shift_px: number): void {
    let [row, px] = [first, shift_px];
    while (px >= this.#stage.heightOf(row) && row < this.#source.count() - 1)
      px -= this.#stage.heightOf(row++);
    this.#top = { row, px };
  }

  #putBar(count: number, view_px: number): void {
    const { row_px } = this.#stage;
    const rows = Math.max(1, count - view_px / row_px);
    const share = this.#follows ? 1 : Math.min(1, (this.#top.row + this.#top.px / row_px) / rows);
    this.#bar.put(count * row_px, share);
  }
}
