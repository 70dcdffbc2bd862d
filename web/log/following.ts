import { retry } from "../../protocol/base/retry.ts";
import type { Status } from "../../protocol/base/status.ts";
import { isTransient } from "../../protocol/client/client.ts";
import type { Chunk } from "../../protocol/wire/chunk.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import type { Connection } from "../server/connection.ts";
import type { Session } from "../server/session.ts";
import { firstPaint } from "./first-paint.ts";

/** Takes the records of a followed output. */
export interface Taker {
  /** Reads the last lines. Returns the seq of the last chunk in them. */
  open: (signal: AbortSignal) => Promise<number>;
  take: (chunk: Chunk) => void;
  status: (status: Status) => void;
  /** Chunks have arrived, or the state of the connection has changed. */
  changed: () => void;
}

/** How long arriving records are processed before the page may do other work. */
const TURN_MS_MAX = 8;

/** The connection to one output: opens it, follows it from a cursor, and reports its state. */
export class Following {
  readonly #session: Session;
  readonly #id: string;
  readonly #taker: Taker;
  #connection: Connection = { kind: "loading" };
  /** Created on first use: aborting an unused controller costs 8 ms. */
  #abort: AbortController | undefined;
  /** The last chunk that has been taken; undefined until the output has been opened. */
  #cursor: number | undefined;
  /** A known gap: the chunks after `from`, up to `to`. */
  #missing: { from: number; to: number } | undefined;

  constructor(session: Session, id: string, taker: Taker) {
    this.#session = session;
    this.#id = id;
    this.#taker = taker;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Opens the output, then follows it to its end. */
  start(): Promise<void> {
    this.#cursor = undefined;
    this.#set({ kind: "loading" });
    return this.#run();
  }

  /** The open connection may be dead: it reconnects from the cursor. */
  async resume(): Promise<void> {
    const { kind } = this.#connection;
    if (kind === "ended" || kind === "failed") return;
    if (this.#cursor === undefined) this.#set({ kind: "loading" });
    else this.#set({ kind: "reconnecting", at_ms: performance.now() });
    await this.#run();
  }

  stop(): void {
    this.#abort?.abort();
    this.#missing = undefined;
  }

  async #run(): Promise<void> {
    this.stop();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    try {
      if (this.#cursor === undefined) {
        const cursor = await this.#open(signal);
        signal.throwIfAborted();
        this.#cursor = cursor;
        this.#set({ kind: "connecting" });
        // The last lines are painted before anything else begins.
        await firstPaint();
        signal.throwIfAborted();
      }
      await this.#follow(this.#cursor, signal);
    } catch (error) {
      if (!signal.aborted) this.#set({ kind: "failed", error });
    }
  }

  #open(signal: AbortSignal): Promise<number> {
    return retry(() => this.#taker.open(signal), {
      signal,
      isWorth: isTransient,
      onWait: (error, wait_ms) => this.#set({ kind: "loading", at_ms: performance.now() + wait_ms, error }),
    });
  }

  async #follow(after: number, signal: AbortSignal): Promise<void> {
    const records = this.#session.client.follow(this.#id, {
      after,
      transport: "websocket",
      keepsPace: () => !document.hidden,
      signal,
      onReconnect: (_, wait_ms) => {
        this.#missing = undefined;
        this.#set({ kind: "reconnecting", at_ms: performance.now() + wait_ms });
      },
      onBehind: (last_seq) => this.#measure(last_seq),
    });
    let turn_ms = performance.now();
    for await (const record of records) {
      if (!isChunk(record) && record.event === "end") {
        this.#missing = undefined;
        this.#set({ kind: "ended", end: record });
        this.#taker.status(record.status);
        return;
      }
      if (isChunk(record)) {
        // Lines that the log has dropped cannot be counted, so the log is read again.
        if (record.gap?.first_seq !== undefined) return void this.start();
        this.#take(record);
      } else if (record.event === "status") {
        if (record.last_seq !== undefined) this.#measure(record.last_seq);
        this.#taker.status(record.status);
      }
      if (performance.now() - turn_ms < TURN_MS_MAX) continue;
      await nextTurn();
      turn_ms = performance.now();
    }
  }

  #take(chunk: Chunk): void {
    this.#cursor = chunk.seq;
    this.#taker.take(chunk);
    if (this.#missing) this.#measure(this.#missing.to);
    // A completed execution reports the length of its log.
    else if (this.#connection.kind !== "live") this.#set({ kind: "catching_up", share: undefined });
    this.#taker.changed();
  }

  /** Notes the end of the log. A reader that has reached it is live. */
  #measure(last_seq: number): void {
    const cursor = this.#cursor ?? 0;
    if (cursor >= last_seq) {
      this.#missing = undefined;
      if (this.#connection.kind !== "live") this.#set({ kind: "live" });
      return;
    }
    const { from } = this.#missing ?? { from: cursor };
    this.#missing = { from, to: last_seq };
    this.#set({ kind: "catching_up", share: (cursor - from) / (last_seq - from) });
  }

  #set(connection: Connection): void {
    this.#connection = connection;
    this.#taker.changed();
  }
}

/** Lets the page draw and react before more records are processed. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
}
