import { type ClockLook, Health } from "../wire/clock.ts";
import { asOurs, type Connection, call } from "./request.ts";

/** Reads the server's clock, and the caller's own clock before and after. */
export async function lookAtClock(to: Connection, nowMs: () => number): Promise<ClockLook> {
  const asked_ms = nowMs();
  const signal = AbortSignal.timeout(CLOCK_MS_MAX);
  const health = await call<unknown>(to, "GET", "/healthz", undefined, signal);
  const answered_ms = nowMs();
  return { asked_ms, answered_ms, told_ms: Date.parse(asOurs(Health, health).time) };
}

/** The longest wait for the server's time: a later answer is too inexact. */
const CLOCK_MS_MAX = 5_000;
