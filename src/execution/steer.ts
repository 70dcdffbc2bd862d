import { isCompleted, type Status } from "../../protocol/base/status.ts";
import { isChain } from "./family/chain/task.ts";
import type { ExecutionState } from "./state/state.ts";

/** What a pause or a resume means for an execution: another status, nothing new, or nothing that can be. */
export type Steering =
  | { kind: "change"; status: Status }
  | { kind: "unchanged" }
  | { kind: "refused"; reason: string };

/** Decides what becomes of a wish to pause or resume, and notes who had it. */
export function steer(state: ExecutionState, what: "pause" | "resume", user: string): Steering {
  const { spec, status } = state;
  const refused = (why: string): Steering => ({
    kind: "refused",
    reason: `Unable to ${what} liveaction "${spec.liveaction_id}" because it ${why}`,
  });
  if (!isChain(spec)) return refused(`is not supported by the "${spec.runner.name}" runner.`);
  if (isCompleted(status)) return { kind: "refused", reason: "Execution is already in completed state." };
  if (what === "pause") {
    if (status === "pausing" || status === "paused") return { kind: "unchanged" };
    if (status !== "running") return refused("is not in a running state.");
    spec.context.paused_by = user;
    return { kind: "change", status: "pausing" };
  }
  if (status === "running" || status === "resuming") return { kind: "unchanged" };
  if (status !== "paused") return refused(`is in "${status}" state and not in "paused" state.`);
  spec.context.resumed_by = user;
  return { kind: "change", status: "resuming" };
}
