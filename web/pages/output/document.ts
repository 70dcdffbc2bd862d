import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { readExact } from "../../../protocol/base/numbers.ts";
import { retry } from "../../../protocol/base/retry.ts";
import { isTransient } from "../../../protocol/client/client.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { showInTab } from "../../frame/icon.ts";
import type { PageProps } from "../../frame/page-props.ts";
import { executionPath } from "../../server/paths.ts";
import type { Session } from "../../server/session.ts";
import { titleOf } from "./tree/tree.ts";

/** How often the document of a waiting execution is read again. */
const WAITING_MS = 3_000;

/**
 * The document of an execution, the error if it cannot be read, and a function that reads it again. It is read until the server answers:
 * its status at the end is told only once.
 */
export function useDocument({ session, onLocked }: PageProps, id: string) {
  const [execution, setExecution] = useState<Execution | undefined>(() => {
    const text = session.textAhead(executionPath(id));
    return text === undefined ? undefined : (readExact(text) as Execution);
  });
  const [failure, setFailure] = useState<TailraceError>();
  /** Ends the reading that is under way. */
  const reading = useRef<AbortController>(undefined);
  const read = useCallback(async () => {
    reading.current?.abort();
    const abort = new AbortController();
    reading.current = abort;
    const { signal } = abort;
    const attempt = () => session.text(executionPath(id), signal);
    const fail = (error: unknown) => error instanceof TailraceError && setFailure(error);
    try {
      setExecution(
        readExact(await retry(attempt, { signal, isWorth: isTransient, onWait: fail })) as Execution,
      );
      setFailure(undefined);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof TailraceError && error.code === "unauthorized") onLocked();
      else fail(error);
    }
    reading.current = undefined;
  }, [id]);
  useEffect(() => () => reading.current?.abort(), [read]);
  // A layout effect, so that reading begins before the first paint.
  useLayoutEffect(() => {
    if (execution === undefined) void read();
  }, [read]);
  // The stream of the output does not report why an execution waits.
  const is_waiting = execution?.waiting !== undefined;
  useEffect(() => {
    if (!is_waiting) return;
    const timer = setInterval(() => reading.current ?? void read(), WAITING_MS);
    return () => clearInterval(timer);
  }, [is_waiting, read]);
  const parent = useParent(session, execution?.parent);
  const title = execution ? titleOf(execution, parent) : id;
  useEffect(() => {
    if (execution) showInTab(execution.status, title);
  }, [execution, title]);
  return { execution, failure, read, title, parent };
}

/** The execution that this one is a part of; undefined until it is read, and where the visitor may not view it. */
function useParent(session: Session, id: string | undefined): Execution | undefined {
  const [parent, setParent] = useState<Execution>();
  useEffect(() => {
    if (id !== undefined && !session.is_guest) session.client.get(id).then(setParent, () => undefined);
  }, [session, id]);
  return parent;
}
