import type { Context } from "hono";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { AppEnv } from "../http/context.ts";
import { authenticate, forgetPrincipals } from "./authenticate.ts";

/**
 * Registers an open stream with its credential, which counts it and ends it when the credential becomes void. Call it after
 * the sockets are open, so that a later change reaches them. A refused stream is closed, and the error gives the reason.
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
  // The cached principal is out of date: the credential is void, which this call reports, or its rights have changed.
  forgetPrincipals();
  await authenticate(c);
  throw new TailraceError("unavailable", "The rights of the credential have just changed; try again.");
}
