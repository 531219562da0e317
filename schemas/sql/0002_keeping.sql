-- Rules are changed by somebody who read them; holds are released by somebody, for a reason.

ALTER TABLE retention_rule ADD COLUMN rev BIGINT NOT NULL DEFAULT 1;
ALTER TABLE legal_hold ADD COLUMN released_by TEXT;
ALTER TABLE legal_hold ADD COLUMN release_reason TEXT;
