/** What a viewport shows: rows by their index, made as they come into sight. */
export interface RowSource {
  count: () => number;
  /** The row's element. The one that was made before comes along: it may be kept where nothing has changed. */
  row: (index: number, before: HTMLElement | undefined) => HTMLElement;
  /** These rows are in sight. */
  seen: (first: number, last: number) => void;
  /** The reader has come to the end, or has left it. */
  following: (follows: boolean) => void;
}

/** Browsers refuse elements of more than some tens of millions of pixels; beyond this, the scroll bar is a scale. */
const SPACER_PX_MAX = 8_000_000;

/** Rows made beyond those in sight, on each side. */
const ROWS_BEYOND = 8;

/**
 * Rows of any number, of which only those in sight exist. The place of the reader is a row and a part of it, not a height:
 * so nothing is measured but what is in sight, and a log of millions of lines that grows costs no more than a short one.
 */
export class Viewport {
  readonly #scroller: HTMLElement;
  readonly #spacer: HTMLElement;
  readonly #stage: HTMLElement;
  readonly #source: RowSource;
  #rows = new Map<number, HTMLElement>();
  #top = { row: 0, px: 0 };
  #follows = true;
  #scheduled = false;
  #row_px = 20;
  #scroll_px = 0;
  /** The first row that is made. */
  #first = 0;
  /** Whether rows may be of different heights. */
  heights_vary = false;
  #settle = 0;

  constructor(scroller: HTMLElement, source: RowSource) {
    this.#scroller = scroller;
    this.#source = source;
    this.#stage = document.createElement("div");
    this.#stage.className = "stage";
    this.#spacer = document.createElement("div");
    this.#spacer.className = "spacer";
    const clip = document.createElement("div");
    clip.className = "clip";
    clip.append(this.#stage);
    scroller.append(clip, this.#spacer);
    scroller.addEventListener("scroll", () => this.#scrolled());
    scroller.addEventListener("wheel", (event) => this.#wheeled(event), { passive: false });
    new ResizeObserver(() => this.changed()).observe(scroller);
  }

  get follows(): boolean {
    return this.#follows;
  }

  /** Rows that fit. */
  get page(): number {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#row_px));
  }

  get top(): number {
    return this.#top.row;
  }

  /** Something has changed: draws it with the next frame. */
  changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  /** Forgets what was made, as rows look otherwise now. */
  reset(): void {
    for (const element of this.#rows.values()) element.remove();
    this.#rows = new Map();
    this.changed();
  }

  /** Brings a row into sight, a third down from the top. */
  show(row: number): void {
    this.#setFollows(false);
    this.#top = { row: Math.max(0, row - Math.floor(this.page / 3)), px: 0 };
    this.changed();
  }

  /** The row at the top is another one now; nothing else has changed. */
  moveTo(row: number): void {
    this.#top = { row, px: 0 };
    this.changed();
  }

  follow(): void {
    this.#setFollows(true);
    this.changed();
  }

  moveRows(rows: number): void {
    this.#move(rows * this.#row_px);
  }

  toStart(): void {
    this.#setFollows(false);
    this.#top = { row: 0, px: 0 };
    this.changed();
  }

  #setFollows(follows: boolean): void {
    if (follows === this.#follows) return;
    this.#follows = follows;
    this.#source.following(follows);
  }

  #wheeled(event: WheelEvent): void {
    if (event.ctrlKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
    event.preventDefault();
    const unit =
      event.deltaMode === 0 ? 1 : event.deltaMode === 1 ? this.#row_px : this.#scroller.clientHeight;
    this.#move(event.deltaY * unit);
  }

  /** Touch and the scroll bar. Near moves are moves in the text, far ones are to a part of the whole. */
  #scrolled(): void {
    const { scrollTop, clientHeight } = this.#scroller;
    const by = scrollTop - this.#scroll_px;
    if (Math.abs(by) < 1.5) return;
    this.#scroll_px = scrollTop;
    if (Math.abs(by) < 2 * clientHeight) this.#move(by, true);
    else {
      const range = Math.max(1, this.#spacer.offsetHeight - clientHeight);
      const rows = Math.max(0, this.#source.count() - this.page);
      const at = Math.min(1, scrollTop / range) * rows;
      this.#top = { row: Math.floor(at), px: (at % 1) * this.#row_px };
      this.#setFollows(scrollTop >= range - 1);
    }
    clearTimeout(this.#settle);
    this.#settle = window.setTimeout(() => this.changed(), SETTLE_MS);
    this.changed();
  }

  #move(px: number, by_bar = false): void {
    if (px < 0) this.#setFollows(false);
    else if (this.#follows) return;
    let { row, px: part } = this.#top;
    part += px;
    while (part < 0 && row > 0) part += this.#heightOf(--row);
    while (part >= this.#heightOf(row) && row < this.#source.count() - 1) part -= this.#heightOf(row++);
    this.#top = { row, px: row === 0 ? Math.max(0, part) : part };
    if (!by_bar) clearTimeout(this.#settle);
    this.changed();
  }

  /** Where rows are of different heights, one that the reader moves over is made, so that none is passed over unseen. */
  #heightOf(row: number): number {
    if (this.heights_vary && !this.#rows.has(row)) this.#reach(row);
    return this.#rows.get(row)?.offsetHeight ?? this.#row_px;
  }

  #reach(row: number): void {
    const [first, last] = [this.#first, this.#first + this.#rows.size];
    const is_next = row >= first - 1 && row <= last;
    if (is_next && this.#rows.size < REACHED_ROWS_MAX)
      this.#place(Math.min(first, row), Math.max(last, row + 1));
  }

  #draw(): void {
    const count = this.#source.count();
    const view_px = this.#scroller.clientHeight;
    const fits = Math.ceil(view_px / this.#row_px);
    if (this.#follows) this.#top = { row: Math.max(0, count - fits), px: 0 };
    this.#top.row = Math.min(this.#top.row, Math.max(0, count - 1));
    let first = Math.max(0, this.#top.row - ROWS_BEYOND);
    let last = Math.min(count, this.#top.row + fits + ROWS_BEYOND);
    this.#place(first, last);
    // Rows that take no room leave some: further ones come in, a bounded number.
    for (let turns = 0; turns < FILL_TURNS_MAX && this.#stage.offsetHeight < view_px; turns++) {
      if (this.#follows ? first === 0 : last === count && first === 0) break;
      if (!this.#follows && last < count) last = Math.min(count, last + fits);
      else first = Math.max(0, first - fits);
      this.#place(first, last);
    }
    this.#measure();
    const above_px = this.#heightBetween(first, this.#top.row);
    const whole_px = this.#stage.offsetHeight;
    const end_px = whole_px - view_px;
    let shift_px = above_px + this.#top.px;
    const at_end = last === count && shift_px >= end_px - 1;
    if (this.#follows || at_end) {
      shift_px = Math.max(0, end_px);
      if (!this.#follows) this.#topFrom(first, shift_px);
    }
    if (at_end) this.#setFollows(true);
    this.#stage.style.transform = `translateY(${-Math.round(shift_px)}px)`;
    this.#bar(count, view_px);
    const seen_from = this.#follows ? Math.max(first, count - fits) : this.#top.row;
    this.#source.seen(seen_from, Math.min(count, seen_from + fits));
  }

  #topFrom(first: number, shift_px: number): void {
    let [row, px] = [first, shift_px];
    while (px >= this.#heightOf(row) && row < this.#source.count() - 1) px -= this.#heightOf(row++);
    this.#top = { row, px };
  }

  /** The scroll bar stands where the reader is, but not while it is being dragged. */
  #bar(count: number, view_px: number): void {
    const whole_px = Math.min(SPACER_PX_MAX, Math.max(count * this.#row_px, 0));
    this.#spacer.style.height = `${whole_px}px`;
    const rows = Math.max(1, count - view_px / this.#row_px);
    const range = Math.max(0, whole_px - view_px);
    const share = this.#follows ? 1 : Math.min(1, (this.#top.row + this.#top.px / this.#row_px) / rows);
    const wanted = Math.round(share * range);
    const is_scale = whole_px === SPACER_PX_MAX;
    if (Math.abs(this.#scroller.scrollTop - wanted) > (is_scale ? 2 : 1)) this.#scroller.scrollTop = wanted;
    this.#scroll_px = this.#scroller.scrollTop;
  }

  /** Makes the rows from one to another, keeps those that are there, and takes away the others. */
  #place(first: number, last: number): void {
    const rows = new Map<number, HTMLElement>();
    let next: ChildNode | null = this.#stage.firstChild;
    for (let row = first; row < last; row++) {
      const before = this.#rows.get(row);
      const element = this.#source.row(row, before);
      if (before && before !== element) {
        if (next === before) next = before.nextSibling;
        before.remove();
      }
      rows.set(row, element);
      if (element === next) next = element.nextSibling;
      else this.#stage.insertBefore(element, next);
    }
    for (const [row, element] of this.#rows) if (rows.get(row) !== element) element.remove();
    this.#rows = rows;
    this.#first = first;
  }

  #measure(): void {
    const [element] = this.#rows.values();
    const px = element ? Number.parseFloat(getComputedStyle(element).lineHeight) : 0;
    if (px > 0) this.#row_px = px;
  }

  #heightBetween(first: number, end: number): number {
    let px = 0;
    for (let row = first; row < end; row++) px += this.#heightOf(row);
    return px;
  }
}

/** Silence after which a scroll bar that was moved is put where the reader is. */
const SETTLE_MS = 150;

/** Rows made at most while the reader moves: a move of more of them is a jump. */
const REACHED_ROWS_MAX = 400;

/** How often rows are added to fill what folded ones leave. */
const FILL_TURNS_MAX = 20;
