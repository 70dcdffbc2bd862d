/**
 * When to look again at a lease whose grace time ends at `due_ms`; undefined where the grace time is over. Output within it
 * counts as a sign of the agent. Time in which the server was away does not count: the agent could not be heard then.
 */
export function nextLook(
  due_ms: number,
  now_ms: number,
  { heard_ms, grace_ms }: { heard_ms: number; grace_ms: number },
): number | undefined {
  const is_late = now_ms - due_ms > ALARM_LATE_MS_MAX;
  const since_ms = is_late ? now_ms : heard_ms;
  const until_ms = since_ms + grace_ms;
  return until_ms > now_ms ? until_ms : undefined;
}

/** The latest ring of an alarm on a busy server. After that, the server was away, or its clock has jumped. */
const ALARM_LATE_MS_MAX = 30_000;
