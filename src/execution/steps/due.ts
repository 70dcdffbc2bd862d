import { isDue } from "../deliver/alarm.ts";
import { OUTBOX_RETRY_MS, OUTBOX_WAIT_MS, owes } from "../state/outbox.ts";
import type { ExecutionState, Timers } from "../state/state.ts";

/** The events of the timers that come first, in the order in which they are taken. */
export const DUE_EVENTS = [
  { timer: "lease", event: { kind: "lease_due" } },
  { timer: "expiry", event: { kind: "expiry_due" } },
  { timer: "delay", event: { kind: "delay_over" } },
  { timer: "queue", event: { kind: "queue_due" } },
] as const;

export function isTimerDue(state: ExecutionState | undefined, timer: keyof Timers, now_ms: number): boolean {
  return isDue(state?.timers[timer], now_ms);
}

/** Whether the outbox is to be delivered. It may be a moment early, so that the alarm need not ring again for it. */
export function isOutboxDue(state: ExecutionState | undefined, now_ms: number): boolean {
  return state !== undefined && owes(state) && isDue(state.timers.outbox, now_ms + OUTBOX_WAIT_MS);
}

/**
 * Waits for deliveries, and only for a moment if a receiver does not answer: the alarm rings again when its handler is over, and it
 * has other timers too.
 */
export async function forAMoment(deliveries: Promise<void>): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timeout = setTimeout(over.resolve, OUTBOX_RETRY_MS);
  try {
    await Promise.race([deliveries, over.promise]);
  } finally {
    clearTimeout(timeout);
  }
}
