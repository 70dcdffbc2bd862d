/** The agent's log on stderr. It never contains a program's output, a parameter or a token. */
export interface Log {
  info: (text: string) => void;
  warn: (text: string) => void;
}

export const log: Log = {
  info: (text) => write("info", text),
  warn: (text) => write("warn", text),
};

/** Lines that could not be written: stderr may be a file on a full disk. */
let lost = 0;

/** Writes a line. A failure is counted, and the next line that can be written is followed by the count. */
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
