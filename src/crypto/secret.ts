import { TailraceError } from "../../protocol/base/errors.ts";
import type { TOKEN_PREFIX } from "../../protocol/client/credential.ts";
import type { AGENT_SECRET_PREFIX } from "../../protocol/wire/agent-state.ts";

/** Random bytes of a key or a token: enough to make guessing impossible, so a plain hash protects it. */
const SECRET_BYTES = 32;

/** A new random secret with the prefix of its kind. */
export function newSecret(prefix: "tr_" | typeof TOKEN_PREFIX | typeof AGENT_SECRET_PREFIX): string {
  const random = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return `${prefix}${Buffer.from(random).toString("base64url")}`;
}

/** The stored form of a secret. Comparing hashes reveals nothing to an attacker, whatever time it takes. */
export async function hashSecret(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return Buffer.from(digest).toString("hex");
}

/** What StackStorm puts before a key that it hashes. */
const STACKSTORM_SALT = "saltnpepper";

/**
 * The forms in which a key may be stored: ours, then StackStorm's, in which keys come that were made there
 * (`st2common/util/hash.py`).
 */
export async function keyHashes(key: string): Promise<[string, string]> {
  const bytes = new TextEncoder().encode(STACKSTORM_SALT + key);
  const digest = await crypto.subtle.digest("SHA-512", bytes);
  return [await hashSecret(key), Buffer.from(digest).toString("hex")];
}

/**
 * The deployment's secrets: the current one, which signs and seals, then the previous one, which still opens older values.
 */
export function deploymentSecrets(env: Env): string[] {
  const { TAILRACE_SECRET_PREVIOUS: previous } = env;
  return [deploymentSecret(env), ...(previous ? [previous] : [])];
}

/** The deployment's current secret, which signs leases and links. */
export function deploymentSecret({ TAILRACE_SECRET }: Env): string {
  if (!TAILRACE_SECRET) throw new TailraceError("not_configured", "The secret TAILRACE_SECRET is not set.");
  return TAILRACE_SECRET;
}
