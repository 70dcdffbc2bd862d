import { ChunkedBody } from "./chunked.ts";
import { Frames, textOf } from "./frames.ts";

/** From the client to the server, or back. */
export type Way = "up" | "down";

/** A complete message, or a part of an open answer: the unit that passes a proxy. */
export interface Piece {
  way: Way;
  /** Its kind: `hello`, `lease`, `chunks`, `chunks.answer`, `follow.part` … */
  kind: string;
  bytes: Buffer;
  /** The execution that it names, if it names one. */
  execution?: string;
}

/** The state that both directions of one connection share. */
export interface Conversation {
  asked: { kind: string; has_body: boolean; execution?: string }[];
  is_socket: boolean;
  /** The last request, which is the connection's use. */
  use: string;
}

export function newConversation(): Conversation {
  return { asked: [], is_socket: false, use: "" };
}

/** The longest body that is gathered into one piece. */
const WHOLE_BYTES_MAX = 4 * 1024 * 1024;

type Body = { left: number; gathered: Buffer[] | undefined } | { chunked: ChunkedBody } | { endless: true };

/** Cuts one direction of a connection, HTTP and perhaps a WebSocket afterwards, into messages. */
export class Messages {
  readonly #way: Way;
  readonly #conversation: Conversation;
  readonly #frames = new Frames();
  #rest: Buffer = Buffer.alloc(0);
  #kind = "";
  #execution: string | undefined;
  #body: Body | undefined;

  constructor(way: Way, conversation: Conversation) {
    this.#way = way;
    this.#conversation = conversation;
  }

  push(data: Buffer): Piece[] {
    if (this.#conversation.is_socket) return this.#frames.push(data).map((frame) => this.#framePiece(frame));
    this.#rest = Buffer.concat([this.#rest, data]);
    const pieces: Piece[] = [];
    for (;;) {
      const piece = this.#body === undefined ? this.#head() : this.#more(this.#body);
      if (piece === undefined) break;
      if (piece.bytes.length > 0) pieces.push(piece);
    }
    if (this.#conversation.is_socket && this.#rest.length > 0) {
      const frames = this.#rest;
      this.#rest = Buffer.alloc(0);
      return [...pieces, ...this.push(frames)];
    }
    return pieces;
  }

  /** The head of a request or an answer, with its body if that is short and of known length. */
  #head(): Piece | undefined {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const text = this.#rest.subarray(0, end + 2).toString("latin1");
    let head = this.#rest.subarray(0, end + 4);
    this.#rest = this.#rest.subarray(end + 4);
    if (this.#way === "up") head = this.#request(text);
    else this.#answer(text);
    if (this.#body === undefined || "chunked" in this.#body || "endless" in this.#body)
      return this.#piece(head);
    this.#body.gathered?.push(head);
    return this.#body.gathered === undefined ? this.#piece(head) : this.#piece(Buffer.alloc(0));
  }

  #request(text: string): Buffer {
    const [, method = "", path = ""] = /^(\S+) (\S+)/.exec(text) ?? [];
    const [kind, execution] = requestKind(method, path);
    this.#kind = kind;
    this.#execution = execution;
    this.#conversation.use = kind;
    this.#conversation.asked.push({
      kind,
      has_body: method !== "HEAD",
      ...(execution === undefined ? {} : { execution }),
    });
    this.#body = bodyOf(text, false);
    // Compressed frames could not be told apart.
    return Buffer.from(`${text.replace(/^sec-websocket-extensions:.*\r\n/im, "")}\r\n`, "latin1");
  }

  #answer(text: string): void {
    const status = Number(/^\S+ (\d+)/.exec(text)?.[1]);
    const asked = status === 100 ? this.#conversation.asked[0] : this.#conversation.asked.shift();
    this.#kind = `${asked?.kind ?? "unasked"}.answer`;
    this.#execution = asked?.execution;
    if (status === 101) this.#conversation.is_socket = true;
    const is_empty = asked?.has_body === false || status < 200 || status === 204 || status === 304;
    this.#body = is_empty ? undefined : bodyOf(text, true);
  }

  #more(body: Body): Piece | undefined {
    if (this.#rest.length === 0 && !("left" in body && body.left === 0)) return undefined;
    const taken =
      "endless" in body
        ? this.#rest.length
        : "chunked" in body
          ? body.chunked.take(this.#rest)
          : Math.min(body.left, this.#rest.length);
    const bytes = this.#rest.subarray(0, taken);
    this.#rest = this.#rest.subarray(taken);
    if ("chunked" in body && body.chunked.done) this.#body = undefined;
    if (!("left" in body)) return this.#piece(bytes, ".part");
    body.left -= taken;
    body.gathered?.push(bytes);
    if (body.left === 0) this.#body = undefined;
    if (body.gathered === undefined) return this.#piece(bytes, ".part");
    return this.#piece(body.left === 0 ? Buffer.concat(body.gathered) : Buffer.alloc(0));
  }

  #framePiece(frame: Buffer): Piece {
    const text = textOf(frame);
    const type = text === undefined ? "frame" : text === "ping" || text === "pong" ? text : typeOf(text);
    const execution = /"execution_id":"([0-9a-f]+)"/.exec(text ?? "")?.[1];
    return { way: this.#way, kind: type, bytes: frame, ...(execution === undefined ? {} : { execution }) };
  }

  #piece(bytes: Buffer, suffix = ""): Piece {
    const execution = this.#execution;
    return {
      way: this.#way,
      kind: `${this.#kind}${suffix}`,
      bytes,
      ...(execution === undefined ? {} : { execution }),
    };
  }
}

function typeOf(text: string): string {
  if (/^\{"credit"/.test(text)) return "credit";
  return /^\{(?:[^{}]*,)?"type":"(\w+)"/.exec(text)?.[1] ?? "records";
}

function bodyOf(head: string, is_answer: boolean): Body | undefined {
  if (/^transfer-encoding:.*chunked/im.test(head)) return { chunked: new ChunkedBody() };
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length === undefined) return is_answer ? { endless: true } : undefined;
  const left = Number(length);
  return { left, gathered: left <= WHOLE_BYTES_MAX ? [] : undefined };
}

/** A request's purpose, and the execution that it names. */
function requestKind(method: string, path: string): [string, string | undefined] {
  const leased = /^\/agent\/v1\/executions\/([0-9a-f]+)\/(\w+)/.exec(path);
  if (leased) return [leased[2] ?? "", leased[1]];
  if (/^\/agent\/v1\/pools\/[^/]+\/connect/.test(path)) return ["connect", undefined];
  const output = /^\/(?:api\/)?v1\/executions\/(\w+)\/(?:output|stream)/.exec(path);
  if (output) return ["follow", output[1]];
  if (method === "POST" && /^\/(?:api\/)?v1\/executions$/.test(path)) return ["create", undefined];
  return ["request", undefined];
}
