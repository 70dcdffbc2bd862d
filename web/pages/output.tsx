import { useEffect, useRef, useState } from "preact/hooks";
import { TailraceError } from "../../protocol/base/errors.ts";
import { isTransient } from "../../protocol/client/client.ts";
import { chunkTimeMs } from "../base/time.ts";
import type { PageProps } from "../frame/page-props.ts";
import { parametersText } from "../frame/parameters.ts";
import { Refused } from "../frame/refused.tsx";
import { RequestId } from "../frame/request-id.tsx";
import { Toast, useToast } from "../frame/toast.tsx";
import { Help, Top } from "../frame/top.tsx";
import type { LogControl } from "../log/log-control.ts";
import { LogView } from "../log/log-view.tsx";
import { Actions } from "./output/actions.tsx";
import { Details, Facts } from "./output/details.tsx";
import { useDocument } from "./output/document.ts";
import { useEndNotice } from "./output/end-notice.ts";
import { OutputFoot } from "./output/foot.tsx";
import { OUTPUT_KEYS, useOutputKeys } from "./output/keys.ts";
import { Lanes } from "./output/lanes.tsx";
import { NoOutput } from "./output/no-output.tsx";
import { ReasonSummary } from "./output/reason/reason-view.tsx";
import { OutputToolbar } from "./output/toolbar.tsx";
import { usePart } from "./output/tree/part.ts";
import { Tree } from "./output/tree/tree-view.tsx";
import { useOutputView } from "./output/view.ts";

/** An execution: its output and its details. */
export function OutputPage({ id, ...props }: PageProps & { id: string }) {
  const { session, rights, onLocked } = props;
  const { execution, failure, read, title, parent } = useDocument(props, id);
  const view = useOutputView();
  const [made, setMade] = useState<LogControl>();
  const [toast, say] = useToast();
  const [part, showPart] = usePart(session, id, say);
  const notice = useEndNotice(execution, say);
  const [, redraw] = useState(0);
  const control = view.lanes ? undefined : made;
  useOutputKeys(view, control);
  useEffect(() => {
    const moved = () => void control?.goToHash();
    window.addEventListener("hashchange", moved);
    return () => window.removeEventListener("hashchange", moved);
  }, [control]);

  const gone = useRef("");
  const onChange = () => {
    redraw((turn) => turn + 1);
    if (!control) return;
    const { connection } = control.log;
    if (connection.kind === "failed") {
      if (connection.error instanceof TailraceError && connection.error.code === "unauthorized") onLocked();
    } else if (connection.kind !== "loading" && gone.current !== part) {
      // The address names lines: the page scrolls to them once the first lines have come.
      gone.current = part;
      void control.goToHash();
    }
  };

  if (failure && !execution && !isTransient(failure)) {
    return (
      <>
        <Top session={session} rights={rights} onHelp={() => view.setHelp(true)} />
        <main class="scroll">
          <Refused session={session} error={failure} subject="execution" />
        </main>
      </>
    );
  }
  const has_children = (execution?.children?.length ?? 0) > 0;
  // A link opens one execution, and none of its parts.
  const has_parts = has_children && !session.is_guest;
  return (
    <>
      <Top session={session} rights={rights} onHelp={() => view.setHelp(true)} />
      <main class={view.full ? "full" : ""}>
        <div class="head">
          {execution && (
            <span role="status" class={`status ${execution.status}`}>
              {execution.status}
            </span>
          )}
          <h1>{title}</h1>
          <code class="grow">{execution && parametersText(execution)}</code>
          {execution && rights && !session.is_guest && (
            <Actions
              session={session}
              rights={rights}
              execution={execution}
              onDone={read}
              notice={notice}
              say={say}
            />
          )}
        </div>
        <Facts execution={execution} parent={parent} clock={session.clock} />
        {failure && (
          <p class="head error" role="alert">
            {failure.message} <RequestId error={failure} />
          </p>
        )}
        {execution && (
          <ReasonSummary
            session={session}
            execution={execution}
            showError={control && control.log.count > 0 ? (step) => void control.showError(step) : undefined}
          />
        )}
        <OutputToolbar
          session={session}
          id={part}
          view={view}
          control={control}
          has_children={has_children}
          has_parts={has_parts}
          say={say}
        />
        <div class="output">
          {has_parts && execution && view.tree && !view.lanes && (
            <Tree session={session} execution={execution} shown={part} show={showPart} />
          )}
          {!view.lanes && (
            <LogView
              key={part}
              session={session}
              id={part}
              settings={view.settings}
              labels={has_children}
              start_ms={execution ? chunkTimeMs(execution.start_timestamp) : 0}
              types={view.types}
              linked
              name={part === id ? "Output" : "Output of a part"}
              onControl={setMade}
              onChange={onChange}
              onStatus={(status) => {
                if (part === id && status !== execution?.status) void read();
              }}
              say={say}
            />
          )}
          {control && (
            <NoOutput
              session={session}
              log={control.log}
              execution={part === id ? execution : undefined}
              view={view}
            />
          )}
          {view.lanes && execution && (
            <Lanes
              session={session}
              execution={execution}
              settings={view.settings}
              types={view.types}
              say={say}
            />
          )}
          {view.details && execution && <Details execution={execution} session={session} />}
        </div>
        <OutputFoot control={control} execution={execution} />
      </main>
      {view.help && <Help keys={OUTPUT_KEYS} onClose={() => view.setHelp(false)} />}
      <Toast text={toast} />
    </>
  );
}
