-- Who did what: one row for each act, in the order of ids, which sort by time. No row holds a secret.
CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  action TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
  user TEXT NOT NULL,
  credential TEXT NOT NULL,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  resource TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_by_action ON audit (action, id);
CREATE INDEX audit_by_user ON audit (user, id);
CREATE INDEX audit_by_resource ON audit (resource, id);

-- Links that open one execution. A link is signed, and opens nothing once its row is gone or revoked.
CREATE TABLE links (
  id TEXT PRIMARY KEY,
  execution_id TEXT NOT NULL,
  created_by TEXT NOT NULL,
  expires_ms INTEGER NOT NULL,
  revoked_at TEXT,
  revoked_by TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX links_by_execution ON links (execution_id, id);
CREATE INDEX links_by_creator ON links (created_by, id);
CREATE INDEX links_by_expiry ON links (expires_ms);

-- Executions whose links from before there were rows of them open nothing any more.
CREATE TABLE unlisted_links_revoked (
  execution_id TEXT PRIMARY KEY,
  revoked_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
