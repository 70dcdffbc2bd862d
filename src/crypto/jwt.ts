import { verify } from "hono/jwt";

/** What a token of ours says, signed with one of the secrets. Throws where none did, and where it has expired. */
export async function verified(token: string, secrets: readonly string[]): Promise<unknown> {
  let failure: unknown;
  for (const secret of secrets) {
    try {
      return await verify(token, secret, "HS256");
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}
