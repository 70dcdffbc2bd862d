import * as v from "valibot";

/** The answer of `GET /healthz`: the server's name, version and time. */
export const Health = v.object({
  name: v.literal("tailrace"),
  version: v.string(),
  time: v.pipe(v.string(), v.isoTimestamp()),
});
export type Health = v.InferOutput<typeof Health>;

/** One request for another clock: its time, and one's own times before and after, all in milliseconds since 1970. */
export interface ClockLook {
  asked_ms: number;
  told_ms: number;
  answered_ms: number;
}

/**
 * How far the other clock is ahead of one's own, and the largest error of that. The other clock was read at an unknown moment of the
 * round trip: the middle is assumed, as in NTP.
 */
export function offsetOf({ asked_ms, told_ms, answered_ms }: ClockLook): {
  offset_ms: number;
  error_ms: number;
} {
  const error_ms = Math.max(0, answered_ms - asked_ms) / 2;
  return { offset_ms: told_ms - (asked_ms + error_ms), error_ms };
}

/** A clock that differs by more is reported and corrected. */
export const CLOCK_SKEW_MS_MAX = 1_000;

/** A clock's skew as text: `right`, `7,200.0 s ahead`, `3.2 s behind`. */
export function skewText(skew_ms: number): string {
  if (Math.abs(skew_ms) <= CLOCK_SKEW_MS_MAX) return "right";
  const seconds = (Math.abs(skew_ms) / 1000).toFixed(1).replace(/\B(?=(\d{3})+\.)/g, ",");
  return `${seconds} s ${skew_ms > 0 ? "ahead" : "behind"}`;
}
