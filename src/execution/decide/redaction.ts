import { isCompleted, type Status } from "../../../protocol/base/status.ts";
import { OUTBOX_RETRY_MS } from "../state/outbox.ts";
import type { ExecutionState } from "../state/state.ts";
import { type Context, changedTo, type Decision, draftOf, unchanged } from "./decision.ts";
import { noteChange } from "./status.ts";

/**
 * `redact`: texts are to be removed from everything that is stored. `redacted`: they are removed. `redaction_failed`: the
 * alarm tries again.
 */
export type RedactionEvent =
  | { kind: "redact" | "redacted"; texts: readonly string[] }
  | { kind: "redaction_failed" };

export interface RedactionAnswers {
  redact: { kind: "taken" } | { kind: "refused"; status: Status };
  redacted: undefined;
  redaction_failed: undefined;
}

type RedactionAnswer = RedactionAnswers[keyof RedactionAnswers];

export function decideRedaction(
  state: ExecutionState,
  event: RedactionEvent,
  { now_ms, redaction }: Context,
): Decision<RedactionAnswer> {
  const draft = draftOf(state);
  switch (event.kind) {
    case "redact": {
      // A run that has not ended may write the texts again, and its agent has the output on disk.
      if (!isCompleted(state.status)) return unchanged(state, { kind: "refused", status: state.status });
      // The row must stop offering the output to the edge's cache before the log changes.
      noteChange(draft);
      const decision = keep(draft, [...new Set([...redaction, ...event.texts])], now_ms);
      return { ...decision, effects: [{ kind: "redact" }], answer: { kind: "taken" } };
    }
    case "redacted": {
      // Other texts may have come since.
      const left = redaction.filter((text) => !event.texts.includes(text));
      noteChange(draft);
      return { ...keep(draft, left, now_ms), effects: [{ kind: "tell" }] };
    }
    case "redaction_failed": {
      draft.timers.redaction = now_ms + OUTBOX_RETRY_MS;
      return changedTo(draft, undefined);
    }
  }
}

/** The texts stay stored until everything is rewritten, so that the alarm continues after a restart. */
function keep(draft: ExecutionState, texts: string[], now_ms: number): Decision<undefined> {
  draft.timers.redaction = texts.length === 0 ? null : now_ms + OUTBOX_RETRY_MS;
  return { ...changedTo(draft, undefined), rows: [{ kind: "redaction", texts }] };
}
