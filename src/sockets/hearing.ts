/** What a socket's attachment keeps of when its peer was heard, by a clock that may be set back. */
export interface Hearing {
  /** When it connected, or the later moment from which it is counted since. */
  since_ms: number;
  /** The last ping, where it lay in the future once: from then on it counts as heard at `since_ms`. */
  future_ping_ms?: number;
}

/** The same, as of now. What lies in the future is of a clock that has been set back: it counts from now on, and once. */
export function hearingOf(kept: Hearing, pinged_ms: number, now_ms: number): Hearing {
  const { since_ms, future_ping_ms } = kept;
  if (pinged_ms > now_ms && pinged_ms !== future_ping_ms)
    return { since_ms: now_ms, future_ping_ms: pinged_ms };
  return since_ms > now_ms ? { ...kept, since_ms: now_ms } : kept;
}

/** When a peer was heard last. */
export function heardAt_ms({ since_ms, future_ping_ms }: Hearing, pinged_ms: number): number {
  return pinged_ms === future_ping_ms ? since_ms : Math.max(since_ms, pinged_ms);
}
