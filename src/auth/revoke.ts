import { forgetPrincipals } from "./authenticate.ts";

/** Credentials whose streams are dropped at the same time. */
const AT_ONCE = 20;

/**
 * Makes a change of credentials in the index count immediately: forgets the cached principals and drops each stream that
 * these credentials opened. A follower that is still allowed connects again.
 */
export async function dropStreams(env: Env, credentials: string[]): Promise<void> {
  forgetPrincipals();
  for (let at = 0; at < credentials.length; at += AT_ONCE) {
    const some = credentials.slice(at, at + AT_ONCE);
    await Promise.all(some.map((credential) => env.CREDENTIAL.getByName(credential).changed()));
  }
}

/**
 * Changes the index so that credentials lose rights, and drops their streams and those of the credentials that the change
 * returns. Streams are dropped even if the change fails: the index may have made it, and a second try would find nothing left
 * to change.
 */
export async function withdraw(
  env: Env,
  credentials: string[],
  change: () => Promise<string[]>,
): Promise<void> {
  let named: string[] = [];
  try {
    named = await change();
  } finally {
    await dropStreams(env, [...new Set([...credentials, ...named])]);
  }
}
