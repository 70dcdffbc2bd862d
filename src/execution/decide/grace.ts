/**
 * When to check a lease again whose grace time ends at `due_ms`; undefined if the grace time is over. Output within it
 * counts as heard from the agent. Time in which the server was down does not count, because the agent could not be heard.
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

/** How late an alarm may ring on a busy server. Beyond that, the server was down, or its clock has jumped. */
const ALARM_LATE_MS_MAX = 30_000;
