-- When a page of a pack's actions came: what was begun long ago and never completed is deleted.
ALTER TABLE staged_actions ADD COLUMN staged_ms INTEGER NOT NULL DEFAULT 0;
