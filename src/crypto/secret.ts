import { TailraceError } from "../../protocol/base/errors.ts";
import type { TOKEN_PREFIX } from "../../protocol/client/credential.ts";
import type { AGENT_SECRET_PREFIX } from "../../protocol/wire/agent-state.ts";

/** Random bytes of a key or a token: so many that nobody guesses one, and that a plain hash of it keeps it. */
const SECRET_BYTES = 32;

/** A new random secret that begins with what it is. */
export function newSecret(prefix: "tr_" | typeof TOKEN_PREFIX | typeof AGENT_SECRET_PREFIX): string {
  const random = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return `${prefix}${Buffer.from(random).toString("base64url")}`;
}

/** What is kept of a secret. Comparing hashes tells an attacker nothing of it, however long it takes. */
export async function hashSecret(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return Buffer.from(digest).toString("hex");
}

/** The deployment's own secrets: the one that signs and seals, then the one before it, under which what is older still opens. */
export function deploymentSecrets(env: Env): string[] {
  const { TAILRACE_SECRET_PREVIOUS: previous } = env;
  return [deploymentSecret(env), ...(previous ? [previous] : [])];
}

/** The deployment's own secret, which signs leases and links. */
export function deploymentSecret({ TAILRACE_SECRET }: Env): string {
  if (!TAILRACE_SECRET) throw new TailraceError("not_configured", "The secret TAILRACE_SECRET is not set.");
  return TAILRACE_SECRET;
}
