import type { Context } from "hono";
import { TailraceError } from "../../protocol/errors.ts";
import { newId } from "../../protocol/id.ts";
import { timestamp } from "../../protocol/time.ts";
import type { AppEnv } from "../routes/context.ts";

/** Who asks. An agent's key opens only the agents' door of its pool. */
export interface Principal {
  user: string;
  role: "admin" | "agent";
  pool: string | null;
  location: "header" | "query";
}

type Known = Omit<Principal, "location">;

/** Keys looked up lately. A revoked key stops working once its entry is this old. */
const known = new Map<string, { principal: Known; read_at: number }>();
const KNOWN_MS_MAX = 1_000;
const KNOWN_KEYS_MAX = 1_000;

/** The principal of a request, or `unauthorized`. Takes StackStorm's header and query, and a bearer. */
export async function authenticate(c: Context<AppEnv>): Promise<Principal> {
  const header = c.req.header("st2-api-key") ?? c.req.header("authorization")?.match(/^Bearer (\S+)$/i)?.[1];
  const key = header ?? c.req.query("st2-api-key");
  if (!key) throw new TailraceError("unauthorized", "Unauthorized - One of Token or API key required.");
  const principal = await lookUp(key, c.env);
  return { ...principal, location: header ? "header" : "query" };
}

async function lookUp(key: string, env: Env): Promise<Known> {
  const key_hash = await hashKey(key);
  const entry = known.get(key_hash);
  if (entry && Date.now() - entry.read_at < KNOWN_MS_MAX) return entry.principal;
  const principal = (await isFirstKey(key_hash, env))
    ? { user: "admin", role: "admin" as const, pool: null }
    : await readKey(key_hash, env);
  if (known.size >= KNOWN_KEYS_MAX) known.clear();
  known.set(key_hash, { principal, read_at: Date.now() });
  return principal;
}

/** The key that the deployment was given: there is never none. */
async function isFirstKey(key_hash: string, env: Env): Promise<boolean> {
  if (!env.TAILRACE_API_KEY)
    throw new TailraceError("not_configured", "The secret TAILRACE_API_KEY is not set.");
  return key_hash === (await hashKey(env.TAILRACE_API_KEY));
}

async function readKey(key_hash: string, env: Env): Promise<Known> {
  const row = await env.INDEX.prepare("SELECT user, role, pool, enabled FROM api_keys WHERE key_hash = ?")
    .bind(key_hash)
    .first<{ user: string; role: "admin" | "agent"; pool: string | null; enabled: number }>();
  if (!row)
    throw new TailraceError("unauthorized", `Unauthorized - ApiKey with key_hash=${key_hash} not found.`);
  if (!row.enabled) throw new TailraceError("unauthorized", "Unauthorized - API key is disabled.");
  return { user: row.user, role: row.role, pool: row.pool };
}

/** Makes a key of 256 random bits and keeps its hash; the key itself is in this answer only. */
export async function createKey(
  env: Env,
  { user, role, pool }: { user: string; role: "admin" | "agent"; pool: string | null },
): Promise<{ id: string; key: string }> {
  const id = newId();
  const random = crypto.getRandomValues(new Uint8Array(32));
  const key = `tr_${Buffer.from(random).toString("base64url")}`;
  await env.INDEX.prepare(
    "INSERT INTO api_keys (id, key_hash, user, role, pool, created_at) VALUES (?, ?, ?, ?, ?, ?)",
  )
    .bind(id, await hashKey(key), user, role, pool, timestamp(Date.now()))
    .run();
  return { id, key };
}

/** Comparing hashes tells an attacker nothing of the key, however long it takes. */
async function hashKey(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return Buffer.from(digest).toString("hex");
}
