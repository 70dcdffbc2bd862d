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
