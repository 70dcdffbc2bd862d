import { PING_MS, PINGS_MISSING_MAX } from "../../../protocol/base/limits.ts";
import type { Place, PlaceEvent } from "./place.ts";

/** How long an agent has to accept a lease: it only stores it and answers. */
const OFFER_MS_MAX = 30_000;

/** How often the pool checks whether lost agents are back. */
const WATCH_MS = 15_000;

/**
 * How soon an agent with the usual ping interval is missed. The grace time starts then, because the agent itself needs as
 * long to detect a dead connection.
 */
const MISSED_MS = PING_MS * PINGS_MISSING_MAX;

/** The facts of a lease when the pool checks it. */
export interface Seen {
  connected: boolean;
  /** Its agent starts programs as soon as it gets the lease. */
  early: boolean;
  now_ms: number;
}

/** The event of a leased place when it is checked: its agent is away, or the lease is overdue; undefined for neither. */
export function lossOf(
  place: Place & { phase_ms: number },
  { connected, early, now_ms }: Seen,
): PlaceEvent | undefined {
  const { agent_id, epoch } = place;
  if (agent_id === null) return undefined;
  const lease = { epoch, agent_id };
  if (!connected) return { kind: "away", lease, early, heard_ms: null };
  return isOverdue(place, now_ms) ? { kind: "overdue", lease, early } : undefined;
}

/** Whether an offer has been unanswered for too long, or the execution must still get a request. */
function isOverdue({ phase, phase_ms }: Place & { phase_ms: number }, now_ms: number): boolean {
  // A clock that has jumped either way ends an offer too: its agent may still answer it later.
  if (phase === "offered") return Math.abs(now_ms - phase_ms) > OFFER_MS_MAX;
  return phase === "withdrawn" || phase === "forgotten" || phase === "claimed";
}

/** The moment from which the grace time of a silent agent counts. */
export function missedAt_ms(heard_ms: number, now_ms: number): number {
  return Math.min(now_ms, heard_ms + MISSED_MS);
}

/** The longest time for which the pool may leave calm leases unchecked. */
const CALM_MS_MAX = 10 * 60_000;

/** Whether nothing is to be done about a lease as long as its agent is connected. */
export function isCalm({ phase }: Place, connected: boolean): boolean {
  return phase === "accepted" && connected;
}

/** The facts on which the time of the pool's next check depends. */
export interface Watched {
  running: number;
  waiting: number;
  /** Whether an open socket is silent. */
  has_silent: boolean;
  /** How long until the first open socket counts as silent; undefined without any. */
  quiet_ms: number | undefined;
  /** All leases are calm: the loss of an agent has no effect before its grace time of this length is over. */
  calm_ms?: number | undefined;
  /** How long until an execution that was set back may be tried again; undefined without any. */
  setback_ms: number | undefined;
}

/**
 * How long until the pool's next check; undefined if none is needed. Waiting executions need none, because an agent's hello
 * starts a dispatch; only an agent that was silent and is heard again sends no hello.
 */
export function watchIn_ms({
  running,
  waiting,
  has_silent,
  quiet_ms,
  calm_ms = 0,
  setback_ms,
}: Watched): number | undefined {
  const looks: number[] = setback_ms === undefined ? [] : [setback_ms];
  if (running > 0) looks.push((quiet_ms ?? WATCH_MS) + Math.min(calm_ms, CALM_MS_MAX));
  if (waiting > 0 && has_silent) looks.push(WATCH_MS);
  return looks.length === 0 ? undefined : Math.min(...looks);
}
