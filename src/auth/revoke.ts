import { forgetPrincipals } from "./authenticate.ts";

/** Credentials whose streams are dropped at the same time. */
const AT_ONCE = 20;

/**
 * What credentials permit has changed in the index, or they are void: here it counts at once, and every stream that they
 * opened is dropped, wherever it is. Whoever may still follow comes back.
 */
export async function dropStreams(env: Env, credentials: string[]): Promise<void> {
  forgetPrincipals();
  for (let at = 0; at < credentials.length; at += AT_ONCE) {
    const some = credentials.slice(at, at + AT_ONCE);
    await Promise.all(some.map((credential) => env.CREDENTIAL.getByName(credential).changed()));
  }
}
