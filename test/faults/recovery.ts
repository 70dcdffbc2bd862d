import type { Seen } from "./facts.ts";
import type { Hit } from "./hits.ts";

/** The times from a fault's hit until a reader got output that was written after it, by kind of fault. */
export type Recoveries = Record<string, number[]>;

/** One reader's record of one execution, and the time of writing of each chunk, by number. */
export interface Reading {
  /** The execution's agent, and the reader's proxy. */
  agent: string | undefined;
  reader: string;
  seen: Seen;
  written_ms: ReadonlyMap<number, number>;
}

/** The possible error of the clock behind the times of writing. */
const CLOCK_MS_MAX = 1_000;

/** For each fault, the times of the readers that it affected. */
export function recoveriesOf(hits: readonly Hit[], readings: readonly Reading[]): Recoveries {
  const recoveries: Recoveries = {};
  for (const { fault, from_ms } of hits) {
    for (const reading of readings) {
      if (![reading.agent, reading.reader, "server"].includes(fault.target)) continue;
      const ms = recoveryMs(from_ms, reading);
      if (ms === undefined) continue;
      recoveries[fault.kind] ??= [];
      recoveries[fault.kind]?.push(ms);
    }
  }
  return recoveries;
}

/** Undefined if the reader was not reading then, or nothing was written afterwards. */
function recoveryMs(from_ms: number, { seen, written_ms }: Reading): number | undefined {
  const began_ms = seen.chunks[0]?.at_ms;
  if (began_ms === undefined || began_ms > from_ms) return undefined;
  const next = seen.chunks.find(({ seq, at_ms }) => {
    const written = written_ms.get(seq);
    return written !== undefined && written >= from_ms && written <= at_ms + CLOCK_MS_MAX;
  });
  return next === undefined ? undefined : next.at_ms - from_ms;
}

export function mergeRecoveries(into: Recoveries, more: Recoveries): void {
  for (const [kind, times] of Object.entries(more)) into[kind] = [...(into[kind] ?? []), ...times];
}

/** A table in Markdown: how often, the median and the worst. */
export function recoveryTable(recoveries: Recoveries): string {
  const rows = Object.entries(recoveries)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([kind, times]) => {
      const sorted = times.toSorted((a, b) => a - b);
      const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
      return `| ${kind} | ${sorted.length} | ${median.toFixed(0)} ms | ${(sorted.at(-1) ?? 0).toFixed(0)} ms |`;
    });
  return ["| fault | readers | median | worst |", "| --- | ---: | ---: | ---: |", ...rows].join("\n");
}
