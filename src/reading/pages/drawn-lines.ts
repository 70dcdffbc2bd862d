import { SEARCH_LINE_CHARS_MAX } from "../../../protocol/base/reader-limits.ts";
import { NO_TERMINAL } from "../../../protocol/screen/no-terminal.ts";
import { Sources } from "../../../protocol/screen/sources.ts";
import { type Chunk, chunkText, type OutputType } from "../../../protocol/wire/chunk.ts";
import { noLines } from "../../../protocol/wire/counts.ts";
import { LineReader, sourceKey } from "../../../protocol/wire/lines.ts";
import type { ShownLine } from "../../../protocol/wire/shown-line.ts";
import { SourceScreen } from "../../../protocol/wire/source-screen.ts";
import type { BatchOfLines } from "../../objects/log.ts";

/** Lines that wait for later output, which may draw on them, and their characters. */
const HELD_LINES_MAX = 400;
const HELD_CHARS_MAX = 256 * 1024;

/** A text may draw on other rows than its own: all but styles, and changes within a row. A sequence may be cut. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const DRAWS_BEYOND_ROW = /[\x0b\x0c\x0e\x0f\x80-\x9f]|\x1b(?!\[[\d;:]*[mKCDGPX@])/;

/** One stream of one host or child. It gets a screen when it draws beyond a row. */
interface Source {
  screen: SourceScreen | undefined;
  /** Without a screen: its last lines, as many as a screen has rows, and its unfinished text. */
  recent: ShownLine[];
  open: string;
}

/**
 * Turns chunks into lines as the page shows them, some lines late, so that they have what was drawn on them since. Plain lines are
 * not drawn: a screen costs more than their search.
 */
export class DrawnLines {
  readonly #types: readonly OutputType[];
  readonly #reader: LineReader;
  readonly #sources = new Sources<Source>(() => ({ screen: undefined, recent: [], open: "" }));
  #held: ShownLine[] = [];
  /** How many of these have been told. */
  #told = 0;
  #held_chars = 0;

  constructor(types: readonly OutputType[]) {
    this.#types = types;
    this.#reader = new LineReader(noLines(), types, SEARCH_LINE_CHARS_MAX);
  }

  /** The batch that comes next. Batches between may have been left out: they have no text of these streams. */
  begin({ before }: BatchOfLines): void {
    this.#reader.skipTo(before);
  }

  /** Returns lines that have waited long enough. */
  read(chunk: Chunk): ShownLine[] {
    const lines: ShownLine[] = this.#reader.read(chunk);
    if (!this.#types.includes(chunk.output_type)) return [];
    if (!chunk.gap) this.#sources.write(sourceKey(chunk), (source) => draw(source, chunkText(chunk), lines));
    for (const line of lines) {
      this.#held.push(line);
      this.#held_chars += line.text.length + line.omitted;
    }
    let end = this.#told;
    while (this.#held.length - end > HELD_LINES_MAX || this.#held_chars > HELD_CHARS_MAX) {
      const line = this.#held[end++];
      this.#held_chars -= line ? line.text.length + line.omitted : 0;
    }
    return this.#tell(end);
  }

  /** Returns the lines that wait. */
  rest(): ShownLine[] {
    this.#held_chars = 0;
    return this.#tell(this.#held.length);
  }

  /** The unfinished lines. */
  open(): ShownLine[] {
    return this.#reader.open().map((line) => ({
      ...line,
      rows: this.#sources.get(sourceKey(line))?.screen?.open,
    }));
  }

  /** The lines that have not been told, and unfinished ones. */
  get waiting(): ShownLine[] {
    return [...this.#held.slice(this.#told), ...this.#reader.open()];
  }

  #tell(end: number): ShownLine[] {
    const told = this.#held.slice(this.#told, end);
    this.#told = end;
    if (this.#told > HELD_LINES_MAX) {
      this.#held = this.#held.slice(this.#told);
      this.#told = 0;
    }
    return told;
  }
}

/** Draws a chunk's text, in which these lines end. Returns the cells of the source's screen. */
function draw(source: Source, text: string, lines: ShownLine[]): number {
  if (source.screen === undefined && DRAWS_BEYOND_ROW.test(text)) source.screen = screenOf(source);
  if (source.screen) return source.screen.read(lines, text);
  source.recent = [...source.recent, ...lines].slice(-NO_TERMINAL.rows);
  source.open = lines.length === 0 ? source.open + text : text.slice(text.lastIndexOf("\n") + 1);
  return 0;
}

/** The screen of a source that has drawn plain lines until now. */
function screenOf(source: Source): SourceScreen {
  const screen = new SourceScreen();
  for (const line of source.recent) screen.end(line, line.text);
  screen.draw(source.open);
  source.recent = [];
  source.open = "";
  return screen;
}
