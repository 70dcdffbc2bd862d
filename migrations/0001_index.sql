-- The index: what lists, filters and `last` ask. An execution's own object is the authority; it keeps its row.
CREATE TABLE executions (
  id TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  action TEXT NOT NULL,
  runner TEXT NOT NULL,
  status TEXT NOT NULL,
  user TEXT NOT NULL,
  parent TEXT,
  start_timestamp TEXT NOT NULL,
  end_timestamp TEXT,
  document TEXT NOT NULL
) STRICT;

CREATE INDEX executions_by_start ON executions (start_timestamp DESC, id DESC);
CREATE INDEX executions_by_status ON executions (status, start_timestamp DESC, id DESC);
CREATE INDEX executions_by_action ON executions (action, start_timestamp DESC, id DESC);

CREATE TABLE actions (
  ref TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  pack TEXT NOT NULL,
  document TEXT NOT NULL
) STRICT;

CREATE INDEX actions_by_pack ON actions (pack, ref);

-- A key is shown once; what is kept is its SHA-256.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  key_hash TEXT NOT NULL UNIQUE,
  user TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin', 'agent')),
  pool TEXT,
  enabled INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL
) STRICT;
