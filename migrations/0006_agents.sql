-- Agents that have an identity: a pool's key has registered each, and its own secret is what it comes in by. What is kept of
-- that is its SHA-256. What an agent says of itself is from its last hello.
CREATE TABLE agents (
  id TEXT PRIMARY KEY,
  pool TEXT NOT NULL,
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL UNIQUE,
  key_id TEXT NOT NULL,
  version TEXT NOT NULL DEFAULT '',
  protocol INTEGER,
  slots INTEGER NOT NULL DEFAULT 0,
  runners TEXT NOT NULL DEFAULT '[]',
  labels TEXT NOT NULL DEFAULT '{}',
  packs TEXT NOT NULL DEFAULT '[]',
  created_at TEXT NOT NULL,
  last_seen_ms INTEGER,
  revoked_ms INTEGER
) STRICT;

CREATE INDEX agents_by_pool ON agents (pool, revoked_ms, id);
CREATE INDEX agents_by_key ON agents (key_id);
