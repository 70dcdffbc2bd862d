import { backoffMs, pause } from "../../../protocol/base/backoff.ts";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { type Client, type HttpAnswer, isTransient } from "../../../protocol/client/client.ts";
import { type Connection, send } from "../../../protocol/client/request.ts";
import type { OutputType } from "../../../protocol/wire/chunk.ts";
import type { Outcome } from "../facts.ts";
import type { Pace } from "./pace.ts";
import type { Recording } from "./recording.ts";

/** One follower's reading: the execution, the part of its output, and the pace. */
export interface Reading {
  /** Our own client, which bounds its requests. */
  client: Client;
  /** The connection of readers without our client. Each of their requests is bounded. */
  to: Connection;
  execution: string;
  type: OutputType | undefined;
  /** The last lines instead of a cursor. */
  tail: number | undefined;
  recording: Recording;
  pace: Pace;
  signal: AbortSignal;
}

/** How long a reader waits for the head of an answer, or for text without a heartbeat, before it asks again. */
const HEAD_MS_MAX = 15_000;
export const TEXT_SILENCE_MS_MAX = 20_000;

/** A reader without our client tries again sooner, as the server is what is measured. */
const WAIT_MS_MAX = 1_000;

/** Reads again and again until the end, as a user's own program does. `ended`: a connection brought the end. */
export async function untilEnded(
  { pace, signal, recording }: Reading,
  readOnce: () => Promise<"ended" | "left">,
): Promise<Outcome> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      if ((await readOnce()) === "ended") return { how: "end" };
      failures = 0;
      await pace.absence();
    } catch (error) {
      if (signal.aborted) break;
      // A break after the end loses nothing.
      if (recording.hasEnded) return { how: "end" };
      if (!isTransient(error)) return failed(error);
      await pause(Math.min(backoffMs(failures++), WAIT_MS_MAX), signal);
    }
  }
  return { how: "stopped" };
}

export function failed(error: unknown): Outcome {
  const code = error instanceof TailraceError ? error.code : "unknown";
  return { how: "error", code, text: error instanceof Error ? error.message : String(error) };
}

/** One answer, and a function that closes it. Its head must come in time. Its body may take any time. */
export async function open(
  { to, signal }: Reading,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ response: HttpAnswer; leave: () => void }> {
  const abort = new AbortController();
  const leave = () => abort.abort();
  const response = await send(to, path, { headers, signal: AbortSignal.any([signal, abort.signal]) });
  return { response, leave };
}

/** Fails if the head of an answer does not come in time, as a half-open connection is silent. */
export const boundedFetch: typeof fetch = async (input, init) => {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error("no head of an answer came")), HEAD_MS_MAX);
  const signals = init?.signal ? [init.signal, abort.signal] : [abort.signal];
  try {
    return await fetch(input, { ...init, signal: AbortSignal.any(signals) });
  } finally {
    clearTimeout(timer);
  }
};

/** Fails if the whole answer does not come in time. */
export const promptFetch: typeof fetch = (input, init) =>
  fetch(input, { ...init, signal: AbortSignal.timeout(HEAD_MS_MAX) });
