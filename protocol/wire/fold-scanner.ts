import { type FoldMarker, foldMarkers, HEADER, isHunk } from "./fold-markers.ts";
import type { Line } from "./lines.ts";

/** A mark of an output: a marker, a run of the same line, or the place from which another host or child writes. */
export type FoldMark = { place: number } & (
  | FoldMarker
  | { kind: "run"; count: number; text: string }
  | { kind: "source"; source: string }
);

type RunMark = Extract<FoldMark, { kind: "run" }>;

/** From this number of lines on, consecutive lines that are the same are a run. */
export const RUN_LINES_MIN = 20;

/** Characters by which runs are compared that meet where two parts of an output meet. */
const RUN_CHARS_MAX = 100;

/** Control characters that may move the cursor or draw over text. Colours and tabs do not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const DRAWS = /\x1b(?!\[[\d;]*m)|[\x00-\x08\x0a-\x1a\x1c-\x1f]/;

/** Finds the marks of lines, in their order. */
export class FoldScanner {
  readonly marks: FoldMark[] = [];
  #line: Line | undefined;
  #run: { place: number; count: number; mark?: RunMark } | undefined;

  /** The place from which on the marks may change with further lines: a run may go on, and a header may turn out to be a diff's. */
  get settled(): number {
    const last = this.#line?.place ?? 1;
    const header = this.marks.slice(-2).find((mark) => isHeader(mark) && mark.place >= last - 1);
    return Math.min(last, header?.place ?? last, this.#run?.place ?? last);
  }

  /** Returns whether the marks have changed. */
  read(line: Line): boolean {
    const before = this.#line;
    this.#line = line;
    const markers = foldMarkers(line.text);
    if (before && markers.length === 0 && isRepeated(before, line)) return this.#repeat(before, line);
    this.#run = undefined;
    const is_other = (before === undefined || !isSameSource(before, line)) && this.#noteSource(line);
    if (line.headless || line.gap) return is_other;
    if (markers.length === 0) return this.#dropDiff(line) || is_other;
    const { place, timestamp } = line;
    for (const marker of markers) this.marks.push({ time_ms: Date.parse(timestamp), ...marker, place });
    return true;
  }

  #repeat(before: Line, { text }: Line): boolean {
    this.#run ??= { place: before.place, count: 1 };
    const run = this.#run;
    run.count++;
    if (run.mark) run.mark.count = run.count;
    else if (run.count === RUN_LINES_MIN && !DRAWS.test(text)) {
      const { place, count } = run;
      run.mark = { kind: "run", place, count, text: text.slice(0, RUN_CHARS_MAX) };
      this.marks.push(run.mark);
    }
    return run.mark !== undefined;
  }

  /** Without a marker between them, sources that take turns have two marks. */
  #noteSource({ place, host = "", execution_id = "" }: Line): boolean {
    const is_known = this.marks.at(-1)?.kind === "source" && this.marks.at(-2)?.kind === "source";
    if (is_known) this.marks.pop();
    this.marks.push({ kind: "source", place, source: `${execution_id} ${host}` });
    return !is_known;
  }

  /** The headers directly before a diff's first hunk are the names of its files. */
  #dropDiff({ place, text }: Line): boolean {
    const last = this.marks.at(-1);
    if (last?.place !== place - 1 || !isHeader(last) || !isHunk(text)) return false;
    this.marks.pop();
    const first = this.marks.at(-1);
    if (first?.place === place - 2 && isHeader(first)) this.marks.pop();
    return true;
  }
}

function isHeader(mark: FoldMark): boolean {
  return mark.kind === "start" && mark.key === HEADER;
}

function isSameSource(one: Line, other: Line): boolean {
  return one.host === other.host && one.execution_id === other.execution_id;
}

function isRepeated(before: Line, line: Line): boolean {
  return (
    before.text === line.text &&
    before.place === line.place - 1 &&
    before.output_type === line.output_type &&
    before.omitted === line.omitted &&
    before.gap === line.gap &&
    !before.headless &&
    !line.headless &&
    isSameSource(before, line)
  );
}
