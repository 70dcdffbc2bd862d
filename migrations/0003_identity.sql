-- A key acts with the roles of its user, unless it is an admin's of its own or an agent's.
CREATE TABLE api_keys_with_users (
  id TEXT PRIMARY KEY,
  key_hash TEXT NOT NULL UNIQUE,
  user TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin', 'user', 'agent')),
  pool TEXT,
  enabled INTEGER NOT NULL DEFAULT 1,
  metadata TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL
) STRICT;

INSERT INTO api_keys_with_users (id, key_hash, user, role, pool, enabled, created_at)
SELECT id, key_hash, user, role, pool, enabled, created_at FROM api_keys;

DROP TABLE api_keys;
ALTER TABLE api_keys_with_users RENAME TO api_keys;
CREATE INDEX api_keys_by_user ON api_keys (user, id);

-- Users that have a password. What is kept of it is its scrypt hash, with the parameters that made it.
CREATE TABLE users (
  name TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL
) STRICT;

-- A token is shown once; what is kept is its SHA-256.
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  user TEXT NOT NULL,
  expires_ms INTEGER NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE INDEX tokens_by_user ON tokens (user, id);
CREATE INDEX tokens_by_expiry ON tokens (expires_ms);

CREATE TABLE roles (
  name TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

-- What a role permits: on a pack or an action by its uid, or on everything, which is ''.
CREATE TABLE role_grants (
  role TEXT NOT NULL,
  resource_uid TEXT NOT NULL,
  permission TEXT NOT NULL,
  PRIMARY KEY (role, resource_uid, permission)
) STRICT;

-- Who has which role. A user need not be in the table of users: a key or a single sign-on may name others.
CREATE TABLE role_assignments (
  id TEXT PRIMARY KEY,
  user TEXT NOT NULL,
  role TEXT NOT NULL,
  created_at TEXT NOT NULL,
  UNIQUE (user, role)
) STRICT;

CREATE INDEX role_assignments_by_role ON role_assignments (role);
