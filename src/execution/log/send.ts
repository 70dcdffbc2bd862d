import { MESSAGE_CHARS_MAX } from "../../../protocol/base/reader-limits.ts";
import { cutEnd } from "../../../protocol/wire/line.ts";

/** A socket whose peer has gone throws on send; its close event, which is on its way, removes it. */
export function send(socket: WebSocket, text: string): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(text);
}

/** Sends lines of the log, in more than one message where they are long: its reader hears nothing until one has come whole. */
export function sendLines(socket: WebSocket, lines: string): void {
  for (let at = 0; at < lines.length; ) {
    const end = cutEnd(lines, at, MESSAGE_CHARS_MAX);
    send(socket, at === 0 && end === lines.length ? lines : lines.slice(at, end));
    at = end;
  }
}
