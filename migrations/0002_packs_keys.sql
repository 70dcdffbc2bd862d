-- The packs that agents have, by their own metadata.
CREATE TABLE packs (
  ref TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  document TEXT NOT NULL
) STRICT;

-- The key-value table. A secret value is kept encrypted.
CREATE TABLE keys (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  secret INTEGER NOT NULL DEFAULT 0,
  expires_ms INTEGER,
  updated_at TEXT NOT NULL
) STRICT;

CREATE INDEX executions_by_parent ON executions (parent, start_timestamp);
