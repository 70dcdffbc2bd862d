import type { Fault } from "./fault.ts";

/** A fault that has hit something, and when, by the wall clock, as arrivals at readers are. */
export interface Hit {
  fault: Fault;
  from_ms: number;
  to_ms: number;
}

/** The number of hits of each kind. */
export function countByKind(hits: readonly Hit[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { fault } of hits) counts[fault.kind] = (counts[fault.kind] ?? 0) + 1;
  return counts;
}
