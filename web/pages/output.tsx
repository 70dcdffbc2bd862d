import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { OUTPUT_TYPES, type OutputType } from "../../protocol/chunk.ts";
import { TailraceError } from "../../protocol/errors.ts";
import type { Execution } from "../../protocol/execution.ts";
import { isCompleted, type Status } from "../../protocol/status.ts";
import type { LogControl } from "../log/log-control.ts";
import { LogView } from "../log/log-view.tsx";
import type { TimeMode } from "../log/row.ts";
import { chunkTimeMs } from "../log/time.ts";
import type { Session } from "../session.ts";
import { keepSettings, readSettings, type Settings } from "../settings.ts";
import { Actions } from "./actions.tsx";
import { ConnectionText } from "./connection.tsx";
import { Details, Facts } from "./details.tsx";
import { Downloads } from "./downloads.tsx";
import { Lanes } from "./lanes.tsx";
import { OUTPUT_KEYS } from "./output-keys.ts";
import { SearchBar } from "./search-bar.tsx";
import { Help, isTyping, Top } from "./top.tsx";

interface OutputPageProps {
  session: Session;
  id: string;
  onLocked: () => void;
}

/** An execution: its output, and all that is known of it. */
export function OutputPage({ session, id, onLocked }: OutputPageProps) {
  const [execution, setExecution] = useState<Execution>();
  const [failure, setFailure] = useState("");
  const [settings, setSettings] = useState(readSettings);
  const [types, setTypes] = useState<readonly OutputType[]>(OUTPUT_TYPES);
  const [view, setView] = useState<"merged" | "lanes">("merged");
  const [panel, setPanel] = useState<"details" | "help" | "search" | undefined>();
  const [searching, setSearching] = useState(false);
  const [toast, setToast] = useState("");
  const [, redraw] = useState(0);
  const control = useRef<LogControl>(undefined);
  const gone = useRef(false);

  const read = useCallback(async () => {
    try {
      setExecution(await session.client.get(id));
    } catch (error) {
      if (!(error instanceof TailraceError)) return;
      if (error.code === "unauthorized") onLocked();
      else setFailure(error.message);
    }
  }, [id]);
  useLayoutEffect(() => {
    void read();
  }, [read]);
  useEffect(() => {
    if (execution) document.title = `${execution.status} · ${execution.action.ref} · Tailrace`;
  }, [execution]);
  useEffect(() => {
    if (toast === "") return;
    const timer = setTimeout(() => setToast(""), TOAST_MS);
    return () => clearTimeout(timer);
  }, [toast]);

  const change = (part: Partial<Settings>) => {
    const changed = { ...settings, ...part };
    keepSettings(changed);
    setSettings(changed);
  };
  const toggleType = (type: OutputType) => {
    const chosen = types.includes(type) ? types.filter((other) => other !== type) : [...types, type];
    setTypes(chosen.length === 0 ? OUTPUT_TYPES : OUTPUT_TYPES.filter((other) => chosen.includes(other)));
  };
  const keys = useRef<(event: KeyboardEvent) => void>(undefined);
  keys.current = (event) => {
    const made = control.current;
    if ((event.ctrlKey || event.metaKey) && event.key === "f") {
      // Whoever is in our field already wants the browser's own.
      if (!settings.own_search || document.activeElement?.id === "search-field") return;
      event.preventDefault();
      setSearching(true);
      document.getElementById("search-field")?.focus();
      return;
    }
    if (!made || panel === "help") return;
    if (event.key === "Escape") {
      if (searching) setSearching(false);
      else made.select(undefined, false);
      return;
    }
    if (isTyping(event)) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "a") {
        event.preventDefault();
        made.selectAll();
      } else if (event.key === "c" && made.range && (getSelection()?.isCollapsed ?? true)) {
        event.preventDefault();
        void made.copySelection();
      }
      return;
    }
    if (event.altKey) return;
    const { viewport } = made;
    const actions: Record<string, () => void> = {
      ArrowDown: () => viewport.moveRows(1),
      j: () => viewport.moveRows(1),
      ArrowUp: () => viewport.moveRows(-1),
      k: () => viewport.moveRows(-1),
      PageDown: () => viewport.moveRows(viewport.page - 1),
      PageUp: () => viewport.moveRows(1 - viewport.page),
      Home: () => viewport.toStart(),
      g: () => viewport.toStart(),
      End: () => viewport.follow(),
      G: () => viewport.follow(),
      "/": () => setSearching(true),
      n: () => made.showMatch(1),
      N: () => made.showMatch(-1),
      l: () => made.select(made.range, true),
      c: () => void made.copyChunkLink(),
      w: () => change({ wrap: !settings.wrap }),
      t: () => change({ time: nextTime(settings.time) }),
      "#": () => change({ numbers: !settings.numbers }),
      "1": () => toggleType("stdout"),
      "2": () => toggleType("stderr"),
      "3": () => toggleType("other"),
      d: () => setPanel(panel === "details" ? undefined : "details"),
      "?": () => setPanel("help"),
    };
    if (event.key === " " && document.activeElement?.getAttribute("role") === "log")
      actions[" "] = () => viewport.moveRows(viewport.page - 1);
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => keys.current?.(event);
    window.addEventListener("keydown", press);
    const moved = () => void control.current?.goToHash();
    window.addEventListener("hashchange", moved);
    return () => {
      window.removeEventListener("keydown", press);
      window.removeEventListener("hashchange", moved);
    };
  }, []);

  const onStatus = (status: Status) => {
    if (status !== execution?.status) void read();
  };
  const onChange = () => {
    redraw((turn) => turn + 1);
    const made = control.current;
    if (!made) return;
    const { connection } = made.log;
    if (
      connection.kind === "failed" &&
      connection.error instanceof TailraceError &&
      connection.error.code === "unauthorized"
    )
      onLocked();
    // The address names lines: there is something to go to once the first page is there.
    if (!gone.current && connection.kind !== "loading" && connection.kind !== "failed") {
      gone.current = true;
      void made.goToHash();
    }
  };

  const completed = execution !== undefined && isCompleted(execution.status);
  const has_children = (execution?.children?.length ?? 0) > 0;
  const made = control.current;
  const failed = made?.log.connection.kind === "failed" ? made.log.connection.error : undefined;
  return (
    <>
      <Top session={session} onHelp={() => setPanel("help")} />
      <main>
        <div class="head">
          {execution && <span class={`status ${execution.status}`}>{execution.status}</span>}
          <h1>{execution?.action.ref ?? id}</h1>
          <span class="grow" />
          {execution && !session.is_guest && (
            <Actions session={session} execution={execution} onDone={read} say={setToast} />
          )}
        </div>
        {execution && <Facts execution={execution} />}
        {failure !== "" && (
          <p class="head error" role="alert">
            {failure}
          </p>
        )}
        <div class="tools" role="toolbar" aria-label="Output">
          <fieldset class="group" aria-label="Streams">
            {OUTPUT_TYPES.map((type) => (
              <button
                key={type}
                type="button"
                aria-pressed={types.includes(type)}
                onClick={() => toggleType(type)}
              >
                {type}
              </button>
            ))}
          </fieldset>
          {has_children && (
            <fieldset class="group" aria-label="Hosts and children">
              <button type="button" aria-pressed={view === "merged"} onClick={() => setView("merged")}>
                Merged
              </button>
              <button type="button" aria-pressed={view === "lanes"} onClick={() => setView("lanes")}>
                Lanes
              </button>
            </fieldset>
          )}
          <select
            aria-label="Time of each line"
            value={settings.time}
            onChange={(event) => change({ time: readTime(event.currentTarget.value) })}
          >
            <option value="none">no time</option>
            <option value="elapsed">elapsed</option>
            <option value="wall">wall clock</option>
          </select>
          <button type="button" aria-pressed={settings.wrap} onClick={() => change({ wrap: !settings.wrap })}>
            Wrap
          </button>
          <button
            type="button"
            class="wide"
            aria-pressed={settings.numbers}
            onClick={() => change({ numbers: !settings.numbers })}
          >
            Numbers
          </button>
          <span class="grow" />
          {searching && made ? (
            <SearchBar
              session={session}
              id={id}
              control={made}
              types={types}
              onClose={() => setSearching(false)}
              own={settings.own_search}
              onOwn={(own_search) => change({ own_search })}
            />
          ) : (
            <button type="button" onClick={() => setSearching(true)} title="Ctrl-F">
              Search
            </button>
          )}
          <Downloads session={session} id={id} say={setToast} />
          <button
            type="button"
            aria-pressed={panel === "details"}
            onClick={() => setPanel(panel === "details" ? undefined : "details")}
          >
            Details
          </button>
        </div>
        <div class="output">
          {view === "merged" ? (
            <LogView
              key={id}
              session={session}
              id={id}
              settings={settings}
              labels={has_children}
              start_ms={execution ? chunkTimeMs(execution.start_timestamp) : 0}
              types={types}
              linked
              name="Output"
              onControl={(one) => {
                control.current = one;
              }}
              onChange={onChange}
              onStatus={onStatus}
              say={setToast}
            />
          ) : (
            execution && (
              <Lanes
                session={session}
                execution={execution}
                settings={settings}
                types={types}
                say={setToast}
              />
            )
          )}
          {panel === "details" && execution && <Details execution={execution} session={session} />}
        </div>
        <footer class="foot">
          <span role="status" id="connection">
            {failed instanceof Error ? (
              <span class="bad">{failed.message}</span>
            ) : (
              made && <ConnectionText connection={made.log.connection} />
            )}
          </span>
          {made && <span>{made.log.count.toLocaleString()} lines</span>}
          {made?.range && (
            <span>
              {(made.range.to - made.range.from + 1).toLocaleString()} selected{" "}
              <button type="button" class="link" onClick={() => void made.copySelection()}>
                copy
              </button>
            </span>
          )}
          {completed && execution?.output?.expires && (
            <span class="wide">
              output is kept until {new Date(execution.output.expires).toLocaleString()}
            </span>
          )}
        </footer>
      </main>
      {panel === "help" && <Help keys={OUTPUT_KEYS} onClose={() => setPanel(undefined)} />}
      <div aria-live="polite">{toast !== "" && <div class="toast">{toast}</div>}</div>
    </>
  );
}

const TOAST_MS = 3_000;

function readTime(value: string): TimeMode {
  return value === "elapsed" || value === "wall" ? value : "none";
}

function nextTime(time: TimeMode): TimeMode {
  return time === "none" ? "elapsed" : time === "elapsed" ? "wall" : "none";
}
