import { LINE_CHARS_MAX } from "../base/reader-limits.ts";
import { redrawn } from "../screen/shown-line.ts";
import { type Chunk, chunkText, type Gap, OUTPUT_TYPES, type OutputType } from "./chunk.ts";
import { countOf, type LineCounts } from "./counts.ts";

/**
 * One line of an output. Lines get their numbers when they end, across all streams and hosts, so a number never changes. A line only
 * has text of one stream of one host.
 */
export interface Line {
  /** From 1. */
  number: number;
  /** Its place, from 1, among the lines of the streams that are read. */
  place: number;
  /** The chunk in which it begins, and the chunk's time. */
  seq: number;
  timestamp: string;
  output_type: OutputType;
  host?: string | undefined;
  execution_id?: string | undefined;
  path?: string | undefined;
  /** Without its line feed; at most `LINE_CHARS_MAX`, unless its reader asks for more. */
  text: string;
  /** Characters beyond that. */
  omitted: number;
  /** Its beginning is before the first chunk that was read. */
  headless: boolean;
  gap?: Gap | undefined;
}

/** The source of lines: a stream, possibly of a host or of a child. */
export type LineSource = Pick<Chunk, "output_type" | "host" | "execution_id">;

/** Skipped chunks from `first_seq` on, and the number of lines that end in them. */
export interface PassedEvent {
  event: "passed";
  first_seq: number;
  lines: LineCounts;
  /** The sources whose last line has ended there: their next text begins a line. */
  ended?: LineSource[];
}

export function sourceOf({ output_type, host, execution_id }: LineSource): LineSource {
  return { output_type, host, execution_id };
}

/** A text that identifies a source. */
export function sourceKey({ output_type, host, execution_id }: LineSource): string {
  return `${output_type} ${execution_id ?? ""} ${host ?? ""}`;
}

/** The number of lines that end in a chunk. */
export function lineCount(chunk: Pick<Chunk, "encoding" | "data" | "gap">): number {
  if (chunk.gap) return 1;
  const text = chunkText(chunk);
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** Makes lines from chunks in their order, beginning with any batch. */
export class LineReader {
  readonly #types: readonly OutputType[];
  readonly #chars_max: number;
  readonly #open = new Map<string, Line>();
  readonly #begun = new Set<string>();
  #counts: LineCounts;
  #from_start: boolean;

  /** `before`: the lines that end before the first chunk. `chars_max`: the characters that a line's text may have. */
  constructor(
    before: LineCounts,
    types: readonly OutputType[] = OUTPUT_TYPES,
    chars_max: number = LINE_CHARS_MAX,
  ) {
    this.#chars_max = chars_max;
    this.#counts = { ...before };
    this.#types = types;
    this.#from_start = false;
  }

  get counts(): LineCounts {
    return this.#counts;
  }

  /** The lines that end in a chunk. Lines of streams that are not read are only counted. */
  read(chunk: Chunk): Line[] {
    if (chunk.seq === 1 || chunk.gap?.first_seq === 1) this.#from_start = true;
    if (chunk.gap) return this.#number([this.#begin(chunk)], chunk.output_type);
    const source = sourceKey(chunk);
    const texts = chunkText(chunk).split("\n");
    const first = texts[0] ?? "";
    const ended: Line[] = [];
    let line = this.#open.get(source);
    if (line === undefined && (first !== "" || texts.length > 1)) {
      line = this.#begin(chunk);
      // The beginning of this line may be in a chunk before the first one that was read.
      line.headless = !this.#from_start && !this.#begun.has(source);
      this.#begun.add(source);
    }
    if (line === undefined) return ended;
    this.#append(line, first);
    for (let at = 1; at < texts.length; at++) {
      ended.push(bounded(line, this.#chars_max));
      line = this.#begin(chunk);
      this.#append(line, texts[at] ?? "");
    }
    if (line.text === "" && line.omitted === 0) this.#open.delete(source);
    else this.#open.set(source, line);
    return this.#number(ended, chunk.output_type);
  }

  /** Continues after skipped chunks. */
  pass({ first_seq, lines, ended = [] }: PassedEvent): void {
    if (first_seq === 1) this.#from_start = true;
    for (const type of OUTPUT_TYPES) this.#counts[type] += lines[type];
    for (const source of ended) this.#begun.add(sourceKey(source));
  }

  /** The lines that have not ended, in the order of their beginnings, with the numbers that they would get now. */
  open(): Line[] {
    const lines = [...this.#open.values()].filter(({ output_type }) => this.#types.includes(output_type));
    const [number, place] = [countOf(this.#counts), countOf(this.#counts, this.#types)];
    const shown = lines.map((line) => bounded(line, this.#chars_max));
    return shown.map((line, at) => ({ ...line, number: number + at + 1, place: place + at + 1 }));
  }

  /** Continues after a batch in which a gap replaces output. */
  skipTo(counts: LineCounts): void {
    this.#counts = { ...counts };
  }

  /** Adds text to a line. The line is redrawn when its text is twice as long as it may be: not again for each further chunk. */
  #append(line: Line, text: string): void {
    if (line.omitted > 0) line.omitted += text.length;
    else line.text += text;
    if (line.text.length > 2 * this.#chars_max) Object.assign(line, bounded(line, this.#chars_max));
  }

  #begin({ seq, timestamp, output_type, host, execution_id, path, gap }: Chunk): Line {
    return {
      number: 0,
      place: 0,
      seq,
      timestamp,
      output_type,
      host,
      execution_id,
      path,
      text: "",
      omitted: 0,
      headless: false,
      gap,
    };
  }

  /** Numbers the ended lines of a stream, in their order. */
  #number(lines: Line[], type: OutputType): Line[] {
    let number = countOf(this.#counts);
    let place = countOf(this.#counts, this.#types);
    this.#counts[type] += lines.length;
    if (!this.#types.includes(type)) return [];
    for (const line of lines) {
      line.number = ++number;
      line.place = ++place;
    }
    return lines;
  }
}

/** A line whose text is within the bound. What the program has drawn over is dropped first. */
function bounded(line: Line, chars_max: number): Line {
  if (line.text.length <= chars_max) return line;
  const drawn = redrawn(line.text);
  const text = drawn.length < line.text.length ? drawn : line.text;
  const kept = text.slice(0, chars_max);
  return { ...line, text: kept, omitted: line.omitted + text.length - kept.length };
}
