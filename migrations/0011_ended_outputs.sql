-- Ended outputs are served from the edge's cache while the index allows it. `output_version` is the version of the row with which
-- the output was final: it counts only while it equals `version`, so a row that an earlier release writes later does not offer it.
-- `output_until_ms` is when the output expires; NULL if it is kept.
ALTER TABLE executions ADD COLUMN output_version INTEGER;
ALTER TABLE executions ADD COLUMN output_until_ms INTEGER;
