/** The header that a key goes in, or a token. */
export function credentialHeaders(key: string): Record<string, string> {
  return key.startsWith(TOKEN_PREFIX) ? { "x-auth-token": key } : { "st2-api-key": key };
}

/** How every token begins, which tells it from a key. */
export const TOKEN_PREFIX = "trt_";
