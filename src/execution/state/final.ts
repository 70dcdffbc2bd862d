import { isCompleted } from "../../../protocol/base/status.ts";
import type { OutputOffer } from "../../index/ended.ts";
import type { ExecutionState } from "./state.ts";

/** Whether the output stays the same until it expires: the execution has ended, and no redaction rewrites the log. */
export function isFinal({ status, expired, timers }: ExecutionState): boolean {
  return isCompleted(status) && expired === null && (timers.redaction ?? null) === null;
}

/** The row's offer to the edge's cache; undefined while the output is not final. */
export function offerOf(state: ExecutionState): OutputOffer | undefined {
  return isFinal(state) ? { until_ms: state.timers.expiry } : undefined;
}
