-- Keys have StackStorm's scopes: `system` is shared, `user` is one user's own. What there was is of `system`.
CREATE TABLE keys_by_scope (
  scope TEXT NOT NULL CHECK (scope IN ('system', 'user')),
  user TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  secret INTEGER NOT NULL DEFAULT 0,
  expires_ms INTEGER,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (scope, user, name)
) STRICT;

INSERT INTO keys_by_scope (scope, user, name, value, secret, expires_ms, updated_at)
SELECT 'system', '', name, value, secret, expires_ms, updated_at FROM keys;

DROP TABLE keys;
ALTER TABLE keys_by_scope RENAME TO keys;

-- Which keys the runs of a pool may reach: a JSON list of what their names begin with. A pool that is not here reaches all.
CREATE TABLE pool_key_prefixes (
  pool TEXT PRIMARY KEY,
  prefixes TEXT NOT NULL
) STRICT;

-- Lists show each user the executions of the actions that they may view: what tells them is in the index of their order.
DROP INDEX IF EXISTS executions_by_start;
CREATE INDEX executions_by_start ON executions (start_timestamp DESC, id DESC, parent, action);
