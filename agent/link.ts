import * as v from "valibot";
import { backoffMs, pause } from "../protocol/base/backoff.ts";
import { failureText, oneLine, openSentence } from "../protocol/base/failure-text.ts";
import { tryJson } from "../protocol/base/json.ts";
import { PING_MS } from "../protocol/base/limits.ts";
import { type ClientSocket, SOCKET_OPEN } from "../protocol/client/client-socket.ts";
import type { AgentMessage } from "../protocol/wire/agent.ts";
import { PoolMessage } from "../protocol/wire/agent.ts";
import type { AgentIdentity } from "../protocol/wire/agent-identity.ts";
import { Pulse, SILENT } from "../protocol/wire/pulse.ts";
import { PROTOCOL_HEADER, PROTOCOL_RANGE, rangeText } from "../protocol/wire/version.ts";
import type { Log } from "./base/log.ts";
import { meter } from "./base/meter.ts";
import { openSocket } from "./http/socket.ts";
import { Refused } from "./registration.ts";

export interface LinkOptions {
  url: string;
  log: Log;
  /** Called before each connection. Registers what the server must know before it sends work, and returns the identity. */
  prepare: () => Promise<AgentIdentity>;
  hello: () => AgentMessage;
  onMessage: (message: PoolMessage) => void;
}

/** Attempts to connect that fit into the time for which the pool waits for an agent, and the shortest wait between two. */
const TRIES_IN_GRACE = 4;
const WAIT_MS_MIN = 100;

/** The agent's connection to its pool, which is made again until the agent stops. Runs do not depend on it. */
export class Link {
  readonly #options: LinkOptions;
  readonly #closing = new AbortController();
  /** Whether the agent itself has ended the present connection. */
  #is_hung_up = false;
  #socket: ClientSocket | undefined;
  #is_welcome = false;
  /** Ends the present connection, without waiting for the server's answer: it may never come. */
  #end: ((reason: string) => void) | undefined;
  /** The reason that was logged last. */
  #logged: string | undefined;
  /** The longest wait between two attempts, so that several fit into the pool's grace time. */
  #wait_ms_max = Number.POSITIVE_INFINITY;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Sends a message to the pool. Without a connection it is lost, and the next hello has the same information. */
  say(message: AgentMessage): void {
    if (this.#socket?.readyState === SOCKET_OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Whether the pool has welcomed the agent on the present connection. */
  get isConnected(): boolean {
    return this.#is_welcome && this.#socket?.readyState === SOCKET_OPEN;
  }

  /** Connects again and again until it is closed. Throws if further attempts would be refused too. */
  async run(): Promise<void> {
    const { prepare } = this.#options;
    // Not a retry with one result: each welcome resets the waits.
    for (let failures = 0; !this.#closing.signal.aborted; ) {
      let why: string;
      try {
        const identity = await prepare();
        this.#is_hung_up = false;
        const { welcomed, reason } = await this.#connect(identity);
        // After the agent's own hang-up the waits still grow, because the pool may send the same lease again at once.
        if (welcomed && !this.#is_hung_up) {
          failures = 0;
          this.#logged = undefined;
        }
        why = reason;
      } catch (error) {
        if (error instanceof Refused) throw error;
        why = openSentence(failureText(error));
      }
      if (this.#closing.signal.aborted) return;
      if (!this.#is_hung_up) this.#tell(why, failures + 1);
      await pause(Math.min(backoffMs(failures++), this.#wait_ms_max), this.#closing.signal);
    }
  }

  /** Logs why there is no connection: once for each reason, and again each time that the number of attempts has doubled. */
  #tell(why: string, tries: number): void {
    const { url, log } = this.#options;
    if (this.#logged === why && !Number.isInteger(Math.log2(tries))) return;
    this.#logged = why;
    const tried = tries === 1 ? "tried once" : `tried ${tries} times`;
    log.warn(
      `no connection to the pool (${why}); ${tried}, trying until it succeeds. Runs continue. To check from this host: curl ${url}/healthz`,
    );
  }

  close(): void {
    this.#closing.abort();
    this.#end?.("the agent stops");
  }

  /** Ends the connection and makes another one, whose hello lists the present leases. */
  hangUp(): void {
    this.#is_hung_up = true;
    this.#end?.("the agent has given up a lease");
  }

  /** One connection, from the hello to its end. */
  #connect({ pool, secret }: AgentIdentity): Promise<{ welcomed: boolean; reason: string }> {
    const { url, hello, onMessage, log } = this.#options;
    const address = `${url.replace(/^http/, "ws")}/agent/v1/pools/${encodeURIComponent(pool)}/connect`;
    const headers = { "st2-api-key": secret, [PROTOCOL_HEADER]: rangeText(PROTOCOL_RANGE) };
    const socket = openSocket(address, headers);
    this.#socket = socket;
    this.#is_welcome = false;
    return new Promise((resolve) => {
      let welcomed = false;
      let finished = false;
      const pulse = new Pulse();
      const finish = (reason: string) => {
        finished = true;
        clearInterval(ping);
        socket.close();
        resolve({ welcomed, reason });
      };
      this.#end = (reason) => {
        socket.close(1000, reason);
        finish(reason);
      };
      const ping = setInterval(() => {
        if (!pulse.beat()) finish(SILENT);
        else if (socket.readyState === SOCKET_OPEN) socket.send("ping");
      }, PING_MS);
      socket.addEventListener("open", () => socket.send(JSON.stringify(hello())));
      socket.addEventListener("message", ({ data }) => {
        pulse.heard();
        // The messages of a connection that was given up are ignored: a newer connection gets them again.
        if (data === "pong" || finished) return;
        const message = v.safeParse(PoolMessage, tryJson(String(data), { exact: true }));
        if (!message.success)
          log.warn(
            `the pool sent a message that this agent does not know; upgrade the agent: ${oneLine(String(data).slice(0, 100))}`,
          );
        else {
          if (message.output.type === "welcome") {
            welcomed = true;
            this.#is_welcome = true;
            meter.connections.add();
            const { grace_seconds = Number.POSITIVE_INFINITY } = message.output;
            this.#wait_ms_max = Math.max(WAIT_MS_MIN, (grace_seconds * 1000) / TRIES_IN_GRACE);
          }
          onMessage(message.output);
        }
      });
      socket.addEventListener("close", ({ code, reason }) => finish(reason || closeText(code)));
      socket.addEventListener("error", (event) => finish(errorText(event)));
    });
  }
}

/** The text for a connection that was closed without a reason. */
function closeText(code: number): string {
  return code === BROKEN_CODE ? "the connection was cut" : `closed with ${code}`;
}

/** The code of a connection that ended without a close. */
const BROKEN_CODE = 1006;

/** Why the WebSocket failed. Its own failures have no code: a program in between has answered, or has changed what passes. */
function errorText(event: object): string {
  const error = "error" in event ? event.error : undefined;
  if (error instanceof Error && "code" in error) return openSentence(failureText(error));
  const why = error instanceof Error ? `: ${openSentence(failureText(error))}` : "";
  return `the WebSocket failed${why}; a proxy may block it`;
}
