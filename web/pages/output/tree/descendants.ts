import { useEffect, useState } from "preact/hooks";
import { pause } from "../../../../protocol/base/backoff.ts";
import { readExact } from "../../../../protocol/base/numbers.ts";
import { isCompleted } from "../../../../protocol/base/status.ts";
import type { Execution } from "../../../../protocol/model/execution.ts";
import { executionPath } from "../../../server/paths.ts";
import type { Session } from "../../../server/session.ts";

/**
 * How often the children of a running execution are read, and ever more rarely while nothing changes. The stream of an output reports
 * its own status only.
 */
const READ_MS_MIN = 2_000;
const READ_MS_MAX = 30_000;

/** The children of an execution, and theirs. They are read again until the execution has ended. */
export function useDescendants(session: Session, execution: Execution): readonly Execution[] {
  const [found, setFound] = useState<readonly Execution[]>([]);
  const { id, status } = execution;
  useEffect(() => {
    const stop = new AbortController();
    void keepReading(session, id, isCompleted(status), stop.signal, setFound);
    return () => stop.abort();
  }, [session, id, status]);
  return found;
}

async function keepReading(
  session: Session,
  id: string,
  completed: boolean,
  signal: AbortSignal,
  take: (found: Execution[]) => void,
): Promise<void> {
  // The server asks each child for its result, so the results are read only once, at the end.
  const query = completed ? "depth=-1" : "depth=-1&exclude_attributes=result";
  let [wait_ms, before] = [READ_MS_MIN, ""];
  while (!signal.aborted) {
    if (!document.hidden) {
      const found = await read(session, `${executionPath(id)}/children?${query}`, signal);
      if (signal.aborted) return;
      if (found) take(found);
      if (found && completed) return;
      const now = statusesOf(found ?? []);
      wait_ms = now === before ? Math.min(READ_MS_MAX, wait_ms * 2) : READ_MS_MIN;
      before = now;
    }
    await pause(wait_ms, signal);
  }
}

function statusesOf(found: readonly Execution[]): string {
  return found.map(({ id, status }) => `${id} ${status}`).join();
}

/** Undefined if it cannot be read now: the page's connection shows why. */
async function read(session: Session, path: string, signal: AbortSignal): Promise<Execution[] | undefined> {
  try {
    const answer = await session.request(path, { signal });
    return readExact(await answer.text()) as Execution[];
  } catch {
    return undefined;
  }
}
