import type { Token } from "../model/identity.ts";
import { answerOf, type Connection, send } from "./request.ts";

/**
 * Makes a token from a name and a password. Only this answer has the token. An earlier token of the user, expired or not, identifies
 * the user's device: failed attempts from elsewhere do not block it.
 */
export async function signIn(
  to: Connection,
  user: string,
  password: string,
  ttl?: number,
  earlier?: string,
): Promise<Token> {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  const response = await send(to, "/auth/v1/tokens", {
    method: "POST",
    headers: {
      authorization: `Basic ${btoa(String.fromCharCode(...bytes))}`,
      "content-type": "application/json",
      ...(earlier === undefined ? {} : { "x-auth-token": earlier }),
    },
    body: JSON.stringify(ttl === undefined ? {} : { ttl }),
  });
  return answerOf(response);
}

/** Revokes the connection's token. */
export async function signOut(to: Connection): Promise<void> {
  await send(to, "/auth/v1/tokens", { method: "DELETE" });
}
