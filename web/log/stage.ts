/** The most rows that exist while the reader moves. A longer move is a jump. */
const REACHED_ROWS_MAX = 400;

/** The rows that exist as elements, consecutive, and their heights. */
export class Stage {
  readonly #element: HTMLElement;
  readonly #make: (row: number, before: HTMLElement | undefined) => HTMLElement;
  readonly #key: (row: number) => number;
  /** By their keys: an element stays the same one when its row gets another number, and with it the text that is selected in it. */
  #rows = new Map<number, HTMLElement>();
  #first = 0;
  /** The assumed height of a row that does not exist. */
  row_px = 20;
  /** Whether rows may be of different heights. */
  heights_vary = false;

  constructor(
    scroller: HTMLElement,
    make: (row: number, before: HTMLElement | undefined) => HTMLElement,
    key: (row: number) => number,
  ) {
    this.#make = make;
    this.#key = key;
    this.#element = document.createElement("div");
    this.#element.className = "stage";
    const clip = document.createElement("div");
    clip.className = "clip";
    clip.append(this.#element);
    scroller.append(clip);
  }

  get height(): number {
    return this.#element.offsetHeight;
  }

  /** Removes all rows. */
  clear(): void {
    for (const element of this.#rows.values()) element.remove();
    this.#rows = new Map();
  }

  /** Makes the rows of a range, keeps existing ones, and removes the others. */
  place(first: number, last: number): void {
    const keys = Array.from({ length: last - first }, (_, at) => this.#key(first + at));
    const placed = new Set(keys);
    // Before the others are placed: an element that is moved loses the text that is selected in it.
    for (const [key, element] of this.#rows) if (!placed.has(key)) element.remove();
    const rows = new Map<number, HTMLElement>();
    let next: ChildNode | null = this.#element.firstChild;
    for (const [at, key] of keys.entries()) {
      const before = this.#rows.get(key);
      const element = this.#make(first + at, before);
      if (before && before !== element) {
        if (next === before) next = before.nextSibling;
        before.remove();
      }
      rows.set(key, element);
      if (element === next) next = element.nextSibling;
      else this.#element.insertBefore(element, next);
    }
    this.#rows = rows;
    this.#first = first;
  }

  /** Takes the assumed height from an existing row. */
  measure(): void {
    const [element] = this.#rows.values();
    const px = element ? Number.parseFloat(getComputedStyle(element).lineHeight) : 0;
    if (px > 0) this.row_px = px;
  }

  shift(px: number): void {
    this.#element.style.transform = `translateY(${-Math.round(px)}px)`;
  }

  /**
   * The height of a row. If heights vary, the row is made when the reader moves over it, so that its real height counts.
   */
  heightOf(row: number): number {
    const key = this.#key(row);
    if (this.heights_vary && !this.#rows.has(key)) this.#reach(row);
    return this.#rows.get(key)?.offsetHeight ?? this.row_px;
  }

  heightBetween(first: number, end: number): number {
    let px = 0;
    for (let row = first; row < end; row++) px += this.heightOf(row);
    return px;
  }

  #reach(row: number): void {
    const [first, last] = [this.#first, this.#first + this.#rows.size];
    const is_next = row >= first - 1 && row <= last;
    if (is_next && this.#rows.size < REACHED_ROWS_MAX)
      this.place(Math.min(first, row), Math.max(last, row + 1));
  }
}
