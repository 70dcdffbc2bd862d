/** What the agent says of itself, a line each on stderr. Nothing that a process printed, no parameter, no token. */
export interface Log {
  info: (text: string) => void;
  warn: (text: string) => void;
}

export const log: Log = {
  info: (text) => write("info", text),
  warn: (text) => write("warn", text),
};

/** Lines that stderr did not take: it may be a file on a full disk. */
let lost = 0;

/** A line that cannot be written ends nothing; the next one that can be is followed by how many are missing. */
function write(level: string, text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${level} ${text}\n`, (error) => {
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
