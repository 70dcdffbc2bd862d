import { MESSAGE_CHARS_MAX } from "../../../protocol/base/reader-limits.ts";
import { cutEnd } from "../../../protocol/wire/line.ts";

/** Sends a text, if the socket is open: otherwise `send` throws, and the coming close event removes the follower. */
export function send(socket: WebSocket, text: string): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(text);
}

/**
 * Sends lines of the log, in several messages if they are long: a reader gets a message only once it has arrived
 * completely.
 */
export function sendLines(socket: WebSocket, lines: string): void {
  for (let at = 0; at < lines.length; ) {
    const end = cutEnd(lines, at, MESSAGE_CHARS_MAX);
    send(socket, at === 0 && end === lines.length ? lines : lines.slice(at, end));
    at = end;
  }
}
