import { useEffect, useRef, useState } from "preact/hooks";
import { pause } from "../../../protocol/base/backoff.ts";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { readExact } from "../../../protocol/base/numbers.ts";
import { retry } from "../../../protocol/base/retry.ts";
import { isTransient } from "../../../protocol/client/client.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import type { PageProps } from "../../frame/page-props.ts";
import type { Connection } from "../../server/connection.ts";
import type { Session } from "../../server/session.ts";
import { type Filter, pageQuery } from "./filter.ts";
import { type Change, type ListedPage, withChange, withRead } from "./listed-page.ts";
import { watch } from "./watch.ts";

/**
 * How far the index may be behind an execution that has just begun to run. The stream has no event of it if the page was opened in
 * between, so a page with waiting executions is read a second time.
 */
const INDEX_BEHIND_MS = 2_000;

/**
 * A filter's page, kept current; the state of the connection; and the reason if there is no page. `touched` is called when any
 * execution may have changed.
 */
export function useLivePage({ session, onLocked }: PageProps, filter: Filter, touched: () => void) {
  const [page, setPage] = useState<ListedPage>();
  const [failure, setFailure] = useState<unknown>();
  const [connection, setConnection] = useState<Connection>({ kind: "connecting" });
  const wanted = useRef(filter);
  wanted.current = filter;
  /** For each requested page: the changes since the request. */
  const asked = useRef(new Set<Change[]>());

  /** Ends the wait of the last reading: the next one replaces it. */
  const waiting = useRef(new AbortController());

  const read = async (of: Filter, isFirst = true) => {
    waiting.current.abort();
    waiting.current = new AbortController();
    const { signal } = waiting.current;
    const changes: Change[] = [];
    asked.current.add(changes);
    try {
      const attempt = () => readPage(session, of);
      const listed = await retry(attempt, { signal, isWorth: isTransient, onWait: setFailure });
      // Another page has been requested since.
      if (wanted.current !== of) return;
      setPage((before) => changes.reduce(withChange, withRead(listed, before)));
      setFailure(undefined);
      if (isFirst && listed.rows.some(isWaiting)) void readAgain(of, signal);
    } catch (error) {
      if (isLocked(error)) onLocked();
      else if (!signal.aborted) setFailure(error);
    } finally {
      asked.current.delete(changes);
    }
  };
  const readAgain = async (of: Filter, signal: AbortSignal) => {
    await pause(INDEX_BEHIND_MS, signal);
    if (!signal.aborted) await read(of, false);
  };
  useEffect(() => {
    void read(filter);
  }, [filter]);
  useEffect(() => {
    const abort = new AbortController();
    void watch(session, abort.signal, {
      stateChanged: (connection) => {
        setConnection(connection);
        if (connection.kind === "failed" && isLocked(connection.error)) onLocked();
        // The stream does not repeat changes from before it was live.
        if (connection.kind !== "live") return;
        void read(wanted.current);
        touched();
      },
      changed: (change) => {
        for (const changes of asked.current) changes.push(change);
        setPage((shown) => shown && withChange(shown, change));
        touched();
      },
    });
    return () => {
      abort.abort();
      waiting.current.abort();
    };
  }, []);
  return { page, failure, connection };
}

async function readPage(session: Session, filter: Filter): Promise<ListedPage> {
  // A relative time range ends now, by the server's clock.
  if (filter.since !== "") await session.clock.keep();
  const now_ms = session.clock.now_ms() ?? Date.now();
  const response = await session.request(`/api/v1/executions?${pageQuery(filter, now_ms)}`);
  const total = Number(response.headers.get("x-total-count"));
  return { filter, rows: readExact(await response.text()) as Execution[], total };
}

function isWaiting({ status }: Execution): boolean {
  return status === "requested" || status === "scheduled" || status === "delayed";
}

function isLocked(error: unknown): boolean {
  return error instanceof TailraceError && error.code === "unauthorized";
}
