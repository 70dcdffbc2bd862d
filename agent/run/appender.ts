import { TailraceError } from "../../protocol/base/errors.ts";
import { APPEND_MESSAGE_CHARS_MAX } from "../../protocol/base/limits.ts";
import type { AppendSocket } from "../../protocol/client/append-socket.ts";
import type { Client } from "../../protocol/client/client.ts";
import type { Acknowledgement } from "../../protocol/wire/append.ts";
import { countSent } from "../base/meter.ts";
import type { SpooledBatch } from "../spool/batch.ts";

/** Small batches in a row, each soon after the last one, that make a steady stream. */
const STEADY_BATCHES = 4;
const STEADY_MS_MAX = 10_000;

/** How long batches are posted after a socket has failed: a network may let no WebSocket pass. */
const RETRY_MS = 60_000;

/**
 * Sends a run's batches: by requests, and small ones of a steady stream over a socket, where a batch costs less. A server without a
 * budget, or of an earlier release, gets requests only. If a socket fails, its batch is posted, which repeats it at most: the log
 * takes a batch once.
 */
export class Appender {
  readonly #client: Client;
  readonly #id: string;
  #socket: AppendSocket | undefined;
  /** The lease of the socket. */
  #token: string | undefined;
  #small_batches = 0;
  #sent_ms = Number.NEGATIVE_INFINITY;
  #retry_ms = Number.NEGATIVE_INFINITY;

  constructor(client: Client, id: string) {
    this.#client = client;
    this.#id = id;
  }

  /** Sends a batch, and counts how long its acknowledgement took. */
  async append(token: string, batch: SpooledBatch): Promise<Acknowledgement> {
    const began_ms = performance.now();
    const acknowledgement = await this.#send(token, batch);
    countSent(batch.body.length, began_ms);
    return acknowledgement;
  }

  async #send(token: string, { body }: SpooledBatch): Promise<Acknowledgement> {
    this.#count(body.length);
    const socket = this.#open(token, body.length);
    if (socket) {
      try {
        return await socket.append(body.toString());
      } catch (error) {
        this.#drop(socket);
        if (error instanceof TailraceError) throw error;
      }
    }
    const acknowledgement = await this.#client.append(this.#id, token, body);
    if (acknowledgement.budget !== undefined) this.#connect(token);
    return acknowledgement;
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #count(bytes: number): void {
    const now_ms = performance.now();
    const is_steady = bytes <= APPEND_MESSAGE_CHARS_MAX && now_ms - this.#sent_ms <= STEADY_MS_MAX;
    this.#small_batches = is_steady ? this.#small_batches + 1 : 0;
    this.#sent_ms = now_ms;
  }

  /** The socket, if it takes a batch of this size now. */
  #open(token: string, bytes: number): AppendSocket | undefined {
    const socket = this.#socket;
    if (socket === undefined) return undefined;
    if (socket.state === "lost" || socket.state === "closed") this.#drop(socket);
    else if (token !== this.#token) this.close();
    else if (socket.state === "open" && bytes <= APPEND_MESSAGE_CHARS_MAX) return socket;
    return undefined;
  }

  /** Opens a socket for the batches to come, if the stream is steady. */
  #connect(token: string): void {
    if (this.#socket || this.#small_batches < STEADY_BATCHES || performance.now() < this.#retry_ms) return;
    this.#socket = this.#client.appendSocket(this.#id, token);
    this.#token = token;
  }

  /** After a failure, batches are posted for a while. A server that has closed the socket in order takes another one. */
  #drop({ state }: AppendSocket): void {
    this.close();
    if (state !== "closed") this.#retry_ms = performance.now() + RETRY_MS;
  }
}
