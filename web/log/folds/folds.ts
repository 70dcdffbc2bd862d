import { OUTPUT_TYPES, type OutputType } from "../../../protocol/wire/chunk.ts";
import { FoldScanner } from "../../../protocol/wire/fold-scanner.ts";
import type { Line } from "../../../protocol/wire/lines.ts";
import { FoldChoice } from "./choice.ts";
import type { EarlierMarks } from "./earlier-marks.ts";
import type { Failing } from "./failing.ts";
import { type Fold, foldsOf, isInside } from "./folds-of.ts";
import { type HiddenRows, RowMap } from "./row-map.ts";

/** The log that is folded. */
export interface Foldable {
  /** The marks before a place, which is the first that the page has read. */
  earlier: (types: readonly OutputType[], place: number) => EarlierMarks;
  /** Resolves when other reading does not disturb. */
  ready: () => Promise<void>;
  /** The row of a place. */
  rowOf: (place: number) => number;
  /** Places that the reader looks at. What contains one does not fold by itself. */
  looked: () => number[];
  /** The rows have been folded in another way. `before`: as they were. */
  changed: (before: RowMap) => void;
  /** The reader's choice has changed, as an address has it. */
  chosen: (text: string | undefined) => void;
}

/** The most marks of an output, before the lines that the page has read, and in them. Further lines are not folded. */
const MARKS_MAX = 20_000;

/** How often new marks fold rows. */
const UPDATE_MS = 50;

/** With so few earlier lines, their marks are read at once; otherwise when the reader goes there. */
const AT_ONCE_LINES_MAX = 10_000;

/** The folds of an output: groups that its program has marked, and runs of the same line. */
export class Folds {
  readonly #of: Foldable;
  #choice: FoldChoice;
  #types: readonly OutputType[] = OUTPUT_TYPES;
  #scanner = new FoldScanner();
  #earlier: EarlierMarks | undefined;
  /** The first place that the page has read. */
  #whole = 1;
  #failing: Failing | undefined;
  #starts = new Map<number, Fold>();
  #ends = new Map<number, Fold>();
  #folded = new Set<number>();
  /** What stays open because the reader looked at it. */
  readonly #kept = new Set<number>();
  #map = new RowMap([]);
  #later = 0;

  constructor(of: Foldable, chosen: string | null) {
    this.#of = of;
    this.#choice = new FoldChoice(chosen);
  }

  get map(): RowMap {
    return this.#map;
  }

  /** Whether anything can be folded. */
  get any(): boolean {
    return this.#starts.size > 0;
  }

  get allFolded(): boolean {
    return this.any && this.#folded.size === this.#starts.size;
  }

  /** The log is read again: these are the last lines of these streams. Without any, the next one is at `next`. */
  restart(lines: readonly Line[], next: number, types: readonly OutputType[]): void {
    if (types.length !== this.#types.length || types.some((type) => !this.#types.includes(type))) {
      // The same lines have other places.
      this.#choice = new FoldChoice(null);
      this.#of.chosen(undefined);
    }
    this.#types = types;
    this.#scanner = new FoldScanner();
    this.#kept.clear();
    this.#earlier?.drop();
    // A line without its beginning may begin with a marker.
    const whole = lines[lines.findLastIndex(({ headless }) => headless) + 1]?.place ?? next;
    this.#earlier = this.#of.earlier(types, whole);
    this.#whole = whole;
    this.take(lines);
    this.update();
    const is_wanted = whole <= AT_ONCE_LINES_MAX || this.#choice.text !== undefined;
    if (is_wanted) void this.#of.ready().then(() => this.readEarlier());
  }

  /** Further lines have come. */
  take(lines: readonly Line[]): void {
    if (this.#scanner.marks.length >= MARKS_MAX) return;
    let is_new = false;
    for (const line of lines) is_new = this.#scanner.read(line) || is_new;
    if (is_new && this.#later === 0) this.#later = window.setTimeout(() => this.update(), UPDATE_MS);
  }

  /** The reader sees this row: the page folds also what it had not read at first, once the reader goes there. */
  reached(row: number): void {
    if (row < this.#of.rowOf(this.#whole)) void this.readEarlier();
  }

  /** Folds also the lines that the page has not read. */
  async readEarlier(): Promise<void> {
    if (await this.#earlier?.read(MARKS_MAX)) this.update();
  }

  /** The execution has not succeeded: what failed is open. */
  fail(failing: Failing): void {
    this.#failing = failing;
    this.update();
  }

  /** The group or run that begins at a place, and whether it is folded. */
  at(place: number): { fold: Fold; is_folded: boolean } | undefined {
    const fold = this.#starts.get(place);
    return fold && { fold, is_folded: this.#folded.has(place) };
  }

  /** The group whose end's marker is at a place. */
  endAt(place: number): Fold | undefined {
    return this.#ends.get(place);
  }

  /** The group or run that a place is in; else the next one. */
  near(place: number): number | undefined {
    const folds = [...this.#starts.values()];
    const inside = folds.findLast((fold) => fold.from === place || isInside(place, fold));
    return (inside ?? folds.find(({ from }) => from > place))?.from;
  }

  toggle(place: number): void {
    if (!this.#starts.has(place)) return;
    this.#choice.set(place, !this.#folded.has(place));
    this.#chosen();
  }

  toggleAll(): void {
    this.#choice.setAll(!this.allFolded);
    this.#kept.clear();
    this.#chosen();
    void this.readEarlier();
  }

  /** Opens all that hides a place. */
  reveal(place: number): void {
    const hiding = [...this.#folded].filter((from) => {
      const fold = this.#starts.get(from);
      return fold && isInside(place, fold);
    });
    for (const from of hiding) this.#choice.set(from, false);
    if (hiding.length > 0) this.#chosen();
  }

  close(): void {
    clearTimeout(this.#later);
    this.#earlier?.drop();
  }

  #chosen(): void {
    this.update();
    this.#of.chosen(this.#choice.text);
  }

  /** Folds the rows by all marks that are known. */
  update(): void {
    clearTimeout(this.#later);
    this.#later = 0;
    const { folds, is_cut } = foldsOf([...(this.#earlier?.marks ?? []), ...this.#scanner.marks]);
    // A group ends that began before the lines that the page has read.
    if (is_cut) void this.readEarlier();
    if (folds.length === 0 && !this.any) return;
    const looked = this.#of.looked();
    const [before, folded] = [this.#map, this.#folded];
    this.#failing?.take(folds);
    this.#folded = new Set();
    this.#starts = new Map();
    this.#ends = new Map();
    const hidden: HiddenRows[] = [];
    let hidden_to = 0;
    for (const fold of folds) {
      if (!this.#starts.has(fold.from)) this.#starts.set(fold.from, fold);
      if (fold.has_end && fold.to !== undefined) this.#ends.set(fold.to, fold);
      if (!folded.has(fold.from) && looked.some((place) => isInside(place, fold))) this.#kept.add(fold.from);
      if (!this.#isFolded(fold)) continue;
      this.#folded.add(fold.from);
      if (fold.from <= hidden_to || fold.to === fold.from) continue;
      hidden_to = fold.to ?? Number.POSITIVE_INFINITY;
      const last = fold.to === undefined ? hidden_to : this.#of.rowOf(fold.to);
      hidden.push({ first: this.#of.rowOf(fold.from) + 1, last });
    }
    this.#map = new RowMap(hidden);
    this.#of.changed(before);
  }

  #isFolded(fold: Fold): boolean {
    const is_open = fold.to === undefined || fold.look === "open" || this.#kept.has(fold.from);
    const is_whole = this.#types.length === OUTPUT_TYPES.length;
    return this.#choice.of(fold) ?? !(is_open || this.#failing?.has(fold, is_whole));
  }
}
