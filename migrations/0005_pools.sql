-- Actions and packs are those of a pool: an action is known by its pool and its reference. What there was is the default pool's.
CREATE TABLE actions_of_pools (
  pool TEXT NOT NULL,
  ref TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  pack TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (pool, ref)
) STRICT;

INSERT INTO actions_of_pools (pool, ref, id, pack, document)
SELECT 'default', ref, id, pack, document FROM actions;

DROP TABLE actions;
ALTER TABLE actions_of_pools RENAME TO actions;
CREATE INDEX actions_by_ref ON actions (ref, pool);
CREATE INDEX actions_by_pack ON actions (pack, ref, pool);
CREATE INDEX actions_by_pool_pack ON actions (pool, pack, ref);

-- `digest` is that of what was registered, by which the next registration knows whether there is anything new.
CREATE TABLE packs_of_pools (
  pool TEXT NOT NULL,
  ref TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  document TEXT NOT NULL,
  digest TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (pool, ref)
) STRICT;

INSERT INTO packs_of_pools (pool, ref, id, document)
SELECT 'default', ref, id, document FROM packs;

DROP TABLE packs;
ALTER TABLE packs_of_pools RENAME TO packs;
CREATE INDEX packs_by_ref ON packs (ref, pool);

-- A pack's actions while they come in pages: none counts before the last is there.
CREATE TABLE staged_actions (
  pool TEXT NOT NULL,
  pack TEXT NOT NULL,
  ref TEXT NOT NULL,
  digest TEXT NOT NULL,
  id TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (pool, pack, ref)
) STRICT;

-- A grant holds in one pool, or in every pool, which is ''.
CREATE TABLE role_grants_of_pools (
  role TEXT NOT NULL,
  resource_uid TEXT NOT NULL,
  permission TEXT NOT NULL,
  pool TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (role, resource_uid, permission, pool)
) STRICT;

INSERT INTO role_grants_of_pools (role, resource_uid, permission)
SELECT role, resource_uid, permission FROM role_grants;

DROP TABLE role_grants;
ALTER TABLE role_grants_of_pools RENAME TO role_grants;

ALTER TABLE executions ADD COLUMN pool TEXT NOT NULL DEFAULT 'default';
CREATE INDEX executions_by_pool ON executions (pool, start_timestamp DESC, id DESC, parent, action, status);
-- A list may show a user the executions of some actions in some pools: what tells them is in the index of its order.
CREATE INDEX executions_by_start_and_pool ON executions (start_timestamp DESC, id DESC, parent, action, pool);

-- The counts tell pools apart too.
DROP TRIGGER executions_counted;
DROP TRIGGER executions_uncounted;
DROP TRIGGER executions_recounted;

CREATE TABLE execution_counts_of_pools (
  action TEXT NOT NULL,
  status TEXT NOT NULL,
  user TEXT NOT NULL,
  runner TEXT NOT NULL,
  is_child INTEGER NOT NULL,
  pool TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (action, status, user, runner, is_child, pool)
) STRICT, WITHOUT ROWID;

INSERT INTO execution_counts_of_pools
SELECT action, status, user, runner, is_child, 'default', count FROM execution_counts;

DROP TABLE execution_counts;
ALTER TABLE execution_counts_of_pools RENAME TO execution_counts;

CREATE TRIGGER executions_counted AFTER INSERT ON executions
BEGIN
  INSERT INTO execution_counts
  VALUES (new.action, new.status, new.user, new.runner, new.parent IS NOT NULL, new.pool, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER executions_uncounted AFTER DELETE ON executions
BEGIN
  UPDATE execution_counts SET count = count - 1
  WHERE action = old.action AND status = old.status AND user = old.user AND runner = old.runner
    AND is_child = (old.parent IS NOT NULL) AND pool = old.pool;
END;

CREATE TRIGGER executions_recounted AFTER UPDATE OF status ON executions WHEN new.status <> old.status
BEGIN
  UPDATE execution_counts SET count = count - 1
  WHERE action = old.action AND status = old.status AND user = old.user AND runner = old.runner
    AND is_child = (old.parent IS NOT NULL) AND pool = old.pool;
  INSERT INTO execution_counts
  VALUES (new.action, new.status, new.user, new.runner, new.parent IS NOT NULL, new.pool, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;
