import { useMemo } from "preact/hooks";
import type { Execution } from "../../../../protocol/model/execution.ts";
import type { ErrorStep } from "../../../log/error-lines.ts";
import { href } from "../../../server/paths.ts";
import type { Session } from "../../../server/session.ts";
import { type FailedPart, reasonOf } from "./reason.ts";

/** Hosts and tasks that the summary names. */
const PARTS_SHOWN_MAX = 20;

interface ReasonProps {
  session: Session;
  execution: Execution;
  /** Goes to an error of the output; undefined while no log is shown. */
  showError: ((step: ErrorStep) => void) | undefined;
}

/** Why an execution did not succeed: what ended it, its error, what failed in it, and the last lines of stderr. */
export function ReasonSummary({ session, execution, showError }: ReasonProps) {
  const reason = useMemo(() => reasonOf(execution), [execution]);
  if (!reason) return null;
  const { headline, error, stderr, parts } = reason;
  const has_body = error !== "" || stderr.length > 0 || parts.length > 0;
  return (
    <section class={`reason ${execution.status}`} aria-label="Why it did not succeed">
      <div class="reason-head">
        <h2>{headline}</h2>
        {showError && execution.status !== "canceled" && (
          <fieldset class="group" aria-label="Errors in the output">
            <button type="button" onClick={() => showError("first")}>
              First error
            </button>
            <button type="button" title="E" aria-label="Previous error" onClick={() => showError("previous")}>
              ↑
            </button>
            <button type="button" title="e" aria-label="Next error" onClick={() => showError("next")}>
              ↓
            </button>
          </fieldset>
        )}
      </div>
      {has_body && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable element must be reachable by keyboard.
        <div class="reason-body" tabIndex={0}>
          {error !== "" && <p>{error}</p>}
          <Parts parts={parts} linked={!session.is_guest} />
          {stderr.length > 0 && <pre>{stderr.join("\n")}</pre>}
        </div>
      )}
    </section>
  );
}

function Parts({ parts, linked }: { parts: FailedPart[]; linked: boolean }) {
  if (parts.length === 0) return null;
  const shown = parts.slice(0, PARTS_SHOWN_MAX);
  return (
    <ul>
      {shown.map(({ name, id, text, stderr }) => (
        <li key={id ?? name}>
          {linked && id ? <a href={href(`/executions/${id}`)}>{name}</a> : <b>{name}</b>} {text}
          {stderr.length > 0 && <pre>{stderr.join("\n")}</pre>}
        </li>
      ))}
      {parts.length > shown.length && <li>and {parts.length - shown.length} more</li>}
    </ul>
  );
}
