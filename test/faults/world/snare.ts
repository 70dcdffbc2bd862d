import type { Piece, Way } from "./messages.ts";

/** A snare's effect on the message that it waits for. */
export type Deed =
  /** The connection breaks before it, within it, or behind it. */
  | { deed: "cut before" }
  | { deed: "cut within"; fraction: number }
  | { deed: "cut behind" }
  /** A part of it arrives, and nothing more. Neither side is told. */
  | { deed: "fall silent within"; fraction: number }
  /** It is held, with everything behind it. */
  | { deed: "hold"; ms: number }
  /** The request arrives a second time, on another connection. */
  | { deed: "repeat"; later_ms: number }
  /** The request arrives, its answer does not. */
  | { deed: "lose answer" }
  /** Only the beginning of the request arrives, and looks complete to the server. */
  | { deed: "truncate"; fraction: number };

/** Waits at a proxy for the next message of a kind. */
export interface Snare {
  way: Way;
  kind: string;
  deed: Deed;
  /** Called with the message that it caught. */
  onCaught: (piece: Piece) => void;
}

export function catches(snare: Snare, piece: Piece): boolean {
  return snare.way === piece.way && snare.kind === piece.kind;
}
