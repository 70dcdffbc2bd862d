import { decodeEvent, isEvent } from "../../protocol/wire/line.ts";
import type { ControlEvent } from "../../protocol/wire/record.ts";
import { decodeShared, type SharedMessage } from "../sockets/shared.ts";
import type { Push, Pushes } from "./pushes.ts";

/** The waits before each look for a push that has not been carried into this isolate yet. Then it counts as missed. */
export const LOOKS_MS = [1, 2, 4, 8, 16, 32];

/** The callbacks of a receiver. */
export interface ReceiverEvents {
  /** Output in order: a push that other readers share, or other lines. */
  output(lines: string, push?: Push): void;
  control(event: ControlEvent): void;
  /** These characters were sent, and will come again: they count as consumed. */
  dropped(chars: number): void;
  /** The isolate lacks a push: the object is to send the lines after this number again. */
  missed(after: number): void;
  /** `look` is to be called after this time. */
  lookAfter(ms: number): void;
}

type Referred = SharedMessage & { kind: "referred" };

/**
 * Puts a follower's messages into the order of its log. Other followers carry pushes into this isolate by sockets of their own, so a
 * reference may come before its push, or the push may never come. Messages behind such a reference wait. After some looks, the
 * receiver asks for the lines, and drops what was sent before the answer.
 */
export class Receiver {
  readonly #pushes: Pushes;
  readonly #events: ReceiverEvents;
  /** The reference that waits for its push, with the looks so far, and the messages behind it. */
  #waiting: { reference: Referred; looks: number; behind: string[] } | undefined;
  #asked = false;

  constructor(pushes: Pushes, events: ReceiverEvents) {
    this.#pushes = pushes;
    this.#events = events;
  }

  receive(message: string): void {
    if (isEvent(message)) {
      this.#receiveEvent(message);
      return;
    }
    const shared = decodeShared(message);
    // Others may wait for it, even while this reader has to.
    if (shared.kind === "carried") this.#pushes.keep(shared.id, shared.lines, Date.now());
    if (this.#asked) this.#drop(shared);
    else if (this.#waiting) this.#waiting.behind.push(message);
    else this.#take(shared);
  }

  /** Looks for the push that is waited for. */
  look(): void {
    if (!this.#waiting) return;
    const { reference, looks, behind } = this.#waiting;
    const is_there = this.#pushes.find(reference.id) !== undefined;
    if (!is_there && looks < LOOKS_MS.length) {
      this.#waiting.looks++;
      this.#events.lookAfter(LOOKS_MS[looks] ?? 0);
      return;
    }
    this.#waiting = undefined;
    if (is_there) {
      this.#take(reference);
    } else {
      this.#asked = true;
      this.#events.missed(reference.after);
      this.#events.dropped(reference.chars);
    }
    for (const message of behind) this.receive(message);
  }

  #receiveEvent(message: string): void {
    const event = decodeEvent(message);
    const ends = event.event === "end" || event.event === "up_to_date";
    // The end comes again, behind the lines that were asked for.
    if (this.#asked && ends) return;
    // An error is the last event. What it overtakes is lost to a reader that was behind, too.
    if (this.#waiting && event.event !== "error") this.#waiting.behind.push(message);
    else this.#events.control(event);
  }

  #take(shared: SharedMessage): void {
    switch (shared.kind) {
      case "plain":
        this.#events.output(shared.lines);
        return;
      case "carried":
        this.#events.output(shared.lines, this.#pushes.keep(shared.id, shared.lines, Date.now()));
        return;
      case "referred":
        this.#refer(shared);
        return;
      case "again":
        return;
    }
  }

  #refer(reference: Referred): void {
    const push = this.#pushes.find(reference.id);
    if (push) {
      this.#events.output(push.lines, push);
      return;
    }
    this.#waiting = { reference, looks: 1, behind: [] };
    this.#events.lookAfter(LOOKS_MS[0] ?? 0);
  }

  #drop(shared: SharedMessage): void {
    if (shared.kind === "again") this.#asked = false;
    else this.#events.dropped(shared.kind === "referred" ? shared.chars : shared.lines.length);
  }
}
