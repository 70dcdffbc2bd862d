import type { EndEvent } from "../../protocol/wire/record.ts";

/** The connection's state: only what the connection has confirmed. */
export type Connection =
  /** Nothing has been read yet. After a failure, the next attempt is at this time. */
  | { kind: "loading"; at_ms?: number; error?: unknown }
  /** The last lines are read; the following ones are requested. */
  | { kind: "connecting" }
  /** The reader has all that the log last reported. */
  | { kind: "live" }
  /** The reader is behind. This share of the missing output has arrived; undefined until the amount is known. */
  | { kind: "catching_up"; share: number | undefined }
  | { kind: "reconnecting"; at_ms: number }
  | { kind: "ended"; end: EndEvent }
  | { kind: "failed"; error: unknown };
