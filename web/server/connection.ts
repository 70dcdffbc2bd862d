import type { EndEvent } from "../../protocol/wire/record.ts";

/** The connection's state: only what the connection has confirmed. */
export type Connection =
  /** Nothing has been read yet; where that failed, it is tried again at this time. */
  | { kind: "loading"; at_ms?: number }
  /** The last lines are there; what comes behind them has been asked for. */
  | { kind: "connecting" }
  /** The reader has all that the log last reported. */
  | { kind: "live" }
  /** It is not. This share of what was missing has come; undefined until the amount is known. */
  | { kind: "catching_up"; share: number | undefined }
  | { kind: "reconnecting"; at_ms: number }
  | { kind: "ended"; end: EndEvent }
  | { kind: "failed"; error: unknown };
