import { timestamp } from "../../../protocol/base/time.ts";
import type { Decision, Row } from "../decide/decision.ts";
import type { Stored } from "../family/stored.ts";
import { adoptedBatches } from "../log/adopted.ts";
import { gapBatch } from "../log/events.ts";

/**
 * Stores the next state and the rows of a decision in one transaction. Returns the bodies that the log has taken. A state that may
 * wait is only held: the next commit stores it, or the alarm.
 */
export function commit(
  stored: Stored,
  { state, rows, may_wait }: Pick<Decision<unknown>, "state" | "rows" | "may_wait">,
  now_ms: number,
): string[] {
  const { record } = stored;
  const is_changed = state !== record.existing;
  const [first] = rows;
  if (first === undefined && (!is_changed || may_wait)) {
    if (is_changed) record.hold(state, false);
    return [];
  }
  // One row is atomic by itself, and a batch is the most frequent row of all.
  if (!is_changed && rows.length === 1 && first?.kind === "batch") return put(stored, first, now_ms);
  const bodies = stored.transaction(() => {
    const bodies = rows.flatMap((row) => put(stored, row, now_ms));
    // After the rows, because a short result is in the state's row.
    if (is_changed) record.put(state);
    return bodies;
  });
  if (is_changed) record.hold(state);
  return bodies;
}

function put(stored: Stored, row: Row, now_ms: number): string[] {
  const { record, log, children } = stored;
  switch (row.kind) {
    case "batch":
      return append(stored, [row]);
    case "child_batch": {
      const { child, head, body } = row;
      const label = { execution_id: child.id, name: child.label };
      const bodies = append(stored, adoptedBatches({ head, body }, log.next, label));
      children.advance(child.id, head.last_seq + 1);
      return bodies;
    }
    case "gap":
      return append(stored, [gapBatch(log.next, row.reason, now_ms)]);
    case "clear_log":
      log.clear();
      return [];
    case "result":
      record.putResult(row.result);
      return [];
    case "secrets":
      record.putSecrets(row.texts);
      return [];
    case "progress":
      record.putProgress(row.progress);
      return [];
    case "redaction":
      record.putRedaction(row.texts);
      return [];
    case "plan":
      for (const child of row.children) children.plan(child, timestamp(now_ms));
      return [];
    case "child_state":
      children.mark(row.id, row.state);
      return [];
    case "child_end":
      children.end(row.id, row.state, row.end, timestamp(now_ms));
      return [];
  }
}

/** An execution that keeps no output takes no batch. */
function append(
  { record, log }: Stored,
  batches: readonly Omit<Extract<Row, { kind: "batch" }>, "kind">[],
): string[] {
  const { stream_output, output_bytes_max = 0 } = record.existing.keeping;
  if (stream_output === false) return [];
  for (const batch of batches) log.append(batch, output_bytes_max);
  return batches.map(({ body }) => body);
}
