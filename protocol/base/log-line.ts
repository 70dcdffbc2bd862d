/** The forms of a log. */
export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What a line is about. In the form for programs, each has a field of its own. */
export interface LogAbout {
  execution_id?: string | undefined;
  /** The request that the line is about, or that created the execution. */
  request_id?: string | undefined;
}

/** A line of a log for programs: an object, whatever its text has. */
export function jsonLine(level: string, text: string, about: LogAbout, time: Date): string {
  return `${JSON.stringify({ time: time.toISOString(), level, message: text, ...about })}\n`;
}

/** A stream that tells of each line whether it was written. */
interface Lines {
  write: (line: string, done: (error?: Error | null) => void) => unknown;
}

/**
 * A writer of lines that survives a failing stream: a log may be a file on a full disk. It counts the lines that are lost, and writes
 * the count, as `lineOf` puts it, behind the next one that can be written.
 */
export function lossyWriter(stream: Lines, lineOf: (text: string) => string): (line: string) => void {
  let lost = 0;
  const write = (line: string) => {
    stream.write(line, (error) => {
      if (error) {
        lost++;
        return;
      }
      if (lost === 0) return;
      const count = lost;
      lost = 0;
      write(lineOf(`${count} ${count === 1 ? "line" : "lines"} before this one could not be written here`));
    });
  };
  return write;
}
