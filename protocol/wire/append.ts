import * as v from "valibot";

/**
 * The append rule, complete. The log holds 1 … next-1. A batch that starts at `next` continues it; one wholly
 * below is held already; any other (it starts above, or a producer that has restarted cut its batches anew)
 * is refused with `next`, from where the producer sends again.
 */
export type Placement = "append" | "held" | "gap";

export function placeBatch(next: number, first_seq: number, last_seq: number): Placement {
  if (first_seq === next) return "append";
  return last_seq < next ? "held" : "gap";
}

/** What the log answers to a producer. Only a lost lease has no `next`. */
export type AppendResult =
  | ({ kind: "appended" | "held" } & Acknowledgement)
  | { kind: "gap"; next: number }
  | { kind: "ended"; next: number }
  | { kind: "lease_lost" };

/** The body of a 200 to a producer: continue at `next`; `cancel` asks to end the process; gather for `flush_ms`. */
export const Acknowledgement = v.object({ next: v.number(), cancel: v.boolean(), flush_ms: v.number() });
export type Acknowledgement = v.InferOutput<typeof Acknowledgement>;
