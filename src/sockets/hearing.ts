/** The part of a socket's attachment that says when its peer was last heard. The clock may be set back. */
export interface Hearing {
  /** When it connected, or a later moment from which its silence counts. */
  since_ms: number;
  /** A ping that once lay in the future: it counts as heard at `since_ms`. */
  future_ping_ms?: number;
}

/** The hearing, corrected if the clock was set back: a time in the future counts as now, once. */
export function hearingOf(kept: Hearing, pinged_ms: number, now_ms: number): Hearing {
  const { since_ms, future_ping_ms } = kept;
  if (pinged_ms > now_ms && pinged_ms !== future_ping_ms)
    return { since_ms: now_ms, future_ping_ms: pinged_ms };
  return since_ms > now_ms ? { ...kept, since_ms: now_ms } : kept;
}

/** When a peer was last heard. */
export function heardAt_ms({ since_ms, future_ping_ms }: Hearing, pinged_ms: number): number {
  return pinged_ms === future_ping_ms ? since_ms : Math.max(since_ms, pinged_ms);
}
