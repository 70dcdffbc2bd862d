import { SCREENS_CELLS_MAX } from "../../protocol/screen/no-terminal.ts";
import { type Chunk, chunkText, OUTPUT_TYPES, type OutputType } from "../../protocol/wire/chunk.ts";
import type { LineCounts } from "../../protocol/wire/counts.ts";
import { countOf, noLines } from "../../protocol/wire/counts.ts";
import { LineReader, type PassedEvent, sourceKey } from "../../protocol/wire/lines.ts";
import { splitLines } from "../../protocol/wire/ndjson.ts";
import type { ShownLine } from "../../protocol/wire/shown-line.ts";
import { SourceScreen } from "../../protocol/wire/source-screen.ts";
import type { Hole } from "./hole.ts";

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

  read(chunk: Chunk): ShownLine[] {
    const lines: ShownLine[] = this.#reader.read(chunk);
    if (chunk.gap || !this.#types.includes(chunk.output_type)) return lines;
    const screen = this.#screenOf(sourceKey(chunk));
    const texts = chunkText(chunk).split("\n");
    for (const [at, line] of lines.entries()) screen.end(line, texts[at] ?? "");
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

/** A page of the log: its lines, the state of the log, and how to continue from the page's end. */
export interface LoadedPage {
  lines: ShownLine[];
  hole: Hole | undefined;
  total: LineCounts;
  last_seq: number;
  /** The last batch's end, and the reader that has read to there. */
  read_seq: number;
  reader: PageReader;
}

interface BatchHead {
  event: "batch";
  first_seq: number;
  last_seq: number;
  before: LineCounts;
  after: LineCounts;
}

/** Reads the answer of `/output/lines`. */
export function readPage(text: string, types: readonly OutputType[]): LoadedPage {
  const [first = "", ...rest] = splitLines(text);
  const { total, last_seq }: { total: LineCounts; last_seq: number } = JSON.parse(first);
  const page: LoadedPage = {
    lines: [],
    hole: undefined,
    total,
    last_seq,
    read_seq: 0,
    reader: new PageReader(noLines(), types),
  };
  let head: BatchHead | undefined;
  const close = () => {
    if (!head) return;
    const [from, to] = [page.reader.places, countOf(head.after, types)];
    if (to > from && types.length === OUTPUT_TYPES.length) page.hole = { from, size: to - from };
    page.reader.skipTo(head.after);
    page.read_seq = head.last_seq;
  };
  for (const line of rest) {
    const record: Chunk | BatchHead | PassedEvent = JSON.parse(line);
    if (!("event" in record)) page.lines.push(...page.reader.read(record));
    else if (record.event === "passed") page.reader.pass(record);
    else {
      close();
      head = record;
      if (head.first_seq !== page.read_seq + 1) page.reader = new PageReader(head.before, types);
    }
  }
  close();
  return page;
}
