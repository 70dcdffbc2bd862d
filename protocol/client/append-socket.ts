import * as v from "valibot";
import { ErrorBody, TailraceError } from "../base/errors.ts";
import { tryJson } from "../base/json.ts";
import { TRY_MS_MAX } from "../base/limits.ts";
import { Acknowledgement } from "../wire/append.ts";
import { PROTOCOL_HEADER, PROTOCOL_RANGE, rangeText } from "../wire/version.ts";
import type { ClientSocket } from "./client-socket.ts";
import { type Connection, segment } from "./request.ts";

interface Waiting {
  resolve: (acknowledgement: Acknowledgement) => void;
  reject: (error: unknown) => void;
}

/** The codes of a close in order: its side is done, or goes away, as after a long silence. */
const ORDERLY_CODES = [1000, 1001];

/** A producer's socket: one batch at a time. A failure closes it for good. */
export class AppendSocket {
  readonly #socket: ClientSocket;
  #waiting: Waiting | undefined;
  #end: "closed" | "lost" | undefined;
  /** Whether the server has taken a batch. */
  #has_taken = false;

  constructor(to: Connection, id: string, lease: string) {
    const address = `${to.url.replace(/^http/, "ws")}/agent/v1/executions/${segment(id)}/chunks`;
    const headers = { authorization: `Bearer ${lease}`, [PROTOCOL_HEADER]: rangeText(PROTOCOL_RANGE) };
    this.#socket = to.socket(address, headers);
    this.#socket.addEventListener("message", ({ data }) => this.#answer(String(data)));
    this.#socket.addEventListener("close", ({ code }) => {
      const is_orderly = this.#has_taken && ORDERLY_CODES.includes(code);
      this.#finish(is_orderly ? "closed" : "lost", "the connection was closed");
    });
    this.#socket.addEventListener("error", () => this.#lose("the connection was cut"));
  }

  /** Whether a batch may be sent, may be sent later, or never: the socket was closed in order, or has failed. */
  get state(): "connecting" | "open" | "closed" | "lost" {
    if (this.#end) return this.#end;
    return this.#socket.readyState === 0 ? "connecting" : "open";
  }

  /** Sends a batch. Throws the server's refusal, or that the connection is lost: then the batch may be stored, or not. */
  async append(batch: string): Promise<Acknowledgement> {
    const { promise, resolve, reject } = Promise.withResolvers<Acknowledgement>();
    this.#waiting = { resolve, reject };
    const late = setTimeout(() => this.#lose(`no answer came within ${TRY_MS_MAX} ms`), TRY_MS_MAX);
    try {
      if (this.state !== "open") throw new Error("the connection is not open");
      this.#socket.send(batch);
      return await promise;
    } finally {
      clearTimeout(late);
      this.#waiting = undefined;
    }
  }

  close(): void {
    this.#finish("closed", "the producer has closed it");
  }

  #answer(text: string): void {
    const waiting = this.#waiting;
    const value = tryJson(text);
    const acknowledgement = v.safeParse(Acknowledgement, value);
    const refusal = v.safeParse(ErrorBody, value);
    if (acknowledgement.success) {
      this.#has_taken = true;
      waiting?.resolve(acknowledgement.output);
    } else if (refusal.success) {
      const { code, faultstring, next } = refusal.output;
      waiting?.reject(new TailraceError(code, faultstring, next));
    } else this.#lose("the answer is not Tailrace's");
  }

  #lose(why: string): void {
    this.#finish("lost", why);
  }

  #finish(end: "closed" | "lost", why: string): void {
    if (this.#end) return;
    this.#end = end;
    this.#waiting?.reject(new Error(why));
    this.#socket.close();
  }
}
