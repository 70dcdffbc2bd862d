import { jsonLine, type LogAbout, type LogFormat } from "../../protocol/base/log-line.ts";

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

/** Lines that could not be written: stderr may be a file on a full disk. */
let lost = 0;

/** Writes a line. A failure is counted, and the next line that can be written is followed by the count. */
function write(level: string, text: string, about?: LogAbout): void {
  process.stderr.write(logLine(level, text, format, about), (error) => {
    if (error) {
      lost++;
      return;
    }
    if (lost === 0) return;
    const count = lost;
    lost = 0;
    write("warn", `${count} ${count === 1 ? "line" : "lines"} before this one could not be written here`);
  });
}
