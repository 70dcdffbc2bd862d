import type { EndEvent } from "../../protocol/wire/record.ts";

/** How the connection stands, and nothing that is not so. */
export type Connection =
  /** Nothing has been read yet; where that failed, it is tried again at this time. */
  | { kind: "loading"; at_ms?: number }
  /** The last lines are there; what comes behind them has been asked for. */
  | { kind: "connecting" }
  /** All is there that the log had when it last said how far it goes. */
  | { kind: "live" }
  /** It is not. This share of what was missing has come; undefined while nobody knows how much that is. */
  | { kind: "catching_up"; share: number | undefined }
  | { kind: "reconnecting"; at_ms: number }
  | { kind: "ended"; end: EndEvent }
  | { kind: "failed"; error: unknown };
