import { SCREENS_CELLS_MAX } from "./no-terminal.ts";

interface Entry<Source> {
  source: Source;
  cells: number;
}

/**
 * The sources of an output (streams of hosts or children), each with something that holds the cells of screens. All together have at most
 * `SCREENS_CELLS_MAX` cells: beyond them, the sources end that were silent for longest.
 */
export class Sources<Source> {
  /** The last one is the one that wrote last. */
  readonly #entries = new Map<string, Entry<Source>>();
  readonly #make: () => Source;
  #cells = 0;

  constructor(make: () => Source) {
    this.#make = make;
  }

  /** The cells of all. */
  get cells(): number {
    return this.#cells;
  }

  get all(): Source[] {
    return [...this.#entries.values()].map(({ source }) => source);
  }

  get(name: string): Source | undefined {
    return this.#entries.get(name)?.source;
  }

  /** Writes to a source: `write` returns how many cells it has then. Returns the sources that end. */
  write(name: string, write: (source: Source) => number): Source[] {
    const entry = this.#entries.get(name) ?? { source: this.#make(), cells: 0 };
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    const cells = write(entry.source);
    this.#cells += cells - entry.cells;
    entry.cells = cells;
    const ended: Source[] = [];
    for (const [silent, { source, cells }] of this.#entries) {
      if (this.#cells <= SCREENS_CELLS_MAX) break;
      // Without a screen, its end would free nothing.
      if (cells === 0) continue;
      this.#entries.delete(silent);
      this.#cells -= cells;
      ended.push(source);
    }
    return ended;
  }

  /** Ends all, in the order in which they wrote last. */
  end(): Source[] {
    const { all } = this;
    this.#entries.clear();
    this.#cells = 0;
    return all;
  }
}
