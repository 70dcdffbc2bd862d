import { createParser } from "eventsource-parser";
import { TailraceError } from "../../protocol/errors.ts";
import type { Execution } from "../../protocol/execution.ts";
import type { Session } from "../session.ts";

/** How long a lost stream is left alone before it is opened again. */
const AGAIN_MS = 2_000;

/** Tells every change of an execution, for as long as the page is there. */
export async function watch(
  session: Session,
  signal: AbortSignal,
  onLive: (live: boolean) => void,
  onChange: (execution: Execution) => void,
): Promise<void> {
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event?.startsWith("st2.execution__")) onChange(JSON.parse(data) as Execution);
    },
  });
  while (!signal.aborted) {
    try {
      const response = await session.request("/stream/v1/stream?events=st2.execution__*", { signal });
      onLive(true);
      parser.reset();
      const decoder = new TextDecoder();
      for await (const bytes of response.body ?? []) parser.feed(decoder.decode(bytes, { stream: true }));
    } catch (error) {
      if (error instanceof TailraceError && error.code !== "too_many" && error.status < 500)
        return onLive(false);
    }
    onLive(false);
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
}
