import { FLUSH_UNWATCHED_MS, FLUSH_WATCHED_MS } from "../../../protocol/base/limits.ts";
import type { AppendResult } from "../../../protocol/wire/append.ts";
import type { AgentAnswer, AgentEvent } from "../decide/agent.ts";

/** The state of the execution after the commit, for an acknowledgement. */
export interface Acknowledged {
  next: number;
  cancel: boolean;
  /** Whether the execution, or its parent, has followers. */
  is_watched: boolean;
}

/** The protocol's answer to an agent's request. */
export function appendResult(
  event: AgentEvent,
  answer: AgentAnswer,
  { next, cancel, is_watched }: Acknowledged,
): AppendResult {
  if (answer === "lease_lost") return { kind: answer };
  if (answer === "gap" || answer === "ended") return { kind: answer, next };
  if (answer === "repeated") return { kind: "held", next, cancel: false, flush_ms: 0 };
  const flush_ms = is_watched ? FLUSH_WATCHED_MS : FLUSH_UNWATCHED_MS;
  if (answer === "unwanted" && event.kind === "append")
    return { kind: "held", next: event.head.last_seq + 1, cancel, flush_ms };
  return { kind: answer === "appended" ? answer : "held", next, cancel, flush_ms };
}
