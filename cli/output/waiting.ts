import { backoffMs, pause } from "../../protocol/base/backoff.ts";
import { type Client, isTransient } from "../../protocol/client/client.ts";
import { tell } from "../terminal/print.ts";

/** How long an execution waits before its reader is told why, and between two looks at whether the reason is another by now. */
const FIRST_MS = 1_000;
const NEXT_MS = 3_000;

/** Tells on stderr why an execution waits for an agent, once for each reason, until it is stopped. */
export function tellWaiting(client: Client, id: string): { stop: () => void } {
  const stopping = new AbortController();
  void watch(client, id, stopping.signal);
  return { stop: () => stopping.abort() };
}

async function watch(client: Client, id: string, signal: AbortSignal): Promise<void> {
  let told: string | undefined;
  // Not a retry of one request: it asks again after an answer too.
  let failures = 0;
  await pause(FIRST_MS, signal);
  while (!signal.aborted) {
    try {
      const { waiting } = await client.get(id);
      if (signal.aborted) return;
      if (waiting && waiting.reason !== told) tell(`waiting: ${waiting.reason}`);
      told = waiting?.reason;
      failures = 0;
      await pause(NEXT_MS, signal);
    } catch (error) {
      // The output is followed beside this, and says what is wrong.
      if (!isTransient(error)) return;
      await pause(backoffMs(failures++), signal);
    }
  }
}
