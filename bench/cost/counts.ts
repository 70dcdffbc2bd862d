import { PING_MS } from "../../protocol/base/limits.ts";
import type { Counts } from "../counting-worker/counts.ts";

/** The counts of a counting server, since it started. */
export async function readCounts(url: string): Promise<Counts> {
  return (await (await fetch(`${url}/counts`)).json()) as Counts;
}

/**
 * What was counted between two readings. `pinging` is the number of sockets that ping an object: the runtime answers, so the
 * object does not see the pings, but they are billed as messages.
 */
export function between(before: Counts, after: Counts, pinging: { sockets: number; ms: number }): Counts {
  const pings = (pinging.sockets * pinging.ms) / PING_MS;
  return mapCounts(after, (value, name) => value - before[name] + (name === "object_messages" ? pings : 0));
}

/** The counts of one of several equal runs, or of an hour. */
export function times(counts: Counts, factor: number): Counts {
  return mapCounts(counts, (value) => value * factor);
}

function mapCounts(counts: Counts, map: (value: number, name: keyof Counts) => number): Counts {
  const mapped = { ...counts };
  for (const name of Object.keys(counts) as (keyof Counts)[]) mapped[name] = map(counts[name], name);
  return mapped;
}
