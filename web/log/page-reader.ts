import { Sources } from "../../protocol/screen/sources.ts";
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
  readonly #screens = new Sources(() => new SourceScreen());

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
    this.#screens.write(sourceKey(chunk), (screen) => screen.read(lines, chunkText(chunk)));
    return lines;
  }

  open(): ShownLine[] {
    return this.#reader.open().map((line) => ({ ...line, rows: this.#screens.get(sourceKey(line))?.open }));
  }

  /** The ended lines on which output may still draw. */
  get changing(): ShownLine[] {
    return this.#screens.all.flatMap(({ changing }) => changing);
  }

  pass(passed: PassedEvent): void {
    this.#reader.pass(passed);
  }

  skipTo(after: LineCounts): void {
    this.#reader.skipTo(after);
  }
}
