import type { Piece, Way } from "./messages.ts";

/** A snare's effect on the message that it waits for. */
export type Deed =
  /** The connection breaks before it, in it, or behind it. */
  | { deed: "cut before" }
  | { deed: "cut within"; fraction: number }
  | { deed: "cut behind" }
  /** Part of it arrives, and nothing else: neither side is told. */
  | { deed: "fall silent within"; fraction: number }
  /** It is held up, and with it all that comes behind. */
  | { deed: "hold"; ms: number }
  /** The request comes a second time, by another connection. */
  | { deed: "repeat"; later_ms: number }
  /** The request arrives, its answer does not. */
  | { deed: "lose answer" }
  /** Only the beginning of the request arrives, and the server is told that this was all. */
  | { deed: "truncate"; fraction: number };

/** Waits at a proxy for the next message of a kind. */
export interface Snare {
  way: Way;
  kind: string;
  deed: Deed;
  /** Told what it caught. */
  onCaught: (piece: Piece) => void;
}

export function catches(snare: Snare, piece: Piece): boolean {
  return snare.way === piece.way && snare.kind === piece.kind;
}
