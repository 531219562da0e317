-- Alerts that the recording does not bear out.

-- When its recording was analysed and the finding was not there; absent where it was, or is not analysed yet.
ALTER TABLE alert ADD COLUMN withdrawn_us BIGINT;
-- What the analysis says instead: `met`, `undetermined`, `not_applicable`.
ALTER TABLE alert ADD COLUMN withdrawn_why TEXT;
CREATE INDEX alert_criterion ON alert (criterion, id);
