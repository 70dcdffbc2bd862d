import type { ShownLine } from "../../protocol/wire/shown-line.ts";
import { chunkTimeMs, isoText } from "../base/time.ts";

/** What the time of a line says: since the start, the time of day here or in UTC, or since the line before. */
export const TIME_MODES = ["none", "elapsed", "wall", "utc", "between"] as const;
export type TimeMode = (typeof TIME_MODES)[number];

/** Whether a line's time depends on the line before. */
export function needsBefore(mode: TimeMode): boolean {
  return mode !== "none" && mode !== "elapsed";
}

/** A line's time as text, and the whole moment. A time of day has its day in the first line, and where the day changes. */
export function lineTime(
  { timestamp }: ShownLine,
  mode: TimeMode,
  { start_ms, before }: { start_ms: number; before: ShownLine | undefined },
): { text: string; title: string } {
  const ms = chunkTimeMs(timestamp);
  const before_ms = before ? chunkTimeMs(before.timestamp) : Number.NaN;
  if (Number.isNaN(ms)) return { text: "", title: "" };
  const title = `${isoText(ms, false)} ${zoneText(ms)}, ${isoText(ms, true)} UTC`;
  if (mode === "wall" || mode === "utc") {
    const text = isoText(ms, mode === "utc");
    const is_same_day = isoText(before_ms, mode === "utc").startsWith(text.slice(0, 10));
    return { text: is_same_day ? text.slice(11) : text, title };
  }
  if (mode === "between")
    return { text: Number.isNaN(before_ms) ? "" : `+${seconds(ms - before_ms)}`, title };
  return { text: seconds(ms - start_ms), title };
}

/** Clocks that differ by less than a second may show the first output before the start. */
function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(3)} s`;
}

/** The zone of this browser at a moment, `UTC+02:00`. */
export function zoneText(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  return `UTC${minutes < 0 ? "-" : "+"}${isoText(Math.abs(minutes) * 60_000, true).slice(11, 16)}`;
}
