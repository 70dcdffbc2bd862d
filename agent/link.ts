import * as v from "valibot";
import type { AgentMessage } from "../protocol/agent.ts";
import { PoolMessage } from "../protocol/agent.ts";
import type { AgentIdentity } from "../protocol/agent-state.ts";
import { backoffMs, pause } from "../protocol/backoff.ts";
import { tryJson } from "../protocol/json.ts";
import { AGENT_SILENCE_MS_MAX, PING_MS } from "../protocol/limits.ts";
import { PROTOCOL_HEADER, PROTOCOL_RANGE, rangeText } from "../protocol/version.ts";
import type { Log } from "./log.ts";
import { Refused } from "./registration.ts";

export interface LinkOptions {
  url: string;
  log: Log;
  /** Before each connect: who connects, once all is true upstream that must be before work can come. */
  prepare: () => Promise<AgentIdentity>;
  hello: () => AgentMessage;
  onMessage: (message: PoolMessage) => void;
}

/** The agent's socket to its pool, made again for as long as the agent lives. What runs does not depend on it. */
export class Link {
  readonly #options: LinkOptions;
  readonly #closing = new AbortController();
  #socket: WebSocket | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Says something to the pool; lost if the socket is away, and then the next hello makes up for it. */
  say(message: AgentMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Connects, again and again, until it is closed. Throws what trying again would not change. */
  async run(): Promise<void> {
    const { log, prepare } = this.#options;
    for (let failures = 0; !this.#closing.signal.aborted; ) {
      let why: string;
      try {
        const identity = await prepare();
        const { welcomed, reason } = await this.#connect(identity);
        if (welcomed) failures = 0;
        why = reason;
      } catch (error) {
        if (error instanceof Refused) throw error;
        why = error instanceof Error ? error.message : String(error);
      }
      if (this.#closing.signal.aborted) return;
      const wait_ms = backoffMs(failures++);
      log.warn(`no connection to the pool (${why}); again in ${(wait_ms / 1000).toFixed(1)} s`);
      await pause(wait_ms, this.#closing.signal);
    }
  }

  close(): void {
    this.#closing.abort();
    this.#socket?.close(1000, "the agent stops");
  }

  /** One connection, from the hello to its end. */
  #connect({ pool, secret }: AgentIdentity): Promise<{ welcomed: boolean; reason: string }> {
    const { url, hello, onMessage, log } = this.#options;
    const address = `${url.replace(/^http/, "ws")}/agent/v1/pools/${encodeURIComponent(pool)}/connect`;
    const headers = { "st2-api-key": secret, [PROTOCOL_HEADER]: rangeText(PROTOCOL_RANGE) };
    const socket = new WebSocket(address, { headers });
    this.#socket = socket;
    return new Promise((resolve) => {
      let welcomed = false;
      let heard_at = performance.now();
      const finish = (reason: string) => {
        clearInterval(ping);
        socket.close();
        resolve({ welcomed, reason });
      };
      const ping = setInterval(() => {
        if (performance.now() - heard_at > AGENT_SILENCE_MS_MAX) finish("the pool is silent");
        else if (socket.readyState === WebSocket.OPEN) socket.send("ping");
      }, PING_MS);
      socket.addEventListener("open", () => socket.send(JSON.stringify(hello())));
      socket.addEventListener("message", ({ data }) => {
        heard_at = performance.now();
        if (data === "pong") return;
        const message = v.safeParse(PoolMessage, tryJson(String(data), { exact: true }));
        if (!message.success)
          log.warn(`the pool said something that this agent does not know: ${String(data).slice(0, 100)}`);
        else {
          if (message.output.type === "welcome") welcomed = true;
          onMessage(message.output);
        }
      });
      socket.addEventListener("close", ({ code, reason }) => finish(reason || `closed with ${code}`));
      socket.addEventListener("error", (event) =>
        finish("message" in event ? String(event.message) : "refused"),
      );
    });
  }
}
