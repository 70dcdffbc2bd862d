import type { Execution } from "../../protocol/model/execution.ts";

/** An execution as it was at a change of its status: `change` 0 is its creation. With the id, what tells a repetition. */
export interface LifecycleEvent {
  change: number;
  execution: Execution;
}
