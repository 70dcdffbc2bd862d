/** The reader's use of the scroll bar, or of touch. */
export interface ScrollListener {
  /** Moved by this many pixels of text. */
  by: (px: number) => void;
  /** Moved to a place among all rows: this share of the distance to the end. */
  to: (share: number, at_end: boolean) => void;
  /** The bar has not moved for some time. */
  settled: () => void;
}

/**
 * The spacer's largest height, because browsers limit the height of elements. With more rows, the scroll bar is a scale.
 */
const SPACER_PX_MAX = 8_000_000;

/** The time without a move after which the bar is set to the reader's place. */
const SETTLE_MS = 150;

/** How often the bar's scale changes while the reader follows: the bar stays at its end. */
const FOLLOWED_MS = 100;

/**
 * The browser's own scroll bar for any number of rows. Its whole length stands for all rows; its pixels do not match rows.
 */
export class ScrollBar {
  readonly #scroller: HTMLElement;
  readonly #spacer: HTMLElement;
  readonly #listener: ScrollListener;
  #scroll_px = 0;
  #settle = 0;
  /** The reader moves the bar: a click on its track moves it over several frames. */
  #is_moving = false;
  #put = { at_ms: 0, rows_px: 0, share: 0 };

  constructor(scroller: HTMLElement, listener: ScrollListener) {
    this.#scroller = scroller;
    this.#listener = listener;
    this.#spacer = document.createElement("div");
    this.#spacer.className = "spacer";
    scroller.append(this.#spacer);
    scroller.addEventListener("scroll", () => this.#scrolled());
  }

  /** Sets the bar to a share of its length, for rows of this height. */
  put(rows_px: number, share: number): void {
    const at_ms = performance.now();
    const is_followed = share === 1 && this.#put.share === 1 && rows_px >= this.#put.rows_px;
    if (is_followed && at_ms - this.#put.at_ms < FOLLOWED_MS) {
      this.#settleLater();
      return;
    }
    this.#put = { at_ms, rows_px, share };
    const whole_px = Math.min(SPACER_PX_MAX, rows_px);
    this.#spacer.style.height = `${whole_px}px`;
    if (this.#is_moving) return;
    const wanted = Math.round(share * Math.max(0, whole_px - this.#scroller.clientHeight));
    const is_scale = whole_px === SPACER_PX_MAX;
    if (Math.abs(this.#scroller.scrollTop - wanted) > (is_scale ? 2 : 1)) this.#scroller.scrollTop = wanted;
    this.#scroll_px = this.#scroller.scrollTop;
  }

  /** The reader moves by other means. */
  leave(): void {
    this.#is_moving = false;
    clearTimeout(this.#settle);
  }

  /** A short move scrolls the text; a long move goes to a part of the whole. */
  #scrolled(): void {
    const { scrollTop, clientHeight } = this.#scroller;
    const by = scrollTop - this.#scroll_px;
    if (Math.abs(by) < 1.5) return;
    this.#scroll_px = scrollTop;
    this.#is_moving = true;
    if (Math.abs(by) < 2 * clientHeight) this.#listener.by(by);
    else {
      const range = Math.max(1, this.#spacer.offsetHeight - clientHeight);
      this.#listener.to(Math.min(1, scrollTop / range), scrollTop >= range - 1);
    }
    this.#settleLater();
  }

  #settleLater(): void {
    clearTimeout(this.#settle);
    this.#settle = window.setTimeout(() => {
      this.#is_moving = false;
      this.#listener.settled();
    }, SETTLE_MS);
  }
}
