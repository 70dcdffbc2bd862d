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

/**
 * Makes a change of the index that takes something from credentials, and drops their streams and those of the credentials that the change
 * names. Also where it fails: the index may have made it, and the next try finds nothing left to take.
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
