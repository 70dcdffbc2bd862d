import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Status } from "../../protocol/base/status.ts";
import type { OutputType } from "../../protocol/wire/chunk.ts";
import { grouped } from "../base/grouped.ts";
import { onWake } from "../base/wake.ts";
import type { Connection } from "../server/connection.ts";
import type { Session } from "../server/session.ts";
import { LogControl, type LogViewing } from "./log-control.ts";
import { Marks } from "./marks.tsx";

interface LogViewProps extends LogViewing {
  session: Session;
  id: string;
  types: readonly OutputType[];
  /** Whether the address names lines of this log. */
  linked: boolean;
  name: string;
  onControl: (control: LogControl) => void;
  onChange: () => void;
  onStatus: (status: Status) => void;
  say: (text: string) => void;
}

/** The shortest time between two drawings of the parts around an output. */
const AROUND_MS = 100;

/** An output, live. */
export function LogView(props: LogViewProps) {
  const element = useRef<HTMLDivElement>(null);
  const control = useRef<LogControl>(undefined);
  const [, redraw] = useState(0);
  const frame = useRef(0);
  const drawn_ms = useRef(0);
  const drawn_kind = useRef<Connection["kind"]>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const draw = () => {
    clearTimeout(frame.current);
    frame.current = 0;
    drawn_ms.current = performance.now();
    drawn_kind.current = control.current?.log.connection.kind;
    redraw((turn) => turn + 1);
    latest.current.onChange();
  };
  const changed = () => {
    // A new state of the connection is drawn immediately; other changes at most once in `AROUND_MS`.
    if (control.current?.log.connection.kind !== drawn_kind.current) queueMicrotask(draw);
    else if (frame.current === 0)
      frame.current = window.setTimeout(draw, Math.max(0, drawn_ms.current + AROUND_MS - performance.now()));
  };

  // A layout effect, so that reading begins before the first paint.
  useLayoutEffect(() => {
    const scroller = element.current;
    if (!scroller) return;
    const made = new LogControl(scroller, props.session, props.id, props, {
      changed,
      status: (status) => latest.current.onStatus(status),
      say: props.say,
      linked: props.linked,
    });
    control.current = made;
    props.onControl(made);
    void made.log.open(props.types);
    const unwatch = onWake(() => void made.log.resume());
    return () => {
      unwatch();
      made.searching.search?.close();
      made.log.close();
      made.folding.folds.close();
      made.selection.close();
      clearTimeout(frame.current);
      frame.current = 0;
      scroller.replaceChildren();
    };
  }, [props.id]);

  useEffect(() => control.current?.show(props), [props.settings, props.labels, props.start_ms]);

  const first = useRef(true);
  useEffect(() => {
    if (first.current) first.current = false;
    else control.current?.filter(props.types);
  }, [props.types]);

  const made = control.current;
  const fresh = made?.new_lines ?? 0;
  const ended = made?.log.connection.kind === "ended";
  return (
    <div class="log-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable element must be reachable by keyboard. */}
      <div class="log" ref={element} role="log" aria-label={props.name} aria-live="off" tabIndex={0} />
      <Marks control={made} />
      <span role="status" class="visually-hidden">
        {made?.selection.cursor.announcement}
      </span>
      {made && !made.viewport.follows && made.folding.count > made.viewport.page && (
        <button type="button" class="more" onClick={() => made.viewport.follow()}>
          {fresh > 0
            ? `${grouped(fresh)} new ${fresh === 1 ? "line" : "lines"} ↓`
            : ended
              ? "To the end ↓"
              : "Follow ↓"}
        </button>
      )}
    </div>
  );
}
