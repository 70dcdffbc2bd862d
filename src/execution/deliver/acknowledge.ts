import {
  APPENDS_BURST,
  CHUNKS_PER_APPEND,
  FLUSH_UNWATCHED_MS,
  FLUSH_WATCHED_MS,
} from "../../../protocol/base/limits.ts";
import type { AppendBudget, AppendResult } from "../../../protocol/wire/append.ts";
import type { AgentAnswer, AgentEvent } from "../decide/agent.ts";

/** The state of the execution after the commit, for an acknowledgement. */
export interface Acknowledged {
  next: number;
  cancel: boolean;
  /** Whether the execution, or its parent, has followers. */
  is_watched: boolean;
  /** The setting APPENDS_PER_SECOND. */
  appends_per_second: number;
}

/** The protocol's answer to an agent's request. */
export function appendResult(
  event: AgentEvent,
  answer: AgentAnswer,
  { next, cancel, is_watched, appends_per_second }: Acknowledged,
): AppendResult {
  if (answer === "lease_lost") return { kind: answer };
  if (answer === "gap" || answer === "ended") return { kind: answer, next };
  if (answer === "repeated") return { kind: "held", next, cancel: false, flush_ms: 0 };
  const gathering = {
    flush_ms: is_watched ? FLUSH_WATCHED_MS : FLUSH_UNWATCHED_MS,
    ...budgetOf(appends_per_second),
  };
  if (answer === "unwanted" && event.kind === "append")
    return { kind: "held", next: event.head.last_seq + 1, cancel, ...gathering };
  return { kind: answer === "appended" ? answer : "held", next, cancel, ...gathering };
}

/** What a producer may send; without a budget, a batch whenever the last one has been acknowledged. */
function budgetOf(per_second: number): { budget?: AppendBudget } {
  if (per_second <= 0) return {};
  return { budget: { per_second, burst: APPENDS_BURST, chunks_per_append: CHUNKS_PER_APPEND } };
}
