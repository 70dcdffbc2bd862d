import { useEffect, useState } from "preact/hooks";
import { failureText } from "../../protocol/base/failure-text.ts";
import { mayRunAny } from "../../protocol/model/permissions.ts";
import type { PageProps } from "../frame/page-props.ts";
import { Refused } from "../frame/refused.tsx";
import { RequestId } from "../frame/request-id.tsx";
import { Help, Top } from "../frame/top.tsx";
import { href } from "../server/paths.ts";
import { keepDense, readDense } from "./list/density.ts";
import { addressOf, type Filter, isFiltered, NO_FILTER, PAGE_ROWS, readFilter } from "./list/filter.ts";
import { LIST_KEYS, useListKeys } from "./list/keys.ts";
import { useLivePage } from "./list/live-page.ts";
import { Nothing } from "./list/nothing.tsx";
import { useOverview } from "./list/overview.ts";
import { OverviewButtons } from "./list/overview-view.tsx";
import { ListPager } from "./list/pager.tsx";
import { ListRows } from "./list/rows.tsx";
import { ListToolbar } from "./list/toolbar.tsx";

/** Executions, newest first, updated live. */
export function ListPage(props: PageProps) {
  const { session, rights } = props;
  const [filter, setFilter] = useState(readFilter);
  const [overview, touch] = useOverview(session);
  const { page, failure, connection } = useLivePage(props, filter, touch);
  const [dense, setDense] = useState(readDense);
  const [marked, mark] = useState<string>();
  const [help, setHelp] = useState(false);
  const rows = page?.rows ?? [];
  // The first row is marked until a row has been chosen.
  const current = Math.max(
    0,
    rows.findIndex(({ id }) => id === marked),
  );
  const marked_id = rows[current]?.id;

  const change = (part: Partial<Filter>) => {
    const changed = { ...filter, offset: 0, ...part };
    history.pushState(null, "", addressOf(changed));
    setFilter(changed);
    mark(undefined);
  };
  const before = filter.offset > 0;
  const after = filter.offset + PAGE_ROWS < (page?.total ?? 0);
  const turn = (pages: number) => {
    if (pages < 0 ? before : after) change({ offset: Math.max(0, filter.offset + pages * PAGE_ROWS) });
  };
  useListKeys({
    move: (by) => mark(rows[Math.min(rows.length - 1, Math.max(0, current + by))]?.id),
    turn,
    open: () => {
      // The rows of the previous page are shown until this page's rows arrive.
      if (marked_id && page?.filter === filter) location.assign(href(`/executions/${marked_id}`));
    },
    help: () => setHelp(true),
  });
  useEffect(() => {
    document.title = "Executions · Tailrace";
    const back = () => {
      setFilter(readFilter());
      mark(undefined);
    };
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }, []);
  useEffect(() => document.querySelector("tr.current")?.scrollIntoView({ block: "nearest" }), [marked_id]);

  return (
    <>
      <Top session={session} rights={rights} current="executions" onHelp={() => setHelp(true)} />
      <main class={dense ? "scroll dense" : "scroll"}>
        <div class="head">
          <h1>Executions</h1>
          <OverviewButtons overview={overview} clock={session.clock} filter={filter} change={change} />
        </div>
        <ListToolbar filter={filter} change={change} connection={connection}>
          <button
            type="button"
            aria-pressed={dense}
            onClick={() => {
              keepDense(!dense);
              setDense(!dense);
            }}
          >
            Dense
          </button>
        </ListToolbar>
        {failure !== undefined && !page && <Refused session={session} error={failure} subject="list" />}
        {failure !== undefined && page && (
          <p class="head error" role="alert">
            {failureText(failure)} <RequestId error={failure} />
          </p>
        )}
        {(rows.length > 0 || !(page || failure)) && (
          <ListRows session={session} rows={rows} marked={marked_id} />
        )}
        {!(page || failure) && <div class="skeleton" aria-hidden="true" />}
        {page && rows.length === 0 && (
          <Nothing
            is_filtered={isFiltered(filter)}
            may_run={rights !== undefined && mayRunAny(rights)}
            showAll={() => change(NO_FILTER)}
          />
        )}
        {page && <ListPager page={page} before={before} after={after} turn={turn} />}
      </main>
      {help && <Help keys={LIST_KEYS} onClose={() => setHelp(false)} />}
    </>
  );
}
