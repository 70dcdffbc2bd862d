import { fixed } from "../jinja/operators/numbers-format.ts";
import { TemplateError } from "../jinja/values/errors.ts";
import { floatText, numberIn } from "../jinja/values/numbers.ts";
import type { Value } from "../jinja/values/values.ts";

/** Seconds of StackStorm's calendar, which ends with the year 9999. */
const SECONDS_MAX = 315_537_897_600;

/** Seconds as `1h3m5s`. StackStorm counts on a calendar: what it calls days begins anew with each month. */
export function humanTime(value: Value): string {
  const seconds = numberIn(value);
  if (seconds === undefined) throw new TemplateError("to_human_time_from_seconds: the value is not a number");
  if (Number(seconds) === 0) return "0s";
  if (seconds < 1) return `${typeof seconds === "bigint" ? seconds : floatText(seconds)}μs`;
  const whole = typeof seconds === "bigint" ? Number(seconds) : Number(fixed(seconds, 0));
  if (whole >= SECONDS_MAX) throw new TemplateError("date value out of range");
  const date = new Date(0);
  date.setUTCFullYear(1, 0, 1);
  date.setTime(date.getTime() + whole * 1000);
  const counts: [number, string][] = [
    [date.getUTCFullYear() - 1, "y"],
    [date.getUTCDate() - 1, "d"],
    [date.getUTCHours(), "h"],
    [date.getUTCMinutes(), "m"],
    [date.getUTCSeconds(), "s"],
  ];
  const first = counts.findIndex(([count]) => count > 0);
  if (first === -1) return "0s";
  return counts
    .slice(first)
    .map(([count, unit]) => `${count}${unit}`)
    .join("");
}
