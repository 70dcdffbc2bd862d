import { type FoldMark, FoldScanner } from "../../../protocol/wire/fold-scanner.ts";
import type { Line } from "../../../protocol/wire/lines.ts";
import { FoldChoice } from "./choice.ts";
import { type Fold, foldsOf } from "./folds-of.ts";
import { type HiddenRows, RowMap } from "./row-map.ts";

/** The log that is folded. */
export interface Foldable {
  /** The row of a place. */
  rowOf: (place: number) => number;
  /** Places that the reader looks at. What contains one does not fold by itself. */
  looked: () => number[];
  /** The rows have been folded in another way. `before`: as they were. */
  changed: (before: RowMap) => void;
  /** The reader's choice has changed, as an address has it. */
  chosen: (text: string | undefined) => void;
}

/** The most marks of an output. What follows the last of them is not folded. */
const MARKS_MAX = 20_000;

/** How often new marks fold rows. */
const UPDATE_MS = 50;

/** The folds of an output: groups that its program has marked, and runs of the same line. */
export class Folds {
  readonly #of: Foldable;
  readonly #choice: FoldChoice;
  #scanner = new FoldScanner();
  #earlier: readonly FoldMark[] = [];
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

  /** The log is read again: these are its last lines. */
  restart(lines: readonly Line[]): void {
    this.#scanner = new FoldScanner();
    this.#earlier = [];
    this.#kept.clear();
    this.take(lines);
    this.update();
  }

  /** Further lines have come. */
  take(lines: readonly Line[]): void {
    if (this.#scanner.marks.length >= MARKS_MAX) return;
    let is_new = false;
    for (const line of lines) is_new = this.#scanner.read(line) || is_new;
    if (is_new && this.#later === 0) this.#later = window.setTimeout(() => this.update(), UPDATE_MS);
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

  toggle(place: number): void {
    if (!this.#starts.has(place)) return;
    this.#choice.set(place, !this.#folded.has(place));
    this.#chosen();
  }

  toggleAll(): void {
    this.#choice.setAll(!this.allFolded);
    this.#kept.clear();
    this.#chosen();
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
  }

  #chosen(): void {
    this.update();
    this.#of.chosen(this.#choice.text);
  }

  /** Folds the rows by all marks that are known. */
  update(): void {
    clearTimeout(this.#later);
    this.#later = 0;
    const folds = foldsOf([...this.#earlier, ...this.#scanner.marks]);
    if (folds.length === 0 && !this.any) return;
    const looked = this.#of.looked();
    const [before, folded] = [this.#map, this.#folded];
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
    const by_itself = fold.to !== undefined && fold.look !== "open" && !this.#kept.has(fold.from);
    return this.#choice.of(fold) ?? by_itself;
  }
}

function isInside(place: number, { from, to = Number.POSITIVE_INFINITY }: Fold): boolean {
  return place > from && place <= to;
}
