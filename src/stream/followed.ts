import { backoffMs, pause } from "../../protocol/base/backoff.ts";
import { STREAM_CREDIT_CHARS } from "../../protocol/base/limits.ts";
import { Pulse } from "../../protocol/wire/pulse.ts";
import type { ControlEvent } from "../../protocol/wire/record.ts";
import { wishQuery } from "../execution/log/wish.ts";
import { executionStub } from "../objects/execution.ts";
import type { Origin } from "./frames.ts";

/** Tries to reach a log again before its stream is given up. */
const RECONNECTS_MAX = 5;

/** An execution whose output is wanted, and the sequence number behind which that begins. */
export interface Place {
  origin: Origin;
  after: number;
}

/** What following one execution tells the stream. */
export interface FollowedEvents {
  lines: (lines: string) => void;
  /** All of the output has come. */
  ended: () => void;
  failed: (error: unknown) => void;
}

/** The output of one execution in an event stream: a follower of its log, with a cursor, across lost connections. */
export class Followed {
  readonly #origin: Origin;
  readonly #env: Env;
  readonly #events: FollowedEvents;
  /** The sequence number of what has been passed on. */
  #cursor: number;
  #socket: WebSocket | undefined;
  #pulse = new Pulse();
  #consumed = 0;
  #ended = false;

  constructor(env: Env, { origin, after }: Place, events: FollowedEvents) {
    this.#env = env;
    this.#origin = origin;
    this.#cursor = after;
    this.#events = events;
  }

  /** Where it goes on, now that all that has come has been passed on. */
  get place(): Place {
    return { origin: this.#origin, after: this.#cursor };
  }

  /** Connects; once this has resolved, everything from the cursor on comes. */
  async open(): Promise<void> {
    if (this.#ended) return;
    const query = wishQuery({ after: this.#cursor, follow: true, credit_max: STREAM_CREDIT_CHARS });
    const request = new Request(`http://execution/?${query}`, { headers: { upgrade: "websocket" } });
    const response = await executionStub(this.#env, this.#origin.id).fetch(request);
    const socket = response.webSocket;
    // It was closed before it was open.
    if (this.#ended) {
      socket?.accept();
      socket?.close(1000, "done");
      return;
    }
    // Its output has expired, or it is gone: there is nothing to come.
    if (response.status === 410 || response.status === 404) return this.#end();
    if (!socket) throw new Error(`execution ${this.#origin.id} cannot be followed: ${response.status}`);
    const pulse = new Pulse();
    socket.addEventListener("message", ({ data }) => {
      pulse.heard();
      if (data !== "pong" && this.#socket === socket) this.#receive(String(data));
    });
    socket.addEventListener("close", () => this.#lose(socket));
    this.#socket = socket;
    this.#pulse = pulse;
    socket.accept();
  }

  /** The reader has taken what it was given: the log may send more. */
  grant(): void {
    if (this.#consumed === 0 || this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(`{"credit":${this.#consumed}}`);
    this.#consumed = 0;
  }

  /** Asks whether the log is there: a socket whose pings stay unanswered is lost, though nothing says so. */
  beat(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    if (this.#pulse.beat()) this.#socket.send("ping");
    else {
      this.#socket.close(1001, "silent");
      this.#lose(this.#socket);
    }
  }

  close(): void {
    this.#ended = true;
    this.#socket?.close(1000, "done");
  }

  #receive(message: string): void {
    if (this.#ended) return;
    if (!message.startsWith('{"event":')) {
      this.#cursor = lastSeq(message);
      this.#consumed += message.length;
      this.#events.lines(message);
      return;
    }
    const event: ControlEvent = JSON.parse(message);
    if (event.event === "end") this.#end();
  }

  #end(): void {
    this.close();
    this.#events.ended();
  }

  #lose(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    void this.#reconnect();
  }

  /** An object that is moved drops its followers; the log is where it was. */
  async #reconnect(): Promise<void> {
    for (let failures = 0; !this.#ended; failures++) {
      try {
        await pause(backoffMs(failures));
        return await this.open();
      } catch (error) {
        if (failures + 1 < RECONNECTS_MAX) continue;
        this.#ended = true;
        this.#events.failed(error);
      }
    }
  }
}

/** The number of the last line of a message. */
function lastSeq(lines: string): number {
  const at = lines.lastIndexOf('\n{"seq":', lines.length - 2) + 1;
  return Number.parseInt(lines.slice(at + '{"seq":'.length), 10);
}
