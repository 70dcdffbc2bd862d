import { LINE_CHARS_MAX } from "../base/reader-limits.ts";
import { type Chunk, chunkText, type Gap, OUTPUT_TYPES, type OutputType } from "./chunk.ts";
import { countOf, type LineCounts } from "./counts.ts";

/**
 * One line of an output. Lines are numbered as they end, over all streams and hosts, so a number never changes; each is
 * put together from what its own stream of its own host wrote.
 */
export interface Line {
  /** From 1. */
  number: number;
  /** Its place, from 1, among the lines of the streams that are read. */
  place: number;
  /** The chunk that it begins in, and when that was read. */
  seq: number;
  timestamp: string;
  output_type: OutputType;
  host?: string | undefined;
  execution_id?: string | undefined;
  path?: string | undefined;
  /** Without its line feed; no more than `LINE_CHARS_MAX`. */
  text: string;
  /** Characters beyond that. */
  omitted: number;
  /** Its beginning lies before what was read. */
  headless: boolean;
  gap?: Gap | undefined;
}

/** Who writes lines: a stream, of a host or of an execution below. */
export type LineSource = Pick<Chunk, "output_type" | "host" | "execution_id">;

/** Chunks that are left out, from `first_seq` on: so many lines end in them. */
export interface PassedEvent {
  event: "passed";
  first_seq: number;
  lines: LineCounts;
  /** Those whose last line has ended there, so that what they write next begins one. */
  ended?: LineSource[];
}

export function sourceOf({ output_type, host, execution_id }: LineSource): LineSource {
  return { output_type, host, execution_id };
}

/** What tells a source from all others. */
export function sourceKey({ output_type, host, execution_id }: LineSource): string {
  return `${output_type} ${execution_id ?? ""} ${host ?? ""}`;
}

/** How many lines end in a chunk. */
export function lineCount(chunk: Pick<Chunk, "encoding" | "data" | "gap">): number {
  if (chunk.gap) return 1;
  const text = chunkText(chunk);
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** Makes lines of chunks that come in order, from any batch on. */
export class LineReader {
  readonly #types: readonly OutputType[];
  readonly #open = new Map<string, Line>();
  readonly #begun = new Set<string>();
  #counts: LineCounts;
  #from_start: boolean;

  /** `before`: the lines that end before the first chunk. */
  constructor(before: LineCounts, types: readonly OutputType[] = OUTPUT_TYPES) {
    this.#counts = { ...before };
    this.#types = types;
    this.#from_start = false;
  }

  get counts(): LineCounts {
    return this.#counts;
  }

  /** The lines that end in a chunk. Those of streams that are not read are counted only. */
  read(chunk: Chunk): Line[] {
    if (chunk.seq === 1 || chunk.gap?.first_seq === 1) this.#from_start = true;
    if (chunk.gap) return this.#number([this.#begin(chunk)], chunk.output_type);
    const source = sourceKey(chunk);
    const [first = "", ...others] = chunkText(chunk).split("\n");
    const ended: Line[] = [];
    let line = this.#open.get(source);
    if (line === undefined && (first !== "" || others.length > 0)) {
      line = this.#begin(chunk);
      // What a stream wrote before the first chunk that is read may be the beginning of this line.
      line.headless = !this.#from_start && !this.#begun.has(source);
      this.#begun.add(source);
    }
    if (line === undefined) return ended;
    append(line, first);
    for (const text of others) {
      ended.push(line);
      line = this.#begin(chunk);
      append(line, text);
    }
    if (line.text === "" && line.omitted === 0) this.#open.delete(source);
    else this.#open.set(source, line);
    return this.#number(ended, chunk.output_type);
  }

  /** Goes on behind chunks that are not read. */
  pass({ first_seq, lines, ended = [] }: PassedEvent): void {
    if (first_seq === 1) this.#from_start = true;
    for (const type of OUTPUT_TYPES) this.#counts[type] += lines[type];
    for (const source of ended) this.#begun.add(sourceKey(source));
  }

  /** The lines that have not ended yet, in the order that they began in; their numbers are what they would be now. */
  open(): Line[] {
    const lines = [...this.#open.values()].filter(({ output_type }) => this.#types.includes(output_type));
    const [number, place] = [countOf(this.#counts), countOf(this.#counts, this.#types)];
    return lines.map((line, at) => ({ ...line, number: number + at + 1, place: place + at + 1 }));
  }

  /** Goes on behind a batch that holds less than was written there: a gap stands for it. */
  skipTo(counts: LineCounts): void {
    this.#counts = { ...counts };
  }

  #begin({ seq, timestamp, output_type, host, execution_id, path, gap }: Chunk): Line {
    const none = { number: 0, place: 0, text: "", omitted: 0, headless: false };
    return { ...none, seq, timestamp, output_type, host, execution_id, path, gap };
  }

  /** Numbers lines of a stream that have ended, in their order. */
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

/** Adds text to a line, within the bound. Of what a carriage return overwrote nothing need be kept. */
function append(line: Line, text: string): void {
  let joined = line.text + text;
  if (joined.length > LINE_CHARS_MAX && line.omitted === 0) {
    const overwritten = joined.lastIndexOf("\r", joined.length - 2) + 1;
    joined = joined.slice(overwritten);
  }
  const kept = line.omitted > 0 ? line.text : joined.slice(0, LINE_CHARS_MAX);
  line.omitted += line.omitted > 0 ? text.length : joined.length - kept.length;
  line.text = kept;
}
