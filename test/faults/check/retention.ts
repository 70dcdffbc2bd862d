import { isCompleted } from "../../../protocol/base/status.ts";
import type { Act, Facts, Violation } from "../facts.ts";

/** How late a due deletion may be: a failed alarm is repeated. */
const LATE_MS_MAX = 30_000;

/** Checks that kept executions and outputs exist after the end, and that expired ones are gone. */
export function checkRetention({ id, document, replay, acts, expiry, read_ms }: Facts): Violation[] {
  const found: Violation[] = [];
  const violate = (text: string) => found.push({ execution: id, rule: "retention", text });
  if (document === "gone" && expiry !== undefined && expiry !== "all")
    violate("it is gone, and was to be kept");
  if (replay === "expired" && expiry === "nothing") violate("its output has expired, and was to be kept");
  if (document === "gone") return found;
  if (document.pinned) {
    const { expired } = document.output ?? {};
    // A pin that comes after the output has expired still keeps the document.
    if (expired !== undefined && wasPinned(acts, Date.parse(expired)))
      violate(`its output expired at ${expired}, and it was pinned then`);
    else if (replay === "gone") violate("its output is gone, and it is pinned");
    return found;
  }
  if (isLate(document.expires, read_ms)) violate(`it was to go at ${document.expires}`);
  if (isLate(document.output?.expires, read_ms))
    violate(`its output was to go at ${document.output?.expires}`);
  const is_due =
    expiry === "all" ? document.expires : expiry === "output" ? document.output?.expires : "none";
  if (isCompleted(document.status) && typeof replay !== "string" && is_due === undefined)
    violate("it has ended, and says no time at which it will go");
  return found;
}

/** Whether an execution was certainly pinned at a time. */
function wasPinned(acts: readonly Act[], at_ms: number): boolean {
  const may_be_unpinned = acts.some(
    ({ what, at_ms: asked_ms, answered_ms, answer }) =>
      what === "unpin" && (answer === "unknown" || (asked_ms <= at_ms && answered_ms >= at_ms)),
  );
  const last = acts
    .filter(({ what, answered_ms }) => (what === "pin" || what === "unpin") && answered_ms < at_ms)
    .filter(({ answer }) => answer === "done")
    .sort((a, b) => a.answered_ms - b.answered_ms)
    .at(-1);
  return last?.what === "pin" && !may_be_unpinned;
}

function isLate(expires: string | undefined, read_ms: number): boolean {
  return expires !== undefined && Date.parse(expires) + LATE_MS_MAX < read_ms;
}
