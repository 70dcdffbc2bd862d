import type { AppendBudget } from "../../protocol/wire/append.ts";

/** How many appends may be sent now, with fractions, and when that was counted. */
export interface Bucket {
  appends: number;
  counted_ms: number;
}

/** The bucket of an output that has been quiet. */
export function fullBucket({ burst }: AppendBudget, now_ms: number): Bucket {
  return { appends: burst, counted_ms: now_ms };
}

/** How long an append of the waiting chunks has to wait. The chunks themselves earn a part of it. */
export function waitOf(
  bucket: Bucket,
  budget: AppendBudget,
  waiting: { chunks: number; now_ms: number },
): number {
  const { appends } = refilled(bucket, budget, waiting.now_ms);
  const missing = 1 - appends - waiting.chunks / budget.chunks_per_append;
  return missing <= 0 ? 0 : (missing * 1000) / budget.per_second;
}

/** The bucket after an append of so many chunks. One that was sent too early leaves it empty, and no debt. */
export function afterAppend(
  bucket: Bucket,
  budget: AppendBudget,
  sent: { chunks: number; now_ms: number },
): Bucket {
  const { appends } = refilled(bucket, budget, sent.now_ms);
  const left = appends + sent.chunks / budget.chunks_per_append - 1;
  return { appends: Math.min(budget.burst, Math.max(0, left)), counted_ms: sent.now_ms };
}

function refilled(
  { appends, counted_ms }: Bucket,
  { per_second, burst }: AppendBudget,
  now_ms: number,
): Bucket {
  const earned = (Math.max(0, now_ms - counted_ms) / 1000) * per_second;
  return { appends: Math.min(burst, appends + earned), counted_ms: now_ms };
}
