import { spanIdOf, withSpanId } from "../../../protocol/base/traceparent.ts";
import { FLUSH_MS_MAX, openTracing } from "../../base/tracing.ts";
import { isChain } from "../state/chain.ts";
import type { ExecutionState } from "../state/state.ts";

/**
 * Sends the spans of an execution that has ended: its own, and its time in the queue. They are made at the end from the stored times,
 * because an object may have slept in between. A crash at that moment loses them.
 */
export async function sendTrace(env: Env, state: ExecutionState): Promise<void> {
  const { spec, status, log, start_ms, end_ms, exit_code, lease } = state;
  const { trace, action } = spec;
  if (trace?.parent_id === undefined || end_ms === null) return;
  const tracing = await openTracing(env);
  if (!tracing) return;
  const { traceparent, parent_id } = trace;
  const own = tracing.begin(`execution ${action.ref}`, {
    parent: withSpanId(traceparent, parent_id),
    span_id: spanIdOf(traceparent),
    at_ms: start_ms,
    attributes: {
      "tailrace.execution.id": spec.id,
      "tailrace.action": action.ref,
      "tailrace.runner": spec.runner.name,
      "tailrace.pool": spec.pool,
      "tailrace.status": status,
      ...(exit_code === null ? {} : { "process.exit.code": exit_code }),
      ...(lease === null ? {} : { "tailrace.agent": lease.agent_name }),
    },
  });
  // A chain needs no agent, so it waits for none.
  const queued_ms = isChain(spec) ? undefined : timeOf(log, "requested");
  if (queued_ms !== undefined) {
    const queue = tracing.begin("queue", {
      parent: traceparent,
      at_ms: queued_ms,
      attributes: { "tailrace.pool": spec.pool },
    });
    tracing.end(queue, { at_ms: timeOf(log, "scheduled") ?? end_ms });
  }
  tracing.end(own, { at_ms: end_ms, failed: status !== "succeeded" });
  await tracing.flush(FLUSH_MS_MAX);
}

/** When the execution last came into a status. */
function timeOf(log: ExecutionState["log"], status: string): number | undefined {
  const found = log.findLast((entry) => entry.status === status);
  return found && Date.parse(found.timestamp);
}
