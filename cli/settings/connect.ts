import { randomUUID } from "node:crypto";
import { Client, type Fetch } from "../../protocol/client/client.ts";
import { fetchByHttp } from "../base/fetch.ts";
import { traceparent } from "../base/tracing.ts";
import { type Config, type ConfigFlags, readConfig } from "./config.ts";

/** How long a server may take to begin its answer. After that, it counts as unreachable. */
const ANSWER_MS_MAX = 60_000;

/** The id of this command's requests. The server's and the agents' logs name it. */
const REQUEST_ID = randomUUID();

/** The client for a command's flags. A command whose answer takes much work waits longer. */
export function connect(flags: ConfigFlags, answer_ms_max = ANSWER_MS_MAX): Client {
  return clientFor(readConfig(flags), answer_ms_max);
}

/** A client of this process, whose requests have one id. */
export function clientFor({ url, key }: Pick<Config, "url" | "key">, answer_ms_max = ANSWER_MS_MAX): Client {
  const trace = traceparent();
  return new Client({
    url,
    key,
    request_id: REQUEST_ID,
    ...(trace === undefined ? {} : { traceparent: trace }),
    fetch: fetchWithin(answer_ms_max),
    // Node's own, which takes headers.
    socket: (address, headers) => new WebSocket(address, { headers }),
  });
}

/** Requests with a bound on the time until an answer begins. The reader of the body has its own bound. */
export function fetchWithin(ms_max: number): Fetch {
  return async (url, request) => {
    const late = new AbortController();
    const reason = new DOMException(`no answer came within ${ms_max / 1000} s`, "TimeoutError");
    const timer = setTimeout(() => late.abort(reason), ms_max);
    const signal = request.signal ? AbortSignal.any([request.signal, late.signal]) : late.signal;
    try {
      return await fetchByHttp(url, { ...request, signal });
    } finally {
      clearTimeout(timer);
    }
  };
}
