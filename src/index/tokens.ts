import { newId } from "../../protocol/base/id.ts";
import { timestamp } from "../../protocol/base/time.ts";
import { TOKEN_PREFIX } from "../../protocol/client/credential.ts";
import type { Token } from "../../protocol/model/identity.ts";
import { hashSecret, newSecret } from "../crypto/secret.ts";

/**
 * How long an expired token is kept: a request with it learns that it has expired, and a sign-in with it comes from a known
 * device of its user.
 */
const EXPIRED_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Old tokens that one creation deletes. */
const SWEEP_ROWS_MAX = 1_000;

/** Creates a token; only this answer has it. Also deletes some old tokens. */
export async function createToken(
  index: D1Database,
  user: string,
  ttl_seconds: number,
  id = newId(),
): Promise<Token> {
  const now_ms = Date.now();
  const expires_ms = now_ms + ttl_seconds * 1000;
  const token = newSecret(TOKEN_PREFIX);
  await index.batch([
    index
      .prepare(
        "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE expires_ms < ? ORDER BY expires_ms LIMIT ?)",
      )
      .bind(now_ms - EXPIRED_KEPT_MS, SWEEP_ROWS_MAX),
    index
      .prepare("INSERT INTO tokens (id, token_hash, user, expires_ms, created_at) VALUES (?, ?, ?, ?, ?)")
      .bind(id, await hashSecret(token), user, expires_ms, timestamp(now_ms)),
  ]);
  return { id, user, token, expiry: timestamp(expires_ms), metadata: {} };
}

export interface TokenRow {
  id: string;
  user: string;
  expires_ms: number;
}

/** The token with a hash, expired or not. */
export async function readToken(index: D1Database, token_hash: string): Promise<TokenRow | undefined> {
  const row = await index
    .prepare("SELECT id, user, expires_ms FROM tokens WHERE token_hash = ?")
    .bind(token_hash)
    .first<TokenRow>();
  return row ?? undefined;
}

/** Deletes a token by its id. */
export async function deleteToken(index: D1Database, id: string): Promise<void> {
  await index.prepare("DELETE FROM tokens WHERE id = ?").bind(id).run();
}

/** The statement that deletes all tokens of a user and returns their ids. */
export function deleteTokensOf(index: D1Database, user: string): D1PreparedStatement {
  return index.prepare("DELETE FROM tokens WHERE user = ? RETURNING id").bind(user);
}
