import { type Chunk, OUTPUT_TYPES, type OutputType } from "../../protocol/chunk.ts";
import { TailraceError } from "../../protocol/errors.ts";
import type { EndEvent } from "../../protocol/record.ts";
import type { Status } from "../../protocol/status.ts";
import type { Session } from "../session.ts";
import { LinesStore } from "./lines-store.ts";
import { type Hole, type LoadedPage, type PageReader, readPage } from "./page-reader.ts";
import type { ShownLine } from "./screen.ts";

/** How the connection stands, and nothing that is not so. */
export type Connection =
  | { kind: "loading" }
  | { kind: "live" }
  | { kind: "catching_up"; share: number }
  | { kind: "reconnecting"; at_ms: number }
  | { kind: "ended"; end: EndEvent }
  | { kind: "failed"; error: unknown };

/** What the log tells those who show it. */
export interface LogListener {
  /** Lines have come, or the connection stands otherwise. */
  changed: () => void;
  /** Rows count otherwise now, as the log turned out to have a hole: where the reader is, and where that is now. */
  top: () => number;
  moveTo: (row: number) => void;
  /** The execution is in another status. */
  status: (status: Status) => void;
}

/** How long what comes is taken in before the page may do something else. */
const TURN_MS_MAX = 8;

/** Chunks behind the end from which on it is worth saying so. */
const BEHIND_CHUNKS = 200;

/** Lines read beyond those that are wanted, so that scrolling finds them there. */
const AHEAD_LINES = 300;

/** One output: its lines by their place, read as they are wanted, and what comes live. */
export class OutputLog {
  readonly id: string;
  readonly #session: Session;
  readonly #listener: LogListener;
  readonly #store = new LinesStore();
  #types: readonly OutputType[] = OUTPUT_TYPES;
  #hole: Hole | undefined;
  #reader: PageReader | undefined;
  #open: ShownLine[] = [];
  #cursor = 0;
  #target = 0;
  #start = 0;
  #connection: Connection = { kind: "loading" };
  #abort = new AbortController();
  #loading = false;
  #wanted: { from: number; to: number } | undefined;

  constructor(session: Session, id: string, listener: LogListener) {
    this.#session = session;
    this.id = id;
    this.#listener = listener;
  }

  get connection(): Connection {
    return this.#connection;
  }

  get types(): readonly OutputType[] {
    return this.#types;
  }

  /** Rows that there are: lines that have ended, and those that have not. */
  get count(): number {
    return this.#ended + this.#open.length;
  }

  get #ended(): number {
    return (this.#reader?.places ?? 0) - (this.#hole?.size ?? 0);
  }

  /** The line of a row; undefined where it has not been read yet. */
  line(row: number): ShownLine | undefined {
    if (row >= this.#ended) return this.#open[row - this.#ended];
    return this.#store.get(this.#placeOf(row));
  }

  /** The row of a place, which is a line's number where all streams are read. */
  rowOf(place: number): number {
    const hole = this.#hole;
    if (!hole || place <= hole.from) return place - 1;
    return Math.max(hole.from - 1, place - 1 - hole.size);
  }

  #placeOf(row: number): number {
    const hole = this.#hole;
    return hole && row >= hole.from ? row + 1 + hole.size : row + 1;
  }

  /** Reads the last lines, then follows. */
  async open(types: readonly OutputType[] = OUTPUT_TYPES): Promise<void> {
    this.close();
    const { signal } = this.#abort;
    this.#types = types;
    this.#store.clear();
    this.#hole = undefined;
    this.#open = [];
    this.#set({ kind: "loading" });
    try {
      const page = await this.#fetch("");
      if (signal.aborted) return;
      // An output that has no line yet is read from its beginning.
      this.#reader = page.reader;
      this.#take(page);
      this.#open = page.reader.open();
      this.#cursor = page.read_seq;
      this.#start = page.read_seq;
      this.#target = page.last_seq;
      this.#set({ kind: "live" });
      await this.#follow(signal);
    } catch (error) {
      if (!signal.aborted) this.#set({ kind: "failed", error });
    }
  }

  close(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#wanted = undefined;
  }

  /** The network is back, or the machine was asleep: what is open may be dead, so it is tried anew from the cursor. */
  async resume(): Promise<void> {
    const { kind } = this.#connection;
    if (kind === "ended" || kind === "failed" || kind === "loading") return;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#wanted = undefined;
    const { signal } = this.#abort;
    try {
      await this.#follow(signal);
    } catch (error) {
      if (!signal.aborted) this.#set({ kind: "failed", error });
    }
  }

  /** The reader looks at these rows: what of them is missing is read. */
  look(first: number, last: number): void {
    this.#store.focus = this.#placeOf(first);
    const from = Math.max(0, first - AHEAD_LINES);
    const to = Math.min(this.#ended, last + AHEAD_LINES);
    for (let row = from; row < to; row++) {
      if (this.#store.get(this.#placeOf(row)) !== undefined) continue;
      this.#wanted = { from: row, to };
      void this.#load();
      return;
    }
    this.#wanted = undefined;
  }

  /** The lines from one row to another, whether they have been read or not. */
  async *lines(first: number, last: number): AsyncGenerator<ShownLine> {
    let page: Map<number, ShownLine> = new Map();
    for (let row = first; row <= last; row++) {
      const place = this.#placeOf(row);
      let line = this.line(row) ?? page.get(place);
      if (line === undefined) {
        const { lines } = await this.#fetch(`line=${place}`);
        page = new Map(lines.map((read) => [read.place, read]));
        line = page.get(place);
      }
      if (line) yield line;
    }
  }

  /** The place of the line that a chunk's text begins in. */
  async placeOfSeq(seq: number): Promise<number | undefined> {
    const { lines } = await this.#fetch(`seq=${seq}`);
    const begun = lines.find((line) => line.seq === seq) ?? lines.findLast((line) => line.seq < seq);
    return begun?.place;
  }

  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    const { signal } = this.#abort;
    try {
      while (this.#wanted && !signal.aborted) {
        const { from } = this.#wanted;
        this.#wanted = undefined;
        const page = await this.#fetch(`line=${this.#placeOf(from)}`);
        if (signal.aborted) break;
        this.#take(page);
        this.#fillUp(this.#placeOf(from), page);
        this.#listener.changed();
      }
    } catch {
      // The connection says that it is lost; what is looked at next asks again.
    } finally {
      this.#loading = false;
    }
  }

  async #fetch(place: string): Promise<LoadedPage> {
    const types = this.#types.length === OUTPUT_TYPES.length ? "" : `&type=${this.#types.join(",")}`;
    const path = `/api/v1/executions/${this.id}/output/lines?${place}${types}`;
    const response = await this.#session.request(path, { signal: this.#abort.signal });
    return readPage(await response.text(), this.#types);
  }

  #take({ lines, hole }: LoadedPage): void {
    if (hole && (hole.from !== this.#hole?.from || hole.size !== this.#hole.size)) {
      const place = this.#placeOf(this.#listener.top());
      this.#hole = hole;
      this.#listener.moveTo(this.rowOf(place));
    }
    for (const line of lines) this.#store.put(line);
  }

  /** What the log does not have any more is not asked for again. */
  #fillUp(place: number, { lines }: LoadedPage): void {
    if (this.#store.get(place) !== undefined) return;
    const [first] = lines.filter((line) => line.place > place);
    const end = Math.min(first?.place ?? this.#ended + 1, place + AHEAD_LINES);
    const gap = { reason: "limit" as const, bytes: null };
    const base = {
      seq: 0,
      timestamp: "",
      output_type: "other" as const,
      text: "",
      omitted: 0,
      headless: true,
    };
    for (let at = place; at < end; at++) this.#store.put({ ...base, number: at, place: at, gap });
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const records = this.#session.client.follow(this.id, {
      after: this.#cursor,
      transport: "websocket",
      signal,
      onReconnect: (_, wait_ms) => this.#set({ kind: "reconnecting", at_ms: Date.now() + wait_ms }),
    });
    let turn_ms = performance.now();
    for await (const record of records) {
      if (this.#connection.kind === "reconnecting") void this.#reconnected();
      if ("seq" in record) {
        if (record.gap?.first_seq !== undefined) {
          // What the log no longer has has no lines to count: it is read anew, from what it has.
          void this.open(this.#types);
          return;
        }
        this.#append(record);
      } else if (record.event === "status") this.#listener.status(record.status);
      else if (record.event === "end") {
        this.#set({ kind: "ended", end: record });
        this.#listener.status(record.status);
        return;
      }
      if (performance.now() - turn_ms < TURN_MS_MAX) continue;
      await nextTurn();
      turn_ms = performance.now();
    }
  }

  #append(chunk: Chunk): void {
    for (const line of this.#reader?.read(chunk) ?? []) this.#store.put(line);
    this.#open = this.#reader?.open() ?? [];
    this.#cursor = chunk.seq;
    const left = this.#target - this.#cursor;
    if (this.#connection.kind === "catching_up" || left > BEHIND_CHUNKS) {
      const share = (this.#cursor - this.#start) / Math.max(1, this.#target - this.#start);
      this.#connection = left > 0 ? { kind: "catching_up", share } : { kind: "live" };
    }
    this.#listener.changed();
  }

  /** The connection is back: how far behind it is the server knows. */
  async #reconnected(): Promise<void> {
    this.#set({ kind: "live" });
    try {
      const { output } = await this.#session.client.get(this.id);
      this.#start = this.#cursor;
      this.#target = output?.last_seq ?? 0;
    } catch (error) {
      // The follower itself meets what is wrong, and says so.
      if (error instanceof TailraceError) return;
    }
  }

  #set(connection: Connection): void {
    this.#connection = connection;
    this.#listener.changed();
  }
}

/** Lets the page draw and react before more is taken in. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
}
