import { backoffMs, pause } from "../../protocol/base/backoff.ts";
import { type Client, isTransient } from "../../protocol/client/client.ts";
import { tell } from "../terminal/print.ts";

/** How long an execution waits before the reason is printed, and between two checks for another reason. */
const FIRST_MS = 1_000;
const NEXT_MS = 3_000;

/** Prints on stderr why an execution waits for an agent, each reason once, until it is stopped. */
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
      // The output is followed at the same time, and reports the failure.
      if (!isTransient(error)) return;
      await pause(backoffMs(failures++), signal);
    }
  }
}
