import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Duplex } from "node:stream";
import type { Fetch } from "../../protocol/client/client.ts";
import { type Redirectable, redirected } from "./redirect.ts";

/** Redirects that are followed, as many as `fetch` follows. */
const REDIRECTS_MAX = 20;

interface WholeRequest extends Redirectable {
  signal: AbortSignal | null;
}

/**
 * `fetch` for requests and answers that are whole in memory. Node's own `fetch` copies each body several times; this gives the body's
 * memory to the socket. It uses Node's shared connections, and the same proxies as `fetch`. Failures of the network have the form that
 * they have from `fetch`, because a raw one looks like a failure of the disk.
 */
export const fetchWhole: Fetch = async (url, init) => {
  let next = requestOf(url, init);
  for (let redirects = 0; ; redirects++) {
    const { message, body } = await answered(next);
    const { statusCode = 0, headers } = message;
    const redirect = redirected(next, statusCode, headers.location);
    if (redirect === undefined) return responseOf(message, body);
    if (redirects === REDIRECTS_MAX) throw failed(new Error("redirect count exceeded"));
    next = redirect;
  }
};

function requestOf(url: string, { method = "GET", headers, body, signal = null }: RequestInit): WholeRequest {
  const is_whole = body === undefined || body === null || typeof body === "string";
  if (!is_whole && !(body instanceof Uint8Array)) throw new TypeError("The body is neither text nor bytes.");
  return {
    url: new URL(url),
    method,
    headers: { "user-agent": "tailrace", ...Object.fromEntries(new Headers(headers)) },
    secret_headers: [],
    // The socket would make room for three bytes a character.
    body: typeof body === "string" ? Buffer.from(body) : (body ?? undefined),
    signal,
  };
}

/** The answer to a request, once it is complete. */
function answered(request: WholeRequest): Promise<{ message: IncomingMessage; body: Buffer<ArrayBuffer> }> {
  const { url, method, headers, body, signal } = request;
  const length = body === undefined ? {} : { "content-length": String(body.length) };
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const sent = send(url, { method, headers: { ...headers, ...length } });
    const onAbort = () => sent.destroy();
    signal?.addEventListener("abort", onAbort);
    const fail = (error: Error) => reject(signal?.aborted ? signal.reason : failed(error));
    sent.on("error", fail);
    let isAnswered = false;
    sent.on("response", (message) => {
      const parts: Buffer[] = [];
      message.on("data", (bytes: Buffer) => parts.push(bytes));
      message.on("error", fail);
      message.on("end", () => {
        isAnswered = true;
        resolve({ message, body: Buffer.concat(parts) });
        // A refusal may come before the body is sent, and the caller uses the body's memory again.
        if (!sent.writableFinished) sent.destroy();
      });
    });
    // Node reports a change of the protocol by this event, and otherwise not at all.
    sent.on("upgrade", ({ statusCode }: IncomingMessage, socket: Duplex) => {
      socket.destroy();
      fail(new Error(`the server switches to another protocol (status ${statusCode})`));
    });
    sent.on("close", () => {
      signal?.removeEventListener("abort", onAbort);
      // An error costs more than the rest of a short request.
      if (isAnswered) return;
      fail(Object.assign(new Error("the connection ended within the answer"), { code: "ECONNRESET" }));
    });
    sent.end(body);
  });
}

function responseOf({ statusCode = 0, rawHeaders }: IncomingMessage, body: Buffer<ArrayBuffer>): Response {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return new Response(BODILESS.includes(statusCode) ? null : body, { status: statusCode, headers });
}

/** The statuses whose answers have no body. */
const BODILESS = [204, 205, 304];

function failed(cause: Error): TypeError {
  return new TypeError("fetch failed", { cause });
}
