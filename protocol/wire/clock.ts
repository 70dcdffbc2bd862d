import * as v from "valibot";

/** What `GET /healthz` answers: which server this is, and what its clock shows. */
export const Health = v.object({
  name: v.literal("tailrace"),
  version: v.string(),
  time: v.pipe(v.string(), v.isoTimestamp()),
});
export type Health = v.InferOutput<typeof Health>;

/** One look at another clock, all in milliseconds since 1970: when one asked and was answered, by one's own clock, and what it showed. */
export interface ClockLook {
  asked_ms: number;
  told_ms: number;
  answered_ms: number;
}

/**
 * How far the other clock is ahead of one's own, and by how much that may be wrong. The other looked at its clock somewhere on the
 * way there and back: the middle is taken, as NTP does.
 */
export function offsetOf({ asked_ms, told_ms, answered_ms }: ClockLook): {
  offset_ms: number;
  error_ms: number;
} {
  const error_ms = Math.max(0, answered_ms - asked_ms) / 2;
  return { offset_ms: told_ms - (asked_ms + error_ms), error_ms };
}

/** How far off a clock is that others go by, before it is told and corrected. */
export const CLOCK_SKEW_MS_MAX = 1_000;

/** How a clock stands, as a person is told: `right`, `7,200.0 s ahead`, `3.2 s behind`. */
export function skewText(skew_ms: number): string {
  if (Math.abs(skew_ms) <= CLOCK_SKEW_MS_MAX) return "right";
  const seconds = (Math.abs(skew_ms) / 1000).toFixed(1).replace(/\B(?=(\d{3})+\.)/g, ",");
  return `${seconds} s ${skew_ms > 0 ? "ahead" : "behind"}`;
}
