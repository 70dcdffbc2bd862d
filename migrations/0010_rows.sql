-- Fewer entries of SQL indexes for each execution: each is a row that is written and paid for. One index has the completed
-- executions in groups that are alike in all columns that lists filter by: a list merges the groups that match it. Another has the
-- executions that have not completed, which are few. Both conditions are part of the queries, word for word.
DROP INDEX executions_by_status;
DROP INDEX executions_by_action;
DROP INDEX executions_by_action_status;
DROP INDEX executions_by_user;
DROP INDEX executions_by_runner;
DROP INDEX executions_by_pool;
DROP INDEX executions_by_start_and_pool;

CREATE INDEX executions_completed
ON executions (action, status, user, runner, (parent IS NOT NULL), pool, start_timestamp DESC, id DESC)
WHERE status IN ('succeeded', 'failed', 'timeout', 'canceled', 'abandoned');

CREATE INDEX executions_uncompleted
ON executions (start_timestamp DESC, id DESC, action, status, user, runner, parent, pool)
WHERE status NOT IN ('succeeded', 'failed', 'timeout', 'canceled', 'abandoned');

-- The counts are those of the groups: an execution is counted once, at its end. The others are counted in their index.
DROP TRIGGER executions_counted;
DROP TRIGGER executions_uncounted;
DROP TRIGGER executions_recounted;

DELETE FROM execution_counts WHERE status NOT IN ('succeeded', 'failed', 'timeout', 'canceled', 'abandoned');

CREATE TRIGGER executions_counted AFTER INSERT ON executions
WHEN new.status IN ('succeeded', 'failed', 'timeout', 'canceled', 'abandoned')
BEGIN
  INSERT INTO execution_counts
  VALUES (new.action, new.status, new.user, new.runner, new.parent IS NOT NULL, new.pool, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER executions_ended AFTER UPDATE OF status ON executions
WHEN old.status NOT IN ('succeeded', 'failed', 'timeout', 'canceled', 'abandoned')
  AND new.status IN ('succeeded', 'failed', 'timeout', 'canceled', 'abandoned')
BEGIN
  INSERT INTO execution_counts
  VALUES (new.action, new.status, new.user, new.runner, new.parent IS NOT NULL, new.pool, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER executions_uncounted AFTER DELETE ON executions
WHEN old.status IN ('succeeded', 'failed', 'timeout', 'canceled', 'abandoned')
BEGIN
  UPDATE execution_counts SET count = count - 1
  WHERE action = old.action AND status = old.status AND user = old.user AND runner = old.runner
    AND is_child = (old.parent IS NOT NULL) AND pool = old.pool;
END;
