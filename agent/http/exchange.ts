import type { IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { Duplex } from "node:stream";
import { createUnzip } from "node:zlib";
import { isRedirect, redirected } from "../../protocol/client/redirect.ts";
import { http } from "../base/http.ts";
import type { Call } from "./call.ts";

/** The longest time of the platform's timers. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Redirects that are followed. */
const REDIRECTS_MAX = 30;

/** The server was silent for too long. */
export class SilenceError extends Error {
  override readonly name = "SilenceError";
}

/** The head of an answer. */
export interface Head {
  status_code: number;
  /** As the server wrote their names; the values of one name are joined. */
  headers: Record<string, string>;
}

/** Receives the parts of a body, decompressed. A promise holds up the next part. */
export type OnPart = (bytes: Buffer) => Promise<void> | undefined;

/** Makes a call and follows its redirects. Rejects where no complete answer comes, or once the signal aborts. */
export async function exchange(
  call: Call,
  onPart: OnPart,
  signal: AbortSignal,
  checkRedirect: (url: URL) => void = () => undefined,
): Promise<Head> {
  const silence = new Silence(call.silence_ms_max);
  let next = call;
  for (let redirects = 0; ; redirects++) {
    let response: IncomingMessage | undefined;
    try {
      response = await send(next, signal, silence);
      const { statusCode = 0, headers } = response;
      if (!call.allow_redirects || !isRedirect(statusCode, headers.location)) {
        await readBody(next, response, silence, onPart);
        return headOf(response);
      }
      const redirect = redirected(next, statusCode, headers.location);
      if (redirects === REDIRECTS_MAX) throw new Error(`Exceeded ${REDIRECTS_MAX} redirects.`);
      checkRedirect(redirect.url);
      next = redirect;
    } finally {
      silence.stop();
      response?.destroy();
    }
  }
}

/** Runs out when the server has been silent for too long. */
class Silence {
  readonly #ms_max: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms_max: number) {
    this.#ms_max = ms_max;
  }

  /** The server is waited for from now on. */
  begin(destroy: (error: Error) => void, origin: string): void {
    this.stop();
    if (this.#ms_max === 0) return;
    const error = new SilenceError(`${origin} was silent for ${this.#ms_max / 1000} s.`);
    this.#timer = setTimeout(() => destroy(error), Math.min(this.#ms_max, TIMER_MS_MAX));
  }

  /** The server is not waited for. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}

function send(call: Call, signal: AbortSignal, silence: Silence): Promise<IncomingMessage> {
  const { url, method, headers, body, verify } = call;
  const proxy = call.proxies[url.protocol];
  const proxyEnv = proxy === undefined ? process.env : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  const options = { method, headers, signal };
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === "https:"
        ? requestHttps(url, { ...options, rejectUnauthorized: verify, agent: new HttpsAgent({ proxyEnv }) })
        : http.request(url, { ...options, agent: new http.Agent({ proxyEnv }) });
    silence.begin((error) => request.destroy(error), url.origin);
    request.on("error", reject);
    request.on("response", resolve);
    // The platform reports these answers by events of their own, and otherwise not at all.
    const refuse = ({ statusCode }: IncomingMessage, socket: Duplex) => {
      socket.destroy();
      reject(new Error(`${url.origin} switches to another protocol (status ${statusCode}).`));
    };
    request.on("upgrade", refuse);
    request.on("connect", refuse);
    request.on("close", () => reject(new Error(`${url.origin} ended the connection without an answer.`)));
    request.end(body);
  });
}

async function readBody(
  { method, url }: Call,
  response: IncomingMessage,
  silence: Silence,
  onPart: OnPart,
): Promise<void> {
  const listen = () => silence.begin((error) => response.destroy(error), url.origin);
  listen();
  for await (const bytes of decompressed(method, response)) {
    silence.stop();
    await onPart(bytes);
    listen();
  }
}

async function* decompressed(method: string, response: IncomingMessage): AsyncIterable<Buffer> {
  const encoding = response.headers["content-encoding"] ?? "";
  if (method === "HEAD" || !/^(x-)?gzip$|^deflate$/i.test(encoding.trim())) {
    yield* response;
    return;
  }
  const unzip = createUnzip();
  response.on("error", (error) => unzip.destroy(error));
  try {
    yield* response.pipe(unzip);
  } catch (error) {
    // An answer without a body may name an encoding all the same.
    if (response.errored || unzip.bytesWritten > 0) throw error;
  }
}

function headOf({ statusCode = 0, rawHeaders }: IncomingMessage): Head {
  const headers = new Map<string, { name: string; value: string }>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    const known = headers.get(name.toLowerCase());
    if (known) known.value += `, ${value}`;
    else headers.set(name.toLowerCase(), { name, value });
  }
  return {
    status_code: statusCode,
    headers: Object.fromEntries([...headers.values()].map(({ name, value }) => [name, value])),
  };
}
