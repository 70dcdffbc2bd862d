import type { LogFormat } from "../../protocol/settings/agent.ts";

/** The agent's log on stderr. It never contains a program's output, a parameter or a token. */
export interface Log {
  info: (text: string) => void;
  warn: (text: string) => void;
}

export const log: Log = {
  info: (text) => write("info", text),
  warn: (text) => write("warn", text),
};

let format: LogFormat = "text";

/** Sets the form of all lines from here on. */
export function setLogFormat(to: LogFormat): void {
  format = to;
}

/** A line of the log: text for people, or an object for programs. A line about an execution has its id as a field of its own. */
export function logLine(level: string, text: string, form: LogFormat, time = new Date()): string {
  if (form === "text") return `${time.toISOString()} ${level} ${text}\n`;
  const [, execution_id] = /^execution ([0-9a-f]{24})\b/.exec(text) ?? [];
  const about = execution_id === undefined ? {} : { execution_id };
  return `${JSON.stringify({ time: time.toISOString(), level, message: text, ...about })}\n`;
}

/** Lines that could not be written: stderr may be a file on a full disk. */
let lost = 0;

/** Writes a line. A failure is counted, and the next line that can be written is followed by the count. */
function write(level: string, text: string): void {
  process.stderr.write(logLine(level, text, format), (error) => {
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
