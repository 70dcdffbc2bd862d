import { createParser } from "eventsource-parser";
import { backoffMs, pause } from "../../../protocol/base/backoff.ts";
import { readExact } from "../../../protocol/base/numbers.ts";
import { isTransient } from "../../../protocol/client/client.ts";
import { textOf } from "../../../protocol/client/text.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { silenceMs } from "../../../protocol/wire/keepalive.ts";
import { onWake } from "../../base/wake.ts";
import type { Connection } from "../../server/connection.ts";
import type { Session } from "../../server/session.ts";
import type { Change } from "./listed-page.ts";

const CREATE = "st2.execution__create";
const UPDATE = "st2.execution__update";
const PATH = `/stream/v1/stream?events=${CREATE},${UPDATE}`;

/** The callbacks of a watcher. */
interface Watcher {
  /** The state of the connection: live, to be retried at a given time, or refused. */
  stateChanged: (connection: Connection) => void;
  changed: (change: Change) => void;
}

/** Reports every change of an execution until the signal is aborted. */
export async function watch(session: Session, signal: AbortSignal, { stateChanged, changed }: Watcher) {
  const parser = createParser({
    // An event contains a result, which may be long.
    maxBufferSize: Number.POSITIVE_INFINITY,
    onEvent: ({ event, data }) =>
      changed({ execution: readExact(data) as Execution, is_new: event === CREATE }),
  });
  // Not a retry of one request: each event resets the waits, and a page that wakes does not wait.
  let failures = 0;
  let woken = new AbortController();
  const unwatch = onWake(() => woken.abort());
  signal.addEventListener("abort", unwatch, { once: true });
  while (!signal.aborted) {
    woken = new AbortController();
    const over = AbortSignal.any([signal, woken.signal]);
    try {
      const response = await session.open(PATH, over);
      parser.reset();
      stateChanged({ kind: "live" });
      for await (const text of textOf(response, silenceMs(response))) {
        parser.feed(text);
        // The first line of a stream is empty: a stream that breaks after it counts as failed.
        if (text.trim() !== "") failures = 0;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isTransient(error)) return stateChanged({ kind: "failed", error });
    }
    const wait_ms = woken.signal.aborted ? 0 : backoffMs(failures++);
    stateChanged({ kind: "reconnecting", at_ms: performance.now() + wait_ms });
    await pause(wait_ms, over);
  }
}
