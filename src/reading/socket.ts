import { failureText } from "../../protocol/base/failure-text.ts";
import { encodeEvent } from "../../protocol/wire/line.ts";
import { readMissed } from "../sockets/grant.ts";
import type { Select } from "./select.ts";
import { Tap } from "./tap.ts";

/** A socket for a reader. It passes the follower's messages on, filtered, and the reader's grants back. */
export function followSocket(socket: WebSocket, select: Select): WebSocket {
  const { 0: client, 1: reader } = new WebSocketPair();
  const tap = new Tap(socket);
  const pass = (message: string) => {
    if (message !== "" && reader.readyState === WebSocket.OPEN) reader.send(message);
  };
  reader.addEventListener("message", ({ data }) => {
    // Only the tap asks for lines again. The object refuses an empty message as it refuses any other that is not a grant.
    tap.send(readMissed(data) === undefined ? data : "");
  });
  reader.addEventListener("close", () => tap.close(1000, "reader gone"));
  tap.accept({
    output: (message) => {
      const passed = select.lines(message);
      pass(passed);
      // The reader never sees the lines that are left out, so they are granted here.
      tap.consume(Math.max(0, message.length - passed.length));
      tap.grant(1);
    },
    control: (event) => pass(encodeEvent(event)),
    pong: () => pass("pong"),
    lost: (loss) => {
      if (loss.kind === "closed") reader.close(loss.code === 1005 ? 1000 : loss.code, loss.reason);
    },
    failed: (error) => {
      tap.close();
      reader.close(1011, failureText(error).slice(0, CLOSE_REASON_CHARS_MAX));
    },
  });
  reader.accept();
  return client;
}

/** Characters of a close reason: the protocol allows 123 bytes. */
const CLOSE_REASON_CHARS_MAX = 40;
