import type { Completed } from "../../../protocol/base/status.ts";

/** How far a chain has come: all that it needs to continue after its object was evicted. Stored sealed, as one value. */
export interface Progress {
  /** The chain's own parameters, rendered. */
  parameters: Record<string, unknown>;
  vars: Record<string, unknown>;
  published: Record<string, unknown>;
  /** The position of the last task whose end the chain has handled. */
  settled: number;
  /** The next task; null if none follows. */
  next: string | null;
  /** The status that the chain takes if it ends now. */
  status: Completed;
  /** The error that ends the chain, if it is not the failure of a task. */
  error: string | null;
  /** Texts that no document may show, besides those of its tasks. */
  secrets: string[];
}

/** The progress of a chain that has not begun. */
export const UNBEGUN: Progress = {
  parameters: {},
  vars: {},
  published: {},
  settled: 0,
  next: null,
  status: "failed",
  error: null,
  secrets: [],
};

/** How an error that is not the failure of a task changes a chain's progress. */
export function failedWith(error: string): Pick<Progress, "status" | "next" | "error"> {
  return { status: "failed", next: null, error };
}
