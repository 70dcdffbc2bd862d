import type { IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import type { Duplex } from "node:stream";
import {
  answerHead,
  type Fetch,
  fetchFailed,
  type HttpAnswer,
  type HttpRequest,
} from "../../protocol/client/http.ts";
import { isRedirect, type Redirectable, redirectedByFetch } from "../../protocol/client/redirect.ts";
import { http } from "../base/http.ts";

interface WholeRequest extends Redirectable {
  signal: AbortSignal | undefined;
}

/**
 * `fetch` for requests and answers that are whole in memory. Node's own `fetch` copies each body several times; this gives the body's
 * memory to the socket. It uses Node's shared connections, and the same proxies as `fetch`. Failures of the network have the form that
 * they have from `fetch`, because a raw one looks like a failure of the disk.
 */
export const fetchWhole: Fetch = async (url, request) => {
  let next = requestOf(url, request);
  for (let redirects = 0; ; redirects++) {
    const { message, body } = await answered(next);
    const { statusCode = 0, headers } = message;
    if (!isRedirect(statusCode, headers.location)) return answerOf(message, body);
    next = redirectedByFetch(next, statusCode, headers.location, redirects);
  }
};

function requestOf(url: string, { method = "GET", headers, body, signal }: HttpRequest): WholeRequest {
  return {
    url: new URL(url),
    method,
    headers: { "user-agent": "tailrace", ...headers },
    secret_headers: [],
    // The socket would make room for three bytes a character.
    body: typeof body === "string" ? Buffer.from(body) : body,
    signal,
  };
}

/** The answer to a request, once it is complete. */
function answered(request: WholeRequest): Promise<{ message: IncomingMessage; body: Buffer<ArrayBuffer> }> {
  const { url, method, headers, body, signal } = request;
  const length = body === undefined ? {} : { "content-length": String(body.length) };
  const send = url.protocol === "https:" ? requestHttps : http.request;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const sent = send(url, { method, headers: { ...headers, ...length } });
    const onAbort = () => sent.destroy();
    signal?.addEventListener("abort", onAbort);
    const fail = (error: Error) => reject(signal?.aborted ? signal.reason : fetchFailed(error));
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

function answerOf(message: IncomingMessage, body: Buffer<ArrayBuffer>): HttpAnswer {
  return {
    ...answerHead(message),
    get body() {
      return new Blob([body]).stream();
    },
    text: async () => new TextDecoder().decode(body),
    arrayBuffer: async () => new Uint8Array(body).buffer,
  };
}
