import { toJson, writeExact } from "../../../protocol/base/numbers.ts";
import { poolOf } from "../../../protocol/model/default-pool.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { shownText } from "../../../protocol/screen/shown-text.ts";
import { momentText } from "../../base/time.ts";
import { Duration } from "../../frame/duration.tsx";
import { href } from "../../server/paths.ts";
import type { ServerClock } from "../../server/server-clock.ts";
import type { Session } from "../../server/session.ts";

interface FactsProps {
  /** Undefined until it is read: the place of its facts is kept. */
  execution: Execution | undefined;
  parent: Execution | undefined;
  clock: ServerClock;
}

/** The facts at a glance: duration, exit code, user, agent, start, and the execution that it is a part of. */
export function Facts({ execution, parent, clock }: FactsProps) {
  if (!execution) return <div class="facts">loading …</div>;
  const { start_timestamp, context, agent, result, waiting } = execution;
  const exit = result?.return_code ?? result?.exit_code;
  return (
    <div class="facts">
      <span>
        <b>
          <Duration execution={execution} clock={clock} />
        </b>
      </span>
      {typeof exit === "number" && (
        <span>
          exit code <b>{exit}</b>
        </span>
      )}
      <span>
        by <b>{String(context.user ?? "")}</b>
      </span>
      {agent && (
        <span>
          on <b>{agent.name}</b>, pool {agent.pool}
        </span>
      )}
      {waiting && (
        <span role="status">
          waiting: <b>{waiting.reason}</b>
        </span>
      )}
      <span>started {momentText(start_timestamp)}</span>
      {execution.parent && (
        <span>
          <b>{execution.action.ref}</b> as a part of{" "}
          <a href={href(`/executions/${execution.parent}`)}>
            {parent?.action.ref ?? execution.parent.slice(-6)}
          </a>
        </span>
      )}
    </div>
  );
}

/** Everything else: parameters, result, status log and retention. */
export function Details({ execution, session }: { execution: Execution; session: Session }) {
  const { parameters, result, log, output, expires, pinned, children = [], labels = {} } = execution;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable element must be reachable by keyboard.
    <aside class="side" aria-label="Details" tabIndex={0}>
      <section>
        <h2>Execution</h2>
        <dl>
          <dt>id</dt>
          <dd>
            <code>{execution.id}</code>
          </dd>
          <dt>runner</dt>
          <dd>{execution.runner.name}</dd>
          <dt>pool</dt>
          <dd>{poolOf(execution)}</dd>
          {Object.keys(labels).length > 0 && (
            <>
              <dt>labels</dt>
              <dd>
                {Object.entries(labels)
                  .map(([name, value]) => `${name}=${value}`)
                  .join(", ")}
              </dd>
            </>
          )}
          <dt>output</dt>
          <dd>
            {output?.expired
              ? `expired ${momentText(output.expired)}`
              : output?.expires
                ? `kept until ${momentText(output.expires)}`
                : "kept without a limit"}
          </dd>
          {expires && (
            <>
              <dt>deleted</dt>
              <dd>{momentText(expires)}</dd>
            </>
          )}
          {pinned && (
            <>
              <dt>pinned</dt>
              <dd>kept until it is unpinned</dd>
            </>
          )}
        </dl>
      </section>
      <section>
        <h2>Parameters</h2>
        <pre>{writeExact(parameters, 2)}</pre>
      </section>
      {result && (
        <section>
          <h2>Result</h2>
          <pre>{resultText(result)}</pre>
        </section>
      )}
      <section>
        <h2>Status log</h2>
        <dl>
          {log.map(({ status, timestamp }) => (
            <>
              <dt>{status}</dt>
              <dd>{momentText(timestamp)}</dd>
            </>
          ))}
        </dl>
      </section>
      {children.length > 0 && !session.is_guest && (
        <section>
          <h2>Children</h2>
          {children.slice(0, CHILDREN_SHOWN_MAX).map((id) => (
            <div key={id}>
              <a href={href(`/executions/${id}`)}>{id}</a>
            </div>
          ))}
        </section>
      )}
    </aside>
  );
}

const CHILDREN_SHOWN_MAX = 100;
const RESULT_CHARS_MAX = 20_000;

function resultText(result: Record<string, unknown>): string {
  const text = JSON.stringify(
    result,
    (_, value) => (typeof value === "string" ? shownText(value) : toJson(value)),
    2,
  );
  return text.length > RESULT_CHARS_MAX
    ? `${text.slice(0, RESULT_CHARS_MAX)}\n… ${text.length} characters in all`
    : text;
}
