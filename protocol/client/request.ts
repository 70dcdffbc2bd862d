import * as v from "valibot";
import { type ErrorCode, isErrorCode, TailraceError } from "../base/errors.ts";
import { oneLine } from "../base/failure-text.ts";
import { parseJson, tryJson } from "../base/json.ts";
import { BODY_BYTES_PER_SECOND_MIN, PAGE_EXECUTIONS_MAX, TRY_MS_MAX } from "../base/limits.ts";
import { writeExact } from "../base/numbers.ts";
import { Tombstone } from "../base/tombstone.ts";
import { PROTOCOL_HEADER, PROTOCOL_RANGE, rangeText } from "../wire/version.ts";
import { credentialHeaders } from "./credential.ts";

/** How a client reaches its server. `fetch` and `socket` are injected, so that any runtime can use it. */
export interface Connection {
  /** The server's origin, `http://127.0.0.1:7171`. */
  url: string;
  /** An API key, or a token. */
  key: string;
  fetch: typeof fetch;
  /** Opens a WebSocket. Where the runtime's has no headers, the key travels in what it offers (`offerProtocols`). */
  socket: (url: string, headers: Record<string, string>) => WebSocket;
}

/** Characters that are told of an answer that is not ours: a proxy's page, or nothing. */
const FOREIGN_TEXT_CHARS_MAX = 200;

/** Characters of such an answer that are looked at: what finds its marks takes time by the square of these. */
const FOREIGN_HEAD_CHARS_MAX = 4_096;

/** Sends a request and gives the answer, or throws what the server said as a `TailraceError`. */
export async function send(to: Connection, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set(PROTOCOL_HEADER, rangeText(PROTOCOL_RANGE));
  if (!headers.has("authorization"))
    for (const [name, value] of Object.entries(credentialHeaders(to.key))) headers.set(name, value);
  const response = await to.fetch(to.url + path, { ...init, headers });
  if (response.ok) return response;
  throw await failure(response);
}

/** Asks for a response that stays open. Its head comes in time, or the request is over; how long its body lasts is its reader's rule. */
export async function open(to: Connection, path: string, init: RequestInit = {}): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer came within ${TRY_MS_MAX} ms`)), TRY_MS_MAX);
  const signal = init.signal ? AbortSignal.any([init.signal, late.signal]) : late.signal;
  try {
    return await send(to, path, { ...init, signal });
  } finally {
    clearTimeout(timer);
  }
}

/** Ends one try of a request that is tried again: a body that cannot be sent in parts has the time that it needs on top. */
export function tryLimit(body_bytes = 0): AbortSignal {
  return AbortSignal.timeout(TRY_MS_MAX + Math.ceil((body_bytes / BODY_BYTES_PER_SECOND_MIN) * 1000));
}

/** A name as one part of a path. Throws `invalid` for one that would make another path of it. */
export function segment(name: string): string {
  if (["", ".", ".."].includes(name) || !name.isWellFormed())
    throw new TailraceError("invalid", `"${name}" names nothing.`);
  return encodeURIComponent(name);
}

/** Every row of a list, page by page, as only an administrator may have all at once. */
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
  const init: RequestInit = { method };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    init.body = writeExact(body);
    init.headers = { "content-type": "application/json" };
  }
  const response = await send(to, path, init);
  return answerOf(response);
}

/** The JSON body of an answer, as the server's documentation types it. */
export async function answerOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  try {
    return parseJson(text, { exact: true }) as T;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ForeignAnswer("unavailable", `The answer is not Tailrace's: ${foreignText(text)}`);
  }
}

/** An answer as the server gives it. Throws a `ForeignAnswer` for what some other program makes of the request. */
export function asOurs<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new ForeignAnswer("unavailable", "The answer is JSON, and not Tailrace's.");
}

/**
 * An answer that is not the server's own: a proxy's page, or an empty body. Its code is read off the status, and says nothing of
 * what the server knows.
 */
export class ForeignAnswer extends TailraceError {}

/** What a failing answer says, as an error with a code, also when a proxy made it. */
export async function failure(response: Response): Promise<TailraceError> {
  const text = await response.text();
  const said = readError(text);
  if (said) {
    const { code, faultstring, next, ...rest } = said;
    return new TailraceError(code, faultstring, next, code === "expired" ? readTombstone(rest) : undefined);
  }
  const { status } = response;
  return new ForeignAnswer(codeOfStatus(status), `HTTP ${status}, not from Tailrace: ${foreignText(text)}`);
}

/** What a page says, in one line: its title, or its beginning without its marks. */
function foreignText(text: string): string {
  const head = text.slice(0, FOREIGN_HEAD_CHARS_MAX);
  const title = /<title[^>]*>([^<]+)/i.exec(head)?.[1];
  const words = oneLine(title ?? head.replace(/<[^>]*>/g, " ")).replace(/\s+/g, " ");
  return words === "" ? "an empty answer" : `"${words.slice(0, FOREIGN_TEXT_CHARS_MAX)}"`;
}

/** Whether trying the same again may help: the network, a full server, a server that restarts. */
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
});

function readError(text: string): v.InferOutput<typeof ErrorHead> | undefined {
  const said = v.safeParse(ErrorHead, tryJson(text));
  return said.success ? said.output : undefined;
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 413) return "too_large";
  if (status === 429) return "too_many";
  return status >= 500 ? "unavailable" : "invalid";
}
