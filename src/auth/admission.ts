import type { Context } from "hono";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { AppEnv } from "../http/context.ts";
import { authenticate, forgetPrincipals } from "./authenticate.ts";

/**
 * Announces a stream that has been opened for a request, so that it ends once the credential is void, and counts it. Called
 * when the sockets are open already: what changes from then on reaches them. A refused one is closed, and it is said why.
 */
export async function admit(
  c: Context<AppEnv>,
  target: string,
  sockets: WebSocket[],
  streams_max: number = c.env.STREAMS_PER_KEY_MAX,
): Promise<void> {
  const { credential, read_ms, expires_ms } = c.get("principal");
  if (credential === null) return;
  const object = c.env.CREDENTIAL.getByName(credential);
  const outcome = await object.opened(target, { read_ms, expires_ms, streams_max });
  if (outcome === "counted") return;
  for (const socket of sockets) {
    socket.accept();
    socket.close(1000, "refused");
  }
  if (outcome === "full") {
    throw new TailraceError("too_many", `The key has ${streams_max} streams open; close some first.`);
  }
  // What was known of the credential is out of date: it is void, which this says, or may do something else by now.
  forgetPrincipals();
  await authenticate(c);
  throw new TailraceError("unavailable", "What the credential permits has just changed; try again.");
}
