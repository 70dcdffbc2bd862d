import type { Fold } from "./folds-of.ts";

/** The most folds that an address names. */
const NAMED_MAX = 60;

/** What a reader has folded and opened, by the first lines of groups and runs. In an address: `none`, `all`, `120.-340`, `all.120`. */
export class FoldChoice {
  /** Whether all are folded, or none; undefined as they are by themselves. */
  all: boolean | undefined;
  readonly #folded = new Map<number, boolean>();

  constructor(text: string | null) {
    for (const part of text?.split(".") ?? []) {
      if (part === "all" || part === "none") this.all = part === "all";
      else if (/^-?[1-9]\d{0,14}$/.test(part)) this.#folded.set(Math.abs(Number(part)), part.startsWith("-"));
    }
  }

  get text(): string | undefined {
    const parts = [...this.#folded]
      .slice(-NAMED_MAX)
      .map(([place, is_folded]) => `${is_folded ? "-" : ""}${place}`);
    if (this.all !== undefined) parts.unshift(this.all ? "all" : "none");
    return parts.length === 0 ? undefined : parts.join(".");
  }

  of({ from, to }: Fold): boolean | undefined {
    return this.#folded.get(from) ?? (this.all === true && to === undefined ? undefined : this.all);
  }

  set(place: number, is_folded: boolean): void {
    this.#folded.delete(place);
    this.#folded.set(place, is_folded);
  }

  setAll(are_folded: boolean): void {
    this.#folded.clear();
    this.all = are_folded;
  }
}
