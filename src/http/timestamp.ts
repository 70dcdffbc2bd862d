import { TailraceError } from "../../protocol/base/errors.ts";

const ISO_8601 =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** A moment of a query in the form that documents use: UTC with microseconds. A moment without a time zone is UTC. */
export function readTimestamp(text: string): string {
  // A plus sign in a query stands for a space.
  const match = ISO_8601.exec(text.replace(/ (\d\d:?\d\d)$/, "+$1"));
  const [, day, minute = "00:00", second = "00", fraction = "", zone = "Z"] = match ?? [];
  const seconds_ms = Date.parse(`${day}T${minute}:${second}${zoneOf(zone)}`);
  if (!match || Number.isNaN(seconds_ms))
    throw new TailraceError("invalid", `"${text}" is not a timestamp like 2017-09-12T13:31:28.608095Z.`);
  return `${new Date(seconds_ms).toISOString().slice(0, 19)}.${fraction.padEnd(6, "0").slice(0, 6)}Z`;
}

function zoneOf(zone: string): string {
  if (/^z$/i.test(zone)) return "Z";
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
