import { jsonLine, type LogAbout, type LogFormat, lossyWriter } from "../../protocol/base/log-line.ts";

/** The agent's log on stderr. It never contains a program's output, a parameter or a token. */
export interface Log {
  info: (text: string, about?: LogAbout) => void;
  warn: (text: string, about?: LogAbout) => void;
}

export const log: Log = {
  info: (text, about) => write("info", text, about),
  warn: (text, about) => write("warn", text, about),
};

/** The log of one execution: its lines begin with it. */
export function executionLog(log: Log, about: LogAbout & { execution_id: string }): Log {
  const name = `execution ${about.execution_id}`;
  return {
    info: (text) => log.info(`${name}: ${text}`, about),
    warn: (text) => log.warn(`${name}: ${text}`, about),
  };
}

let format: LogFormat = "text";

/** Sets the form of all lines from here on. */
export function setLogFormat(to: LogFormat): void {
  format = to;
}

/** A line of the log: text for people, or an object for programs. */
export function logLine(
  level: string,
  text: string,
  form: LogFormat,
  about: LogAbout = {},
  time = new Date(),
): string {
  if (form === "json") return jsonLine(level, text, about, time);
  return `${time.toISOString()} ${level} ${text}\n`;
}

const writeLine = lossyWriter(process.stderr, (text) => logLine("warn", text, format));

function write(level: string, text: string, about?: LogAbout): void {
  writeLine(logLine(level, text, format, about));
}
