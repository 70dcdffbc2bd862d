/** The header for a key or a token. */
export function credentialHeaders(key: string): Record<string, string> {
  return key.startsWith(TOKEN_PREFIX) ? { "x-auth-token": key } : { "st2-api-key": key };
}

/** Every token begins with this, and no key does. */
export const TOKEN_PREFIX = "trt_";

/** How the token of a run begins, which tells it from one of a sign-in. */
export const RUN_TOKEN_PREFIX = `${TOKEN_PREFIX}run.`;
