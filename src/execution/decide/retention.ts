import { isCompleted } from "../../../protocol/base/status.ts";
import { OUTBOX_RETRY_MS, owes } from "../state/outbox.ts";
import type { ExecutionState } from "../state/state.ts";
import { type Context, changedTo, type Decision, draftOf, unchanged } from "./decision.ts";
import { beginRetention } from "./keep.ts";
import { noteChange } from "./status.ts";

/**
 * How long an execution is kept: first its output is deleted, which leaves a tombstone, then all of it. A pin prevents both.
 * `row_deleted`: the index has no row of it any more.
 */
export type RetentionEvent =
  | { kind: "pin"; pinned: boolean }
  | { kind: "expiry_due" | "removal_due" | "row_deleted" };

export interface RetentionAnswers {
  pin: undefined;
  expiry_due: undefined;
  removal_due: undefined;
  row_deleted: undefined;
}

export function decideRetention(
  state: ExecutionState,
  event: RetentionEvent,
  { now_ms, totals }: Context,
): Decision<undefined> {
  const draft = draftOf(state);
  switch (event.kind) {
    case "pin": {
      if (state.pinned === event.pinned) return unchanged(state, undefined);
      draft.pinned = event.pinned;
      // An earlier release has not noted its pins, so the end of one counts too.
      draft.was_pinned = true;
      if (isCompleted(draft.status)) beginRetention(draft, now_ms);
      return told(draft);
    }
    case "expiry_due": {
      if (state.outbox.parent || (state.was_pinned && state.outbox.index)) {
        // The parent cannot be reached now and does not have all of the output yet. Or the row in the index may be from the time of
        // the pin, and offer the output to the edge's cache for ever.
        draft.timers.expiry = now_ms + OUTBOX_RETRY_MS;
        return { ...changedTo(draft, undefined), effects: [{ kind: "tell" }] };
      }
      draft.expired = { totals, at_ms: now_ms };
      draft.timers.expiry = null;
      const decision = told(draft);
      return {
        ...decision,
        rows: [{ kind: "clear_log" }],
        effects: [{ kind: "dismiss_followers" }, { kind: "shrink" }, ...decision.effects],
      };
    }
    case "removal_due": {
      draft.timers.removal = now_ms + OUTBOX_RETRY_MS;
      return { ...changedTo(draft, undefined), effects: [{ kind: "remove" }] };
    }
    case "row_deleted": {
      if (!state.pinned && !owes(state))
        return { ...unchanged(state, undefined), effects: [{ kind: "delete_all" }] };
      // A change came while the row was being deleted: the index gets it again.
      return told(draft);
    }
  }
}

function told(draft: ExecutionState): Decision<undefined> {
  noteChange(draft);
  return { ...changedTo(draft, undefined), effects: [{ kind: "tell" }] };
}
