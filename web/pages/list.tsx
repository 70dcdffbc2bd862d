import { useEffect, useRef, useState } from "preact/hooks";
import { TailraceError } from "../../protocol/errors.ts";
import type { Execution } from "../../protocol/execution.ts";
import { STATUSES } from "../../protocol/status.ts";
import { durationText, momentText } from "../log/time.ts";
import type { Session } from "../session.ts";
import { Help, isTyping, Top } from "./top.tsx";
import { watch } from "./watch.ts";

const PAGE_ROWS = 50;

const KEYS: [string, string][] = [
  ["j k ↑ ↓", "the next and the previous execution"],
  ["Enter", "open it"],
  ["→ ←", "the next and the previous page"],
  ["/", "the filters"],
  ["?", "this sheet"],
];

/** Which executions, as the address has it. */
interface Filter {
  status: string;
  action: string;
  user: string;
  offset: number;
}

function readFilter(): Filter {
  const query = new URLSearchParams(location.search);
  const text = (name: string) => query.get(name) ?? "";
  return {
    status: text("status"),
    action: text("action"),
    user: text("user"),
    offset: Number(text("offset")) || 0,
  };
}

/** Executions, newest first, as they come and change. */
export function ListPage({ session, onLocked }: { session: Session; onLocked: () => void }) {
  const [filter, setFilter] = useState(readFilter);
  const [rows, setRows] = useState<Execution[]>();
  const [total, setTotal] = useState(0);
  const [current, setCurrent] = useState(0);
  const [help, setHelp] = useState(false);
  const [failure, setFailure] = useState("");
  const [live, setLive] = useState(false);

  const read = async (wanted: Filter) => {
    const query = new URLSearchParams({
      exclude_attributes: "result",
      parent: "null",
      limit: String(PAGE_ROWS),
    });
    for (const [name, value] of Object.entries(wanted)) if (value) query.set(name, String(value));
    try {
      const response = await session.request(`/api/v1/executions?${query}`);
      setRows((await response.json()) as Execution[]);
      setTotal(Number(response.headers.get("x-total-count")));
      setFailure("");
    } catch (error) {
      if (error instanceof TailraceError && error.code === "unauthorized") onLocked();
      else setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  const change = (part: Partial<Filter>) => {
    const changed = { ...filter, offset: 0, ...part };
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(changed)) if (value) query.set(name, String(value));
    history.pushState(null, "", query.size > 0 ? `/?${query}` : "/");
    setFilter(changed);
    setCurrent(0);
  };
  useEffect(() => {
    void read(filter);
  }, [filter]);
  useEffect(() => {
    document.title = "Executions · Tailrace";
    const back = () => setFilter(readFilter());
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }, []);

  const latest = useRef({ filter, rows });
  latest.current = { filter, rows };
  useEffect(() => {
    const abort = new AbortController();
    void watch(session, abort.signal, setLive, (changed) => {
      const { filter, rows } = latest.current;
      if (!rows) return;
      const at = rows.findIndex(({ id }) => id === changed.id);
      if (at >= 0) setRows(rows.with(at, changed));
      else if (filter.offset === 0 && matches(changed, filter)) {
        setRows([changed, ...rows].slice(0, PAGE_ROWS));
        setTotal((count) => count + 1);
      }
    });
    return () => abort.abort();
  }, []);

  const keys = useRef<(event: KeyboardEvent) => void>(undefined);
  keys.current = (event) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || help) return;
    const count = rows?.length ?? 0;
    const actions: Record<string, () => void> = {
      j: () => setCurrent(Math.min(count - 1, current + 1)),
      ArrowDown: () => setCurrent(Math.min(count - 1, current + 1)),
      k: () => setCurrent(Math.max(0, current - 1)),
      ArrowUp: () => setCurrent(Math.max(0, current - 1)),
      ArrowRight: () => filter.offset + PAGE_ROWS < total && change({ offset: filter.offset + PAGE_ROWS }),
      ArrowLeft: () => filter.offset > 0 && change({ offset: Math.max(0, filter.offset - PAGE_ROWS) }),
      "/": () => document.getElementById("filter-action")?.focus(),
      "?": () => setHelp(true),
    };
    const is_on_control = document.activeElement !== document.body && document.activeElement !== null;
    if (event.key === "Enter" && !is_on_control && rows?.[current])
      location.assign(`/executions/${rows[current].id}`);
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => keys.current?.(event);
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  useEffect(() => document.querySelector("tr.current")?.scrollIntoView({ block: "nearest" }), [current]);

  return (
    <>
      <Top session={session} onHelp={() => setHelp(true)} />
      <main class="scroll">
        <h1 class="visually-hidden">Executions</h1>
        <div class="tools" role="toolbar" aria-label="Filters">
          <select
            aria-label="Status"
            value={filter.status}
            onChange={(event) => change({ status: event.currentTarget.value })}
          >
            <option value="">any status</option>
            {STATUSES.map((status) => (
              <option key={status} value={status}>
                {status}
              </option>
            ))}
          </select>
          <input
            id="filter-action"
            aria-label="Action"
            placeholder="action, like core.local"
            value={filter.action}
            onChange={(event) => change({ action: event.currentTarget.value.trim() })}
          />
          <input
            aria-label="User"
            placeholder="user"
            value={filter.user}
            onChange={(event) => change({ user: event.currentTarget.value.trim() })}
          />
          <span class="grow" />
          <span role="status" class={live ? "live" : "soft"}>
            {live ? "live" : "not live"}
          </span>
        </div>
        {failure !== "" && (
          <p class="head error" role="alert">
            {failure}
          </p>
        )}
        {rows?.length === 0 && (
          <p class="head soft">
            Nothing here. <a href="/run">Run an action</a>, or take off a filter.
          </p>
        )}
        {rows && rows.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col">Status</th>
                <th scope="col">Action</th>
                <th scope="col" class="wide">
                  User
                </th>
                <th scope="col">Started</th>
                <th scope="col" class="wide">
                  Took
                </th>
                <th scope="col" class="wide">
                  Output
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((execution, at) => (
                <tr key={execution.id} class={at === current ? "current" : ""}>
                  <td>
                    <span class={`status ${execution.status}`}>{execution.status}</span>
                  </td>
                  <td>
                    <a href={`/executions/${execution.id}`}>{execution.action.ref}</a>{" "}
                    <code>{parametersText(execution)}</code>
                  </td>
                  <td class="wide">{String(execution.context.user ?? "")}</td>
                  <td>{momentText(execution.start_timestamp)}</td>
                  <td class="wide">
                    {execution.elapsed_seconds === undefined
                      ? ""
                      : durationText(execution.elapsed_seconds * 1000)}
                  </td>
                  <td class="wide">{outputText(execution)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <div class="pager">
          <button
            type="button"
            disabled={filter.offset === 0}
            onClick={() => change({ offset: Math.max(0, filter.offset - PAGE_ROWS) })}
          >
            Previous
          </button>
          <span class="soft">
            {total === 0
              ? "none"
              : `${(filter.offset + 1).toLocaleString()}–${(filter.offset + (rows?.length ?? 0)).toLocaleString()} of ${total.toLocaleString()}`}
          </span>
          <button
            type="button"
            disabled={filter.offset + PAGE_ROWS >= total}
            onClick={() => change({ offset: filter.offset + PAGE_ROWS })}
          >
            Next
          </button>
        </div>
      </main>
      {help && <Help keys={KEYS} onClose={() => setHelp(false)} />}
    </>
  );
}

const PARAMETERS_CHARS_MAX = 60;

function parametersText({ parameters }: Execution): string {
  const text = Object.entries(parameters)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
  return text.length > PARAMETERS_CHARS_MAX ? `${text.slice(0, PARAMETERS_CHARS_MAX)}…` : text;
}

function outputText({ output }: Execution): string {
  if (!output) return "";
  if (output.expired) return "expired";
  const { stdout, stderr, other } = output.bytes;
  return `${(stdout + stderr + other).toLocaleString()} bytes`;
}

function matches({ status, action, context, parent }: Execution, filter: Filter): boolean {
  return (
    parent === undefined &&
    (filter.status === "" || filter.status === status) &&
    (filter.action === "" || filter.action === action.ref) &&
    (filter.user === "" || filter.user === context.user)
  );
}
