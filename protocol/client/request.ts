import * as v from "valibot";
import { type ErrorCode, isErrorCode, TailraceError } from "../base/errors.ts";
import { oneLine } from "../base/failure-text.ts";
import { parseJson, tryJson } from "../base/json.ts";
import { BODY_BYTES_PER_SECOND_MIN, PAGE_EXECUTIONS_MAX, TRY_MS_MAX } from "../base/limits.ts";
import { writeExact } from "../base/numbers.ts";
import { Tombstone } from "../base/tombstone.ts";
import { PROTOCOL_HEADER, PROTOCOL_RANGE, rangeText } from "../wire/version.ts";
import type { ClientSocket } from "./client-socket.ts";
import { credentialHeaders } from "./credential.ts";
import type { Fetch, HttpAnswer, HttpRequest } from "./http.ts";

/** How a client reaches its server. `fetch` and `socket` are injected, so that any runtime can use it. */
export interface Connection {
  /** The server's origin, for example `http://127.0.0.1:7171`. */
  url: string;
  /** An API key, or a token. */
  key: string;
  /** The id of all its requests, which the server's log names. Without it, the server gives each request an id. */
  request_id?: string;
  /** The W3C `traceparent` of all its requests: the span of which they are a part. */
  traceparent?: string;
  fetch: Fetch;
  /** Opens a WebSocket. If the runtime's has no headers, the key is in the offered protocols (`offerProtocols`). */
  socket: (url: string, headers: Record<string, string>) => ClientSocket;
}

/** Characters that a message repeats of an answer that is not the server's, such as a proxy's page. */
const FOREIGN_TEXT_CHARS_MAX = 200;

/** Characters of such an answer that are searched: the search for tags takes quadratic time. */
const FOREIGN_HEAD_CHARS_MAX = 4_096;

/**
 * Sends a request and returns the answer. Throws a `TailraceError` if the server refuses it. Its own headers are written in small
 * letters, without the class `Headers`: that alone would load all of Node's `fetch` into a command.
 */
export async function send(to: Connection, path: string, request: HttpRequest = {}): Promise<HttpAnswer> {
  const headers = {
    [PROTOCOL_HEADER]: rangeText(PROTOCOL_RANGE),
    ...(request.headers?.authorization === undefined ? credentialHeaders(to.key) : {}),
    ...(to.request_id === undefined ? {} : { "x-request-id": to.request_id }),
    ...(to.traceparent === undefined ? {} : { traceparent: to.traceparent }),
    ...request.headers,
  };
  const response = await to.fetch(to.url + path, { ...request, headers });
  if (response.ok) return response;
  throw await failure(response);
}

/** Opens a response that stays open. Fails if its head does not come in time. The reader of the body has its own bound. */
export async function open(to: Connection, path: string, request: HttpRequest = {}): Promise<HttpAnswer> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer came within ${TRY_MS_MAX} ms`)), TRY_MS_MAX);
  const signal = request.signal ? AbortSignal.any([request.signal, late.signal]) : late.signal;
  try {
    return await send(to, path, { ...request, signal });
  } finally {
    clearTimeout(timer);
  }
}

/** Ends one attempt of a repeated request. A body that cannot be sent in parts gets additional time. */
export function tryLimit(body_bytes = 0): AbortSignal {
  return AbortSignal.timeout(TRY_MS_MAX + Math.ceil((body_bytes / BODY_BYTES_PER_SECOND_MIN) * 1000));
}

/** A name as one part of a path. Throws `invalid` for a name that would change the path. */
export function segment(name: string): string {
  if (["", ".", ".."].includes(name) || !name.isWellFormed())
    throw new TailraceError("invalid", `"${name}" is not a valid name.`);
  return encodeURIComponent(name);
}

/** Every row of a list. Reads it page by page, because only an administrator may read it all at once. */
export async function pages<T>(
  to: Connection,
  path: string,
  filter: Record<string, string> = {},
): Promise<T[]> {
  const rows: T[] = [];
  while (true) {
    const page = { limit: String(PAGE_EXECUTIONS_MAX), offset: String(rows.length) };
    const more = await call<T[]>(to, "GET", `${path}?${new URLSearchParams({ ...filter, ...page })}`);
    rows.push(...more);
    if (more.length < PAGE_EXECUTIONS_MAX) return rows;
  }
}

/** Sends a JSON body (or none) and reads the JSON answer. */
export async function call<T>(
  to: Connection,
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const request: HttpRequest = { method };
  if (signal) request.signal = signal;
  if (body !== undefined) {
    request.body = writeExact(body);
    request.headers = { "content-type": "application/json" };
  }
  const response = await send(to, path, request);
  return answerOf(response);
}

/** The JSON body of an answer. Its type is not checked. */
export async function answerOf<T>(response: HttpAnswer): Promise<T> {
  const text = await response.text();
  try {
    return parseJson(text, { exact: true }) as T;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ForeignAnswer("unavailable", `The answer is not Tailrace's: ${foreignText(text)}`);
  }
}

/** A checked answer of the server. Throws a `ForeignAnswer` if another program has answered. */
export function asOurs<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new ForeignAnswer("unavailable", "The answer is JSON, but not Tailrace's.");
}

/**
 * An answer that is not the server's own: a proxy's page, or an empty body. Its code comes from the HTTP status, and says nothing
 * about the server's data.
 */
export class ForeignAnswer extends TailraceError {}

/** A failing answer as an error with a code, also if a proxy made it. */
export async function failure(response: HttpAnswer): Promise<TailraceError> {
  const text = await response.text();
  const body = readError(text);
  if (body) {
    const { code, faultstring, next, request_id, ...rest } = body;
    const tombstone = code === "expired" ? readTombstone(rest) : undefined;
    return new TailraceError(code, faultstring, next, tombstone, request_id);
  }
  const { status } = response;
  return new ForeignAnswer(codeOfStatus(status), `HTTP ${status}, not from Tailrace: ${foreignText(text)}`);
}

/** The text of a page, in one line: its title, or its beginning without tags. */
function foreignText(text: string): string {
  const head = text.slice(0, FOREIGN_HEAD_CHARS_MAX);
  const title = /<title[^>]*>([^<]+)/i.exec(head)?.[1];
  const words = oneLine(title ?? head.replace(/<[^>]*>/g, " ")).replace(/\s+/g, " ");
  return words === "" ? "an empty answer" : `"${words.slice(0, FOREIGN_TEXT_CHARS_MAX)}"`;
}

/** Whether the same request may succeed later: the network failed, or the server is full or restarts. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof TailraceError)) return true;
  return error.status >= 500 || error.code === "too_many" || error.code === "body_timeout";
}

function readTombstone(value: unknown): Tombstone | undefined {
  const tombstone = v.safeParse(Tombstone, value);
  return tombstone.success ? tombstone.output : undefined;
}

const ErrorHead = v.looseObject({
  faultstring: v.string(),
  code: v.custom<ErrorCode>(isErrorCode),
  next: v.exactOptional(v.number()),
  request_id: v.exactOptional(v.string()),
});

function readError(text: string): v.InferOutput<typeof ErrorHead> | undefined {
  const body = v.safeParse(ErrorHead, tryJson(text));
  return body.success ? body.output : undefined;
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 413) return "too_large";
  if (status === 429) return "too_many";
  return status >= 500 ? "unavailable" : "invalid";
}

/** The query of a request that may name a pool. */
export function poolQuery(pool: string | undefined): string {
  return pool === undefined ? "" : `?${new URLSearchParams({ pool })}`;
}
