import { MESSAGE_CHARS_MAX } from "../../../protocol/base/reader-limits.ts";
import { cutEnd, lastSeq } from "../../../protocol/wire/line.ts";
import { encodeCarried, encodeReferred } from "../../sockets/shared.ts";
import { send, sendLines } from "./send.ts";

/** A part of a push, as one follower of an isolate gets it, and as the others do. */
interface Part {
  carried: string;
  referred: string;
}

/** Lines for the live followers of a log. Followers in the same isolate share them: one carries them there. */
export class SharedPush {
  readonly #lines: string;
  readonly #parts: Part[] = [];
  readonly #readers: ReadonlyMap<string, number>;
  readonly #carried = new Set<string>();

  /** `after` is the cursor of the live followers; `readers` counts the followers of each isolate. */
  constructor(id: string, lines: string, after: number, readers: ReadonlyMap<string, number>) {
    this.#lines = lines;
    this.#readers = readers;
    if (readers.size > 0) this.#parts = partsOf(id, lines, after);
  }

  /** Sends the lines, or references to them. */
  sendTo(socket: WebSocket, isolate: string | undefined): "lines" | "reference" {
    if (isolate === undefined || (this.#readers.get(isolate) ?? 0) < 2) {
      sendLines(socket, this.#lines);
      return "lines";
    }
    const is_carried = this.#carried.has(isolate);
    for (const { carried, referred } of this.#parts) send(socket, is_carried ? referred : carried);
    // A closed socket carries nothing. Its close event removes the follower.
    if (socket.readyState === WebSocket.OPEN) this.#carried.add(isolate);
    return is_carried ? "reference" : "lines";
  }
}

function partsOf(id: string, lines: string, after: number): Part[] {
  const parts: Part[] = [];
  for (let at = 0, seq = after; at < lines.length; ) {
    const end = cutEnd(lines, at, MESSAGE_CHARS_MAX);
    const part = lines.slice(at, end);
    const part_id = `${id}.${parts.length}`;
    parts.push({
      carried: encodeCarried(part_id, part),
      referred: encodeReferred(part_id, seq, part.length),
    });
    seq = lastSeq(part);
    at = end;
  }
  return parts;
}
