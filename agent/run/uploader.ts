import { backoffMs, pause } from "../../protocol/base/backoff.ts";
import { TailraceError } from "../../protocol/base/errors.ts";
import { BATCH_BYTES_MAX, BATCH_BYTES_MIN, END_OUTPUT_CHARS_MAX } from "../../protocol/base/limits.ts";
import type { Client } from "../../protocol/client/client.ts";
import type { EndExecution } from "../../protocol/wire/agent.ts";
import type { Log } from "../base/log.ts";
import { meter } from "../base/meter.ts";
import { diskFailure } from "../disk/failure.ts";
import type { SpooledBatch } from "../spool/batch.ts";
import type { Spool } from "../spool/spool.ts";
import { Appender } from "./appender.ts";
import { Beginning } from "./beginning.ts";
import { Gathering } from "./gathering.ts";
import { codeOf, describe, isLate, LostChunk, refusalOf } from "./refusal.ts";
import { sendEnd, sendWhole } from "./send-end.ts";

/** How an upload ended: the server has the output and the end, or the lease is lost. */
export type UploadOutcome = "ended" | "lost";

/**
 * Sends a spool to the log, with one request in flight. Each request takes all chunks that came during the last one. Only the batch
 * in flight is in memory. Requests that fail because of the network are repeated without limit.
 */
export class Uploader {
  readonly #client: Client;
  readonly #appender: Appender;
  readonly #id: string;
  readonly #spool: Spool;
  readonly #log: Log;
  readonly #onCancel: () => void;
  readonly #onStarted: () => void;
  #token: string | undefined;
  /** Whether the process has started. */
  #may_start = false;
  /** Whether the server knows that. */
  #started = false;
  #end: Omit<EndExecution, "last_seq"> | undefined;
  /** The present limit of a batch, in bytes: lower on a slow network. */
  #bytes_max = BATCH_BYTES_MAX;
  readonly #gathering = new Gathering();
  readonly #beginning: Beginning;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(options: {
    client: Client;
    id: string;
    spool: Spool;
    /** The log of the execution. */
    log: Log;
    onCancel: () => void;
    /** The log has given its next sequence number, and the spool has marked missing output. */
    onStarted: () => void;
    /** Whether the run begins here, and its server takes the start and output with the end. */
    ends_whole: boolean;
  }) {
    this.#client = options.client;
    this.#appender = new Appender(options.client, options.id);
    this.#id = options.id;
    this.#spool = options.spool;
    this.#log = options.log;
    this.#onCancel = options.onCancel;
    this.#onStarted = options.onStarted;
    this.#beginning = new Beginning(options.ends_whole, () => this.notify());
  }

  /** The process has started: reports it to the server, then sends the output. */
  start(): void {
    this.#may_start = true;
    this.#beginning.started();
    this.notify();
  }

  /** Output has come. */
  output(): void {
    this.#beginning.output();
    this.notify();
  }

  /** Work or a token has come. */
  notify(): void {
    this.#wake?.();
  }

  /** The bearer token of every request. Without it, nothing is sent. */
  setToken(token: string): void {
    this.#token = token;
    this.notify();
  }

  /** How long the log wants chunks gathered between two posts. */
  setFlush(flush_ms: number): void {
    this.#gathering.setFlush(flush_ms);
    this.notify();
  }

  /** The process has ended, or never started, and all its output is in the spool: sends the end after the output. */
  finish(end: Omit<EndExecution, "last_seq">): void {
    this.#end = end;
    this.#beginning.end();
    this.start();
  }

  /** Ends the upload: the lease is void, or over. */
  stop(): void {
    this.#stopped = true;
    this.notify();
  }

  /** Runs until the end has been accepted or the lease is lost. */
  async run(): Promise<UploadOutcome> {
    try {
      return await this.#upload();
    } finally {
      this.#appender.close();
      this.#beginning.end();
    }
  }

  async #upload(): Promise<UploadOutcome> {
    // Not a retry of one request: each step that succeeds resets the waits.
    let failures = 0;
    let disk_failures = 0;
    while (!this.#stopped) {
      const token = this.#token;
      if (token === undefined || !this.#hasWork()) {
        await this.#sleep();
        continue;
      }
      try {
        if (await this.#advance(token)) return "ended";
        if (failures > 0) this.#log.info("the server takes output again");
        failures = 0;
        disk_failures = 0;
      } catch (error) {
        meter.failures.add(1, codeOf(error));
        disk_failures = diskFailure(error, "the spool") ? disk_failures + 1 : 0;
        const refusal = refusalOf(error, disk_failures);
        if (refusal !== undefined) {
          this.#log.warn(refusal);
          return "lost";
        }
        if (isLate(error)) this.#bytes_max = Math.max(BATCH_BYTES_MIN, this.#bytes_max / 2);
        const wait_ms = backoffMs(failures++);
        if (failures === 1)
          this.#log.warn(`output waits in the spool: ${describe(error)}. Trying until the server takes it`);
        await pause(wait_ms);
      }
    }
    return "lost";
  }

  /** Takes one step. If the log answers with a gap, the next step begins at the gap. */
  async #advance(token: string): Promise<boolean> {
    try {
      return await this.#step(token);
    } catch (error) {
      if (!(error instanceof TailraceError) || error.code !== "gap" || error.next === undefined) throw error;
      this.#beginning.separate();
      if (!this.#spool.acknowledge(error.next)) throw new LostChunk(error.next);
      return false;
    }
  }

  /** One request: the start, a batch, or the end with all that is left. True once the end has been accepted. */
  async #step(token: string): Promise<boolean> {
    const end = this.#end && { last_seq: this.#spool.last_seq, ...this.#end };
    const links = { client: this.#client, id: this.#id, token, log: this.#log };
    const rest = end && this.#rest();
    if (end && rest !== undefined) {
      const is_over = await sendWhole(links, { ...end, output: rest });
      if (!is_over) this.#beginning.separate();
      return is_over;
    }
    if (!this.#started) {
      const { next, cancel, ...gathering } = await this.#client.start(this.#id, token);
      this.#started = true;
      this.#gathering.learn(gathering);
      this.#spool.meet(next);
      this.#onStarted();
      if (cancel) this.#onCancel();
      return false;
    }
    if (!this.#spool.drained) {
      await this.#gather();
      const batch = this.#spool.read(this.#bytes_max);
      if (batch) await this.#post(token, batch);
      return false;
    }
    if (!end) return false;
    await sendEnd(links, end);
    return true;
  }

  /** The output that is not in the log yet, if it may come with the end. */
  #rest(): string | undefined {
    if (!this.#beginning.takes_whole) return undefined;
    if (this.#spool.drained) return "";
    const { body, last_seq } = this.#spool.read(END_OUTPUT_CHARS_MAX) ?? {};
    const is_whole = last_seq === this.#spool.last_seq && body && body.length <= END_OUTPUT_CHARS_MAX;
    return is_whole ? body.toString() : undefined;
  }

  async #post(token: string, batch: SpooledBatch): Promise<void> {
    this.#gathering.sent(batch.last_seq - batch.first_seq + 1, performance.now());
    const { next, cancel, ...gathering } = await this.#appender.append(token, batch);
    this.#bytes_max = Math.min(BATCH_BYTES_MAX, this.#bytes_max + BATCH_BYTES_MIN);
    this.#gathering.learn(gathering);
    if (cancel) this.#onCancel();
    this.#spool.acknowledge(next, batch);
  }

  /** Waits for more output as long as the server wants. Does not wait once the process has ended. */
  async #gather(): Promise<void> {
    while (this.#end === undefined && !this.#stopped && !this.#spool.full) {
      const left_ms = this.#gathering.wait_ms(this.#spool.waiting, performance.now());
      if (left_ms <= 0) return;
      const waiting = new AbortController();
      const wake = this.#sleep().then(() => waiting.abort());
      await Promise.race([pause(left_ms, waiting.signal), wake]);
      if (!waiting.signal.aborted) return;
    }
  }

  #hasWork(): boolean {
    if (!this.#started) return this.#may_start && !this.#beginning.waits;
    return !this.#spool.drained || this.#end !== undefined;
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
