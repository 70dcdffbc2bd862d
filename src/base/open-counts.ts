/** Counts what is open under each name, in this isolate. */
export class OpenCounts {
  readonly #open = new Map<string, number>();

  /** Counts one more; false if there would be more than `max`. */
  take(name: string, max: number): boolean {
    const open = this.#open.get(name) ?? 0;
    if (open >= max) return false;
    this.#open.set(name, open + 1);
    return true;
  }

  give(name: string): void {
    const open = (this.#open.get(name) ?? 0) - 1;
    if (open > 0) this.#open.set(name, open);
    else this.#open.delete(name);
  }
}
