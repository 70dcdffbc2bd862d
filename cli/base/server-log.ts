import { styleText } from "node:util";
import { jsonLine, type LogAbout, type LogFormat, lossyWriter } from "../../protocol/base/log-line.ts";

type Level = "info" | "warn" | "error";

let format: LogFormat = "text";

/** Sets the form of all lines of the local server from here on. */
export function setServerLogFormat(to: LogFormat): void {
  format = to;
}

const write = lossyWriter(process.stderr, (text) => serverLine("warn", text, format));

/** Lets the server go on without a stdout or a stderr: a log may be a file on a full disk, or a pipe whose reader has left. */
export function outliveStreams(): void {
  for (const stream of [process.stdout, process.stderr]) {
    // A command that prints ends here. A server has runs.
    stream.removeAllListeners("error");
    stream.on("error", () => undefined);
  }
}

/** Writes an event of the local server to stderr: as text for people, or as one object for programs. */
export function logServer(level: Level, text: string): void {
  write(serverLine(level, text, format));
}

/** Passes on a line of the agent's process. Its log has the same form already; Node's own last words at a crash are text. */
export function passAgentLine(line: string): void {
  if (format === "json" && !line.startsWith('{"time":')) logServer("warn", line);
  else write(`${line}\n`);
}

/** A line of the log. */
export function serverLine(level: Level, text: string, form: LogFormat, time = new Date()): string {
  if (form === "json") return jsonLine(level, text, aboutOf(text), time);
  return `${level === "info" ? text : styleText("red", text, { stream: process.stderr })}\n`;
}

/** The execution and the request with which a line of the Worker begins. */
function aboutOf(text: string): LogAbout {
  const [, execution_id] = /^execution ([0-9a-f]{24})\b/.exec(text) ?? [];
  const [, request_id] = /^(?:execution [0-9a-f]{24}, )?request ([\w=-]+)/.exec(text) ?? [];
  return { execution_id, request_id };
}
