import { TailraceError } from "../../../protocol/base/errors.ts";
import type { Client } from "../../../protocol/client/client.ts";
import type { Act } from "../facts.ts";

const ACTS: Record<Act["what"], (client: Client, execution: string) => Promise<object>> = {
  cancel: (client, execution) => client.cancel(execution),
  pause: (client, execution) => client.pause(execution),
  resume: (client, execution) => client.resume(execution),
  pin: (client, execution) => client.pin(execution),
  unpin: (client, execution) => client.unpin(execution),
  re_run: (client, execution) => client.reRun(execution),
};

/** Does a user's act once. Returns the answer's kind. */
export async function actOn(client: Client, execution: string, what: Act["what"]): Promise<Act> {
  const at_ms = Date.now();
  try {
    const answer = await ACTS[what](client, execution);
    // A completed execution is not canceled, which StackStorm says with 200.
    return { what, at_ms, answered_ms: Date.now(), answer: "faultstring" in answer ? "refused" : "done" };
  } catch (error) {
    const is_refused = error instanceof TailraceError && error.status < 500;
    return { what, at_ms, answered_ms: Date.now(), answer: is_refused ? "refused" : "unknown" };
  }
}
