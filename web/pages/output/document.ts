import { useCallback, useEffect, useLayoutEffect, useState } from "preact/hooks";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { readExact } from "../../../protocol/base/numbers.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { showInTab } from "../../frame/icon.ts";
import type { PageProps } from "../../frame/page-props.ts";
import { executionPath } from "../../server/paths.ts";
import { titleOf } from "./tree/tree.ts";

/** How often the document of a waiting execution is read again. */
const WAITING_MS = 3_000;

/** The document of an execution, the error if it cannot be read, and a function that reads it again. */
export function useDocument({ session, onLocked }: PageProps, id: string) {
  const [execution, setExecution] = useState<Execution | undefined>(() => {
    const text = session.textAhead(executionPath(id));
    return text === undefined ? undefined : (readExact(text) as Execution);
  });
  const [failure, setFailure] = useState<TailraceError>();
  const read = useCallback(async () => {
    try {
      setExecution(readExact(await session.text(executionPath(id))) as Execution);
      setFailure(undefined);
    } catch (error) {
      if (!(error instanceof TailraceError)) return;
      if (error.code === "unauthorized") onLocked();
      else setFailure(error);
    }
  }, [id]);
  // A layout effect, so that reading begins before the first paint.
  useLayoutEffect(() => {
    if (execution === undefined) void read();
  }, [read]);
  // The stream of the output does not report why an execution waits.
  const is_waiting = execution?.waiting !== undefined;
  useEffect(() => {
    if (!is_waiting) return;
    const timer = setInterval(() => void read(), WAITING_MS);
    return () => clearInterval(timer);
  }, [is_waiting, read]);
  useEffect(() => {
    if (execution) showInTab(execution.status, titleOf(execution));
  }, [execution]);
  return { execution, failure, read };
}
