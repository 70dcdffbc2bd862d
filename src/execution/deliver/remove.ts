import { failureText } from "../../../protocol/base/failure-text.ts";
import { answered } from "../../index/answered.ts";
import { deleteRow } from "../../index/executions.ts";
import { nameInLog } from "../../objects/spec.ts";
import type { Event } from "../decide/decide.ts";
import { owes } from "../state/outbox.ts";
import type { ExecutionRecord } from "../state/record.ts";

/** Deletes an execution's row in the index. No event if the alarm must try again later. */
export async function removeRow(index: D1Database, record: ExecutionRecord): Promise<Event[]> {
  const { state } = record;
  // A receiver that has not been told yet may be the index, and the delivery may be on its way.
  if (!state || owes(state)) return [];
  try {
    await answered(deleteRow(index, state.spec.id));
    return [{ kind: "row_deleted" }];
  } catch (error) {
    console.error(`${nameInLog(state.spec)}: not deleted yet: ${failureText(error)}`);
    return [];
  }
}
