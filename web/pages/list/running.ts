import { useEffect, useState } from "preact/hooks";
import { pause } from "../../../protocol/base/backoff.ts";
import { isCompleted } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import type { Session } from "../../server/session.ts";

/** The list's index has an output's size only at its end: so many running executions are asked themselves. */
const ASKED_MAX = 10;

/** How often a running execution is asked. A quiet one is asked ever more rarely. */
const ASK_MS_MIN = 5_000;
const ASK_MS_MAX = 60_000;

/** The sizes of the outputs of running rows, by id. */
export function useRunningSizes(session: Session, rows: readonly Execution[]): ReadonlyMap<string, number> {
  const [sizes, setSizes] = useState<ReadonlyMap<string, number>>(new Map());
  const ids = rows.filter(({ status }) => status === "running").map(({ id }) => id);
  const asked = ids.slice(0, ASKED_MAX).join(",");
  useEffect(() => {
    if (asked === "") return;
    const stop = new AbortController();
    for (const id of asked.split(","))
      void ask(session, id, stop.signal, (bytes) => setSizes((before) => new Map(before).set(id, bytes)));
    return () => stop.abort();
  }, [session, asked]);
  return sizes;
}

/** Asks one execution until it has ended. */
async function ask(
  session: Session,
  id: string,
  signal: AbortSignal,
  take: (bytes: number) => void,
): Promise<void> {
  let [wait_ms, before] = [ASK_MS_MIN, -1];
  while (!signal.aborted) {
    if (!document.hidden) {
      const execution = await session.client.get(id).catch(() => undefined);
      const bytes = execution ? bytesOf(execution) : before;
      if (signal.aborted) return;
      if (execution && bytes !== before) take(bytes);
      wait_ms = bytes === before ? Math.min(ASK_MS_MAX, wait_ms * 2) : ASK_MS_MIN;
      before = bytes;
      if (execution && isCompleted(execution.status)) return;
    }
    await pause(wait_ms, signal);
  }
}

/** The bytes of an output, of all streams. */
export function bytesOf({ output }: Execution): number {
  return output ? output.bytes.stdout + output.bytes.stderr + output.bytes.other : 0;
}
