import { SCREENS_CELLS_MAX } from "../../protocol/screen/no-terminal.ts";
import { type Chunk, chunkText, type OutputType } from "../../protocol/wire/chunk.ts";
import type { LineCounts } from "../../protocol/wire/counts.ts";
import { countOf } from "../../protocol/wire/counts.ts";
import { LineReader, type PassedEvent, sourceKey } from "../../protocol/wire/lines.ts";
import type { ShownLine } from "../../protocol/wire/shown-line.ts";
import { SourceScreen } from "../../protocol/wire/source-screen.ts";

/** Turns chunks, in order from any batch on, into lines as the page shows them. */
export class PageReader {
  readonly #types: readonly OutputType[];
  readonly #reader: LineReader;
  readonly #screens = new Map<string, SourceScreen>();
  /** The cells of all screens. */
  #cells = 0;

  constructor(before: LineCounts, types: readonly OutputType[]) {
    this.#types = types;
    this.#reader = new LineReader(before, types);
  }

  /** The number of places that have been reached. */
  get places(): number {
    return countOf(this.#reader.counts, this.#types);
  }

  /** The number of the last line that has ended, of any stream. */
  get lines(): number {
    return countOf(this.#reader.counts);
  }

  read(chunk: Chunk): ShownLine[] {
    const lines: ShownLine[] = this.#reader.read(chunk);
    if (chunk.gap || !this.#types.includes(chunk.output_type)) return lines;
    const screen = this.#screenOf(sourceKey(chunk));
    const texts = chunkText(chunk).split("\n");
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at];
      if (line) screen.end(line, texts[at] ?? "");
    }
    screen.draw(texts.at(-1) ?? "");
    this.#cells -= screen.cells;
    screen.measure();
    this.#cells += screen.cells;
    this.#forget();
    return lines;
  }

  open(): ShownLine[] {
    return this.#reader.open().map((line) => ({ ...line, rows: this.#screens.get(sourceKey(line))?.open }));
  }

  /** The ended lines on which output may still draw. */
  get changing(): ShownLine[] {
    return [...this.#screens.values()].flatMap(({ changing }) => changing);
  }

  pass(passed: PassedEvent): void {
    this.#reader.pass(passed);
  }

  skipTo(after: LineCounts): void {
    this.#reader.skipTo(after);
  }

  /** A source's screen, which becomes the last one: the one that was written last. */
  #screenOf(source: string): SourceScreen {
    const screen = this.#screens.get(source) ?? new SourceScreen();
    this.#screens.delete(source);
    this.#screens.set(source, screen);
    return screen;
  }

  /** Forgets the screens that were silent for longest, if all are too large. */
  #forget(): void {
    for (const [source, { cells }] of this.#screens) {
      if (this.#cells <= SCREENS_CELLS_MAX) return;
      this.#screens.delete(source);
      this.#cells -= cells;
    }
  }
}
