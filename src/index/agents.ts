import { failureText } from "../../protocol/base/failure-text.ts";
import { timestamp } from "../../protocol/base/time.ts";
import type { Hello } from "../../protocol/wire/agent.ts";
import type { AgentIdentity } from "../../protocol/wire/agent-identity.ts";
import { AGENT_SECRET_PREFIX, type KnownAgent } from "../../protocol/wire/agent-state.ts";
import { hashSecret, newSecret } from "../crypto/secret.ts";
import { deleteStatement } from "./api-keys.ts";

/** How long a revoked agent is kept, so that it learns that it is revoked. */
const REVOKED_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Creates an agent's identity; only this answer has its secret. Also deletes agents that were revoked long ago. */
export async function createAgent(
  index: D1Database,
  { id, pool, name, key_id }: Pick<KnownAgent, "id" | "pool" | "name" | "key_id">,
): Promise<AgentIdentity> {
  const now_ms = Date.now();
  const secret = newSecret(AGENT_SECRET_PREFIX);
  await index.batch([
    index
      .prepare("DELETE FROM agents WHERE pool = ? AND revoked_ms < ?")
      .bind(pool, now_ms - REVOKED_KEPT_MS),
    index
      .prepare(
        "INSERT INTO agents (id, pool, name, secret_hash, key_id, created_at) VALUES (?, ?, ?, ?, ?, ?)",
      )
      .bind(id, pool, name, await hashSecret(secret), key_id, timestamp(now_ms)),
  ]);
  return { id, pool, secret };
}

/** The agent with this hash of a secret, revoked or not. */
export async function findAgent(index: D1Database, secret_hash: string): Promise<KnownAgent | undefined> {
  return read(index, "secret_hash", secret_hash);
}

/** The agent with an id, revoked or not. */
export async function readAgent(index: D1Database, id: string): Promise<KnownAgent | undefined> {
  return read(index, "id", id);
}

/** Agents that are not revoked, in the order of their creation, of one pool or all; and how many there are. */
export async function listAgents(
  index: D1Database,
  { pool, limit, offset }: { pool: string | undefined; limit: number | undefined; offset: number },
): Promise<{ agents: KnownAgent[]; total: number }> {
  const where = pool === undefined ? "revoked_ms IS NULL" : "revoked_ms IS NULL AND pool = ?";
  const values = pool === undefined ? [] : [pool];
  const [page, count] = await index.batch<Row & { total: number }>([
    index
      .prepare(`SELECT ${COLUMNS} FROM agents WHERE ${where} ORDER BY id LIMIT ? OFFSET ?`)
      .bind(...values, limit ?? ROWS_MAX, offset),
    index.prepare(`SELECT count(*) AS total FROM agents WHERE ${where}`).bind(...values),
  ]);
  return { agents: (page?.results ?? []).map(toAgent), total: count?.results[0]?.total ?? 0 };
}

/** The agents that a key has registered and that are not revoked. */
export async function agentsOfKey(index: D1Database, key_id: string): Promise<KnownAgent[]> {
  const { results } = await index
    .prepare(`SELECT ${COLUMNS} FROM agents WHERE key_id = ? AND revoked_ms IS NULL ORDER BY id`)
    .bind(key_id)
    .all<Row>();
  return results.map(toAgent);
}

/** Revokes an agent. A second time changes nothing. */
export async function revokeAgent(index: D1Database, id: string): Promise<void> {
  await index
    .prepare("UPDATE agents SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL")
    .bind(Date.now(), id)
    .run();
}

/**
 * Deletes a pool's key and revokes the agents that it has registered, in one transaction, so that it cannot register
 * another in between. Returns these agents.
 */
export async function deleteKeyWithAgents(index: D1Database, key_id: string): Promise<KnownAgent[]> {
  const [agents] = await index.batch<Row>([
    index
      .prepare(
        `UPDATE agents SET revoked_ms = ? WHERE key_id = ? AND revoked_ms IS NULL RETURNING ${COLUMNS}`,
      )
      .bind(Date.now(), key_id),
    deleteStatement(index, key_id),
  ]);
  return (agents?.results ?? []).map(toAgent);
}

/** Stores an agent's hello. The next hello repeats it, so a failed write is not tried again. */
export async function describeAgent(
  index: D1Database,
  id: string,
  { name, version, protocol, slots, runners, labels, packs }: Hello,
): Promise<void> {
  await attempt(
    id,
    index
      .prepare(
        `UPDATE agents SET name = ?, version = ?, protocol = ?, slots = ?, runners = ?, labels = ?, packs = ?,
         last_seen_ms = ? WHERE id = ?`,
      )
      .bind(
        name,
        version,
        protocol ?? null,
        slots,
        JSON.stringify(runners),
        JSON.stringify(labels),
        JSON.stringify(packs),
        Date.now(),
        id,
      ),
  );
}

/** Sets when the agent was last seen. */
export async function noteSeen(index: D1Database, id: string): Promise<void> {
  await attempt(id, index.prepare("UPDATE agents SET last_seen_ms = ? WHERE id = ?").bind(Date.now(), id));
}

async function attempt(id: string, statement: D1PreparedStatement): Promise<void> {
  try {
    await statement.run();
  } catch (error) {
    console.error(`agent ${id}: not written to the index: ${failureText(error)}`);
  }
}

async function read(index: D1Database, column: "id" | "secret_hash", value: string) {
  const row = await index
    .prepare(`SELECT ${COLUMNS} FROM agents WHERE ${column} = ?`)
    .bind(value)
    .first<Row>();
  return row ? toAgent(row) : undefined;
}

interface Row {
  id: string;
  pool: string;
  name: string;
  key_id: string;
  version: string;
  protocol: number | null;
  slots: number;
  runners: string;
  labels: string;
  packs: string;
  created_at: string;
  last_seen_ms: number | null;
  revoked_ms: number | null;
}

const COLUMNS =
  "id, pool, name, key_id, version, protocol, slots, runners, labels, packs, created_at, last_seen_ms, revoked_ms";

/** Rows of a list without a limit. */
const ROWS_MAX = 10_000;

/** An agent as the index stores it. Only its pool knows whether it is connected. */
function toAgent({ runners, labels, packs, last_seen_ms, revoked_ms, ...row }: Row): KnownAgent {
  return {
    ...row,
    runners: JSON.parse(runners),
    labels: JSON.parse(labels),
    packs: JSON.parse(packs),
    busy: 0,
    connected: false,
    last_seen: last_seen_ms === null ? null : timestamp(last_seen_ms),
    ...(revoked_ms === null ? {} : { revoked_at: timestamp(revoked_ms) }),
  };
}
