import * as v from "valibot";

/**
 * The append rule. The log has the chunks 1 … next-1. A batch that starts at `next` continues it. A batch wholly below `next` is in the
 * log already. Any other batch is refused with `next`, and the producer sends again from there: it starts above `next`, or a restarted
 * producer has cut its batches differently.
 */
export type Placement = "append" | "held" | "gap";

export function placeBatch(next: number, first_seq: number, last_seq: number): Placement {
  if (first_seq === next) return "append";
  return last_seq < next ? "held" : "gap";
}

/** The log's answer to a producer. Only a lost lease has no `next`. */
export type AppendResult =
  | ({ kind: "appended" | "held" } & Acknowledgement)
  | { kind: "gap"; next: number }
  | { kind: "ended"; next: number }
  | { kind: "lease_lost" };

/**
 * What a producer may send: appends at once after quiet (`burst`), then `per_second`, and one more for each `chunks_per_append` chunks.
 * Each append costs a written row, whatever it carries.
 */
export const AppendBudget = v.object({
  per_second: v.pipe(v.number(), v.gtValue(0)),
  burst: v.pipe(v.number(), v.minValue(1)),
  chunks_per_append: v.pipe(v.number(), v.gtValue(0)),
});
export type AppendBudget = v.InferOutput<typeof AppendBudget>;

/**
 * The body of a 200 to a producer: continue at `next`, and end the process if `cancel`. Batches are at least `flush_ms` apart, and keep
 * to the budget, if there is one.
 */
export const Acknowledgement = v.object({
  next: v.number(),
  cancel: v.boolean(),
  flush_ms: v.number(),
  budget: v.exactOptional(AppendBudget),
});
export type Acknowledgement = v.InferOutput<typeof Acknowledgement>;
