import { useEffect, useRef, useState } from "preact/hooks";
import { TailraceError } from "../../protocol/base/errors.ts";
import { chunkTimeMs } from "../base/time.ts";
import type { PageProps } from "../frame/page-props.ts";
import { Toast, useToast } from "../frame/toast.tsx";
import { Help, Top } from "../frame/top.tsx";
import type { LogControl } from "../log/log-control.ts";
import { LogView } from "../log/log-view.tsx";
import { Actions } from "./output/actions.tsx";
import { Details, Facts } from "./output/details.tsx";
import { useDocument } from "./output/document.ts";
import { OutputFoot } from "./output/foot.tsx";
import { OUTPUT_KEYS, useOutputKeys } from "./output/keys.ts";
import { Lanes } from "./output/lanes.tsx";
import { OutputToolbar } from "./output/toolbar.tsx";
import { useOutputView } from "./output/view.ts";

/** An execution: its output and its details. */
export function OutputPage({ id, ...props }: PageProps & { id: string }) {
  const { session, rights, onLocked } = props;
  const { execution, failure, read } = useDocument(props, id);
  const view = useOutputView();
  const [made, setMade] = useState<LogControl>();
  const [toast, say] = useToast();
  const [, redraw] = useState(0);
  const control = view.lanes ? undefined : made;
  useOutputKeys(view, control);
  useEffect(() => {
    const moved = () => void control?.goToHash();
    window.addEventListener("hashchange", moved);
    return () => window.removeEventListener("hashchange", moved);
  }, [control]);

  const gone = useRef(false);
  const onChange = () => {
    redraw((turn) => turn + 1);
    if (!control) return;
    const { connection } = control.log;
    if (connection.kind === "failed") {
      if (connection.error instanceof TailraceError && connection.error.code === "unauthorized") onLocked();
    } else if (connection.kind !== "loading" && !gone.current) {
      // The address names lines: the page scrolls to them once the first lines have come.
      gone.current = true;
      void control.goToHash();
    }
  };

  const has_children = (execution?.children?.length ?? 0) > 0;
  return (
    <>
      <Top session={session} rights={rights} onHelp={() => view.setHelp(true)} />
      <main>
        <div class="head">
          {execution && (
            <span role="status" class={`status ${execution.status}`}>
              {execution.status}
            </span>
          )}
          <h1>{execution?.action.ref ?? id}</h1>
          <span class="grow" />
          {execution && rights && !session.is_guest && (
            <Actions session={session} rights={rights} execution={execution} onDone={read} say={say} />
          )}
        </div>
        {execution && <Facts execution={execution} clock={session.clock} />}
        {failure !== "" && (
          <p class="head error" role="alert">
            {failure}
          </p>
        )}
        <OutputToolbar
          session={session}
          id={id}
          view={view}
          control={control}
          has_children={has_children}
          say={say}
        />
        <div class="output">
          {!view.lanes && (
            <LogView
              key={id}
              session={session}
              id={id}
              settings={view.settings}
              labels={has_children}
              start_ms={execution ? chunkTimeMs(execution.start_timestamp) : 0}
              types={view.types}
              linked
              name="Output"
              onControl={setMade}
              onChange={onChange}
              onStatus={(status) => {
                if (status !== execution?.status) void read();
              }}
              say={say}
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
