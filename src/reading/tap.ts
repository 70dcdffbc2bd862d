import { GRANT_CHARS } from "../../protocol/base/reader-limits.ts";
import { Pulse } from "../../protocol/wire/pulse.ts";
import type { ControlEvent } from "../../protocol/wire/record.ts";
import { encodeMissed } from "../sockets/shared.ts";
import { PUSHES, type Push } from "./pushes.ts";
import { Receiver } from "./receiver.ts";

/** Why a tap has ended: its pings were not answered, or the object closed it. */
export type Loss = { kind: "silent" } | { kind: "closed"; code: number; reason: string };

/** The callbacks of a tap. */
export interface TapEvents {
  /** Lines of output. If other readers in this isolate have the same ones, they share a push. */
  output(lines: string, push?: Push): void;
  control(event: ControlEvent): void;
  /** The object has answered a ping. */
  pong(): void;
  lost(loss: Loss): void;
  /** One of these methods threw. */
  failed(error: unknown): void;
}

/**
 * The Worker's end of a follower's socket. It separates control records from output, grants the credit that its reader has
 * consumed, and detects a dead connection, so that formats need not.
 */
export class Tap {
  readonly #socket: WebSocket;
  readonly #pulse = new Pulse();
  #consumed = 0;
  #starved = false;
  #accepted = false;
  #open = true;
  #lost: (loss: Loss) => void = () => undefined;
  #leave: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Begins. The socket has kept the messages since it was opened. */
  accept(events: TapEvents): void {
    const receiver = new Receiver(PUSHES, {
      output: (lines, push) => events.output(lines, push),
      control: (event) => this.#control(event, events),
      dropped: (chars) => {
        this.consume(chars);
        this.grant();
      },
      missed: (after) => {
        this.send(encodeMissed(after));
      },
      lookAfter: (ms) => {
        setTimeout(() => guarded(() => receiver.look()), ms);
      },
    });
    const guarded = (step: () => void) => {
      if (!this.#open) return;
      try {
        step();
      } catch (error) {
        events.failed(error);
      }
    };
    this.#socket.addEventListener("message", ({ data }) => {
      this.#pulse.heard();
      if (data === "pong") guarded(() => events.pong());
      else guarded(() => receiver.receive(String(data)));
    });
    this.#socket.addEventListener("close", ({ code, reason }) => {
      this.#lose({ kind: "closed", code, reason }, events);
    });
    this.#lost = (loss) => this.#lose(loss, events);
    this.#accepted = true;
    PUSHES.join();
    this.#leave = () => PUSHES.leave();
    this.#socket.accept();
  }

  /** The reader has consumed this many more characters. The next `grant` grants them. */
  consume(chars: number): void {
    this.#consumed += chars;
  }

  /** Grants the consumed characters, if they are at least `chars_min` or the object has run out of credit. */
  grant(chars_min = GRANT_CHARS): void {
    if (this.#consumed === 0 || (this.#consumed < chars_min && !this.#starved)) return;
    if (!this.send(`{"credit":${this.#consumed}}`)) return;
    this.#consumed = 0;
    this.#starved = false;
  }

  /** Pings the object: a dead connection does not close by itself. */
  beat(): void {
    PUSHES.sweep(Date.now());
    if (!this.#pulse.beat()) this.#lost({ kind: "silent" });
    else this.send("ping");
  }

  /** Sends a message as it is; false if the socket is not open. */
  send(message: string | ArrayBuffer): boolean {
    if (!this.#open || this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(message);
    return true;
  }

  /** Ends the tap: no callback follows. A socket must be accepted before it can be closed. */
  close(code = 1000, reason = "done"): void {
    this.#shut();
    if (!this.#accepted) this.#socket.accept();
    this.#accepted = true;
    this.#socket.close(code, reason);
  }

  #control(event: ControlEvent, events: TapEvents): void {
    if (event.event === "credit") this.#starved = true;
    events.control(event);
    // The object leaves the socket open, so that this end can ask for lines that it lacks. Now it has all.
    if (event.event !== "end" || !this.#open) return;
    this.close(1000, event.event);
    events.lost({ kind: "closed", code: 1000, reason: event.event });
  }

  #lose(loss: Loss, events: TapEvents): void {
    if (!this.#open) return;
    this.#shut();
    if (loss.kind === "silent") this.#socket.close(1001, "silent");
    events.lost(loss);
  }

  #shut(): void {
    if (this.#open) this.#leave();
    this.#open = false;
  }
}
