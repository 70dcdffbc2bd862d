import { LEAD_LINES_MAX } from "../../protocol/base/reader-limits.ts";
import { OUTPUT_TYPES, type OutputType } from "../../protocol/wire/chunk.ts";
import type { ShownLine } from "../../protocol/wire/shown-line.ts";
import type { Connection } from "../server/connection.ts";
import { linesPath } from "../server/paths.ts";
import type { Session } from "../server/session.ts";
import type { RowMap } from "./folds/row-map.ts";
import { Following } from "./following.ts";
import { type Hole, missingLine, placeOfRow, rowOfPlace } from "./hole.ts";
import { LinesStore } from "./lines-store.ts";
import { type LoadedPage, readPage } from "./loaded-page.ts";
import type { LogListener } from "./log-listener.ts";
import { PageLoads } from "./page-loads.ts";
import type { PageReader } from "./page-reader.ts";

/** Lines that are read beyond the visible ones, for scrolling. */
const AHEAD_LINES = 300;

/** One output: its lines by their place, read when they are needed, and the live lines. */
export class OutputLog {
  readonly id: string;
  readonly #session: Session;
  readonly #listener: LogListener;
  readonly #following: Following;
  readonly #store = new LinesStore();
  #types: readonly OutputType[] = OUTPUT_TYPES;
  #hole: Hole | undefined;
  #reader: PageReader | undefined;
  /** Whether the reader is that of an earlier reading: the last lines are being read again. */
  #is_old = true;
  /** The unfinished lines: a cache, rebuilt on use. */
  #open_lines: ShownLine[] | undefined;
  /** Aborted when other streams are shown. */
  #shown: AbortController | undefined;
  readonly #loads: PageLoads;

  constructor(session: Session, id: string, listener: LogListener) {
    this.#session = session;
    this.id = id;
    this.#listener = listener;
    this.#following = new Following(session, id, {
      open: (signal) => this.#readLast(signal),
      take: (chunk) => {
        const lines = this.#reader?.read(chunk) ?? [];
        for (const line of lines) this.#store.put(line);
        this.#open_lines = undefined;
        listener.ended(lines);
      },
      status: listener.status,
      changed: listener.changed,
    });
    this.#loads = new PageLoads((row, signal) => this.#readPage(row, signal), listener.changed);
  }

  get connection(): Connection {
    return this.#following.connection;
  }

  /** The number of rows: finished and unfinished lines. */
  get count(): number {
    return this.#ended + this.#open.length;
  }

  get #ended(): number {
    return (this.#reader?.places ?? 0) - (this.#hole?.size ?? 0);
  }

  get #open(): ShownLine[] {
    this.#open_lines ??= this.#reader?.open() ?? [];
    return this.#open_lines;
  }

  /** The line of a row; undefined if it has not been read yet. */
  line(row: number): ShownLine | undefined {
    if (row >= this.#ended) return this.#open[row - this.#ended];
    return this.#store.get(this.#placeOf(row));
  }

  /** The number of the last line that is known, of any stream. */
  get last(): number {
    return (this.#reader?.lines ?? 0) + this.#open.length;
  }

  /** The lines of the shown streams that a search reads: unfinished ones only once the execution has ended. */
  get searchable(): number {
    const unfinished = this.connection.kind === "ended" ? this.#open.length : 0;
    return (this.#reader?.places ?? 0) + unfinished;
  }

  /** The streams that are shown. */
  get types(): readonly OutputType[] {
    return this.#types;
  }

  /** The row of a place. If all streams are read, a place is a line's number. */
  rowOf(place: number): number {
    return rowOfPlace(this.#hole, place);
  }

  #placeOf(row: number): number {
    return placeOfRow(this.#hole, row);
  }

  /** Reads the last lines of these streams, then follows. */
  async open(types: readonly OutputType[] = OUTPUT_TYPES): Promise<void> {
    if (this.#shown) this.close();
    this.#shown = new AbortController();
    this.#types = types;
    await this.#following.start();
  }

  close(): void {
    this.#following.stop();
    this.#shown?.abort();
    this.#dropLoads();
  }

  #dropLoads(): void {
    this.#loads.want(undefined);
    this.#loads.drop();
  }

  /** The open connection may be dead: it reconnects from the cursor. */
  async resume(): Promise<void> {
    this.#loads.drop();
    await this.#following.resume();
  }

  /** The reader sees these rows, as they are folded: missing lines are read. */
  look(first: number, last: number, map: RowMap): void {
    this.#store.focus = this.#placeOf(map.row(first));
    // The old reader would put its last lines among those of other streams.
    if (this.#is_old) return;
    const to = Math.min(map.count(this.#ended), last + AHEAD_LINES);
    let at = Math.max(0, first - AHEAD_LINES);
    while (at < to && !this.#isMissing(map.row(at), at >= first && at < last)) at++;
    this.#loads.want(at < to ? map.row(at) : undefined);
  }

  #isMissing(row: number, is_visible: boolean): boolean {
    const line = this.#store.get(this.#placeOf(row));
    return line === undefined || (is_visible && line.is_provisional === true);
  }

  /** The lines from one row to another, whether they have been read or not. */
  async *lines(first: number, last: number): AsyncGenerator<ShownLine> {
    const signal = this.#shown?.signal;
    let page: Map<number, ShownLine> = new Map();
    for (let row = first; row <= last; row++) {
      const place = this.#placeOf(row);
      let line = this.line(row);
      if (line === undefined || line.is_provisional) line = page.get(place);
      if (line === undefined || line.is_provisional) {
        const { lines } = await this.#fetch({ place }, signal);
        page = new Map(lines.map((read) => [read.place, read]));
        line = page.get(place);
      }
      if (line) yield line;
    }
  }

  /** The number of the line in which a chunk's text begins. */
  async lineOfSeq(seq: number): Promise<number | undefined> {
    const { lines } = await this.#fetch({ seq }, this.#shown?.signal);
    const begun = lines.find((line) => line.seq === seq) ?? lines.findLast((line) => line.seq < seq);
    return begun?.number;
  }

  /** The place of a line, by its number. If its stream is not shown, the place of the next line that is. */
  async placeOf(number: number): Promise<number> {
    const known = this.knownPlace(number);
    if (known !== undefined) return known;
    // A page of all streams has the line: how many lines of the shown streams are before it is not known yet.
    const text = await this.#session.text(linesPath(this.id, `line=${number}`), this.#shown?.signal);
    const { lines, reader } = readPage(text, this.#types);
    return lines.find((line) => line.number >= number)?.place ?? reader.places + 1;
  }

  /** The place of a line, by its number, if it has been read. */
  knownPlace(number: number): number | undefined {
    if (this.#types.length === OUTPUT_TYPES.length) return number;
    return this.#store.placeOf(number) ?? this.#open.find((line) => line.number === number)?.place;
  }

  async #readLast(signal: AbortSignal): Promise<number> {
    this.#is_old = true;
    this.#dropLoads();
    this.#store.clear();
    this.#hole = undefined;
    this.#open_lines = [];
    const page = await this.#fetch({}, signal);
    signal.throwIfAborted();
    // For an output without lines, the reader is at its beginning.
    this.#reader = page.reader;
    this.#is_old = false;
    this.#take(page);
    this.#open_lines = undefined;
    this.#listener.opened(page.lines, page.reader.places + 1, this.#types);
    return page.read_seq;
  }

  async #readPage(row: number, signal: AbortSignal): Promise<void> {
    const place = this.#placeOf(row);
    const page = await this.#fetch({ place }, signal);
    signal.throwIfAborted();
    this.#take(page);
    this.#fillUp(place, page);
  }

  async #fetch({ place, seq }: { place?: number; seq?: number }, signal?: AbortSignal): Promise<LoadedPage> {
    const types = this.#types;
    const query = [
      place !== undefined && `line=${place}&lead=${LEAD_LINES_MAX}`,
      seq !== undefined && `seq=${seq}`,
      types.length < OUTPUT_TYPES.length && `type=${types.join(",")}`,
    ];
    const path = linesPath(this.id, query.filter(Boolean).join("&"));
    const text = await this.#session.text(path, signal);
    return readPage(text, types, place);
  }

  #take({ lines, hole }: LoadedPage): void {
    if (hole && (hole.from !== this.#hole?.from || hole.size !== this.#hole.size)) {
      const place = this.#placeOf(this.#listener.top());
      this.#hole = hole;
      this.#listener.moveTo(this.rowOf(place));
    }
    // The live reader draws on its last lines, and brings what comes after them.
    const [first, places] = [lines[0]?.place ?? 0, this.#reader?.places ?? 0];
    for (const line of this.#reader?.changing ?? []) if (line.place >= first) this.#store.put(line);
    for (const line of lines) if (line.place <= places) this.#store.put(line);
  }

  /** Lines that the log has dropped are not requested again. */
  #fillUp(place: number, { lines }: LoadedPage): void {
    const known = this.#store.get(place);
    if (known && !known.is_provisional) return;
    const [first] = lines.filter((line) => line.place > place);
    const end = Math.min(first?.place ?? this.#ended + 1, place + AHEAD_LINES);
    for (let at = place; at < end; at++) this.#store.put(missingLine(at));
  }
}
