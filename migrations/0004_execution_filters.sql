-- What lists ask by. Each index has the order of a list behind it, and what else is filtered by most behind that, so that
-- neither a count nor the way to a deep page reads a document.
ALTER TABLE executions ADD COLUMN liveaction TEXT NOT NULL DEFAULT '';
UPDATE executions SET liveaction = coalesce(json_extract(document, '$.liveaction.id'), '');

DROP INDEX executions_by_start;
DROP INDEX executions_by_status;
DROP INDEX executions_by_action;
DROP INDEX executions_by_parent;

CREATE INDEX executions_by_start ON executions (start_timestamp DESC, id DESC, parent);
CREATE INDEX executions_by_status ON executions (status, start_timestamp DESC, id DESC, parent);
CREATE INDEX executions_by_action ON executions (action, start_timestamp DESC, id DESC, parent);
CREATE INDEX executions_by_action_status ON executions (action, status, start_timestamp DESC, id DESC, parent);
CREATE INDEX executions_by_user ON executions (user, start_timestamp DESC, id DESC, parent, action, status);
CREATE INDEX executions_by_runner ON executions (runner, start_timestamp DESC, id DESC, parent);
CREATE INDEX executions_by_parent ON executions (parent, start_timestamp DESC, id DESC) WHERE parent IS NOT NULL;
CREATE INDEX executions_by_liveaction ON executions (liveaction);

-- How many executions there are, by all that a list is counted by most: a count that reads every row of a large index is
-- slow, and paid for by the row.
CREATE TABLE execution_counts (
  action TEXT NOT NULL,
  status TEXT NOT NULL,
  user TEXT NOT NULL,
  runner TEXT NOT NULL,
  is_child INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (action, status, user, runner, is_child)
) STRICT, WITHOUT ROWID;

INSERT INTO execution_counts
SELECT action, status, user, runner, parent IS NOT NULL, count(*) FROM executions GROUP BY 1, 2, 3, 4, 5;

CREATE TRIGGER executions_counted AFTER INSERT ON executions
BEGIN
  INSERT INTO execution_counts VALUES (new.action, new.status, new.user, new.runner, new.parent IS NOT NULL, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER executions_uncounted AFTER DELETE ON executions
BEGIN
  UPDATE execution_counts SET count = count - 1
  WHERE action = old.action AND status = old.status AND user = old.user AND runner = old.runner
    AND is_child = (old.parent IS NOT NULL);
END;

CREATE TRIGGER executions_recounted AFTER UPDATE OF status ON executions WHEN new.status <> old.status
BEGIN
  UPDATE execution_counts SET count = count - 1
  WHERE action = old.action AND status = old.status AND user = old.user AND runner = old.runner
    AND is_child = (old.parent IS NOT NULL);
  INSERT INTO execution_counts VALUES (new.action, new.status, new.user, new.runner, new.parent IS NOT NULL, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;
