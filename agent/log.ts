/** What the agent says of itself, a line each on stderr. Nothing that a process printed, no parameter, no token. */
export interface Log {
  info: (text: string) => void;
  warn: (text: string) => void;
}

export const log: Log = {
  info: (text) => write("info", text),
  warn: (text) => write("warn", text),
};

function write(level: string, text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${level} ${text}\n`);
}
