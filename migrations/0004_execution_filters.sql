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
