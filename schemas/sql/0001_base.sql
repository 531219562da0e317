-- The store's first form, one text for SQLite and PostgreSQL. `@SERIAL@` and `@BYTES@` are the two words in
-- which they differ, and lines that begin with `@SQLITE@` are for SQLite only (`store::schema`). Times are
-- microseconds since 1970 UTC; spans milliseconds from a call's first sample; JSON is text; booleans are 0 or 1;
-- scores are thousandths of a point.

-- What happened, in order. The truth: search, open data and webhooks follow it by `seq`.
CREATE TABLE event (
  seq @SERIAL@,
  at_us BIGINT NOT NULL,
  kind TEXT NOT NULL,
  call_id TEXT,
  body TEXT NOT NULL
);
CREATE INDEX event_call ON event (call_id, seq);

-- 甲方, 乙方, 项目, 班组, 技能组, 坐席: known from the calls themselves, named by administrators.
CREATE TABLE unit (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  first_seen_us BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
);

CREATE TABLE call (
  id TEXT PRIMARY KEY,
  -- What the sidecar or the file's name calls it.
  external_id TEXT NOT NULL,
  -- Over the recording's bytes: one content is one call.
  sha256 TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  file TEXT NOT NULL,
  direction TEXT,
  client TEXT,
  vendor TEXT,
  project TEXT,
  queue TEXT,
  team TEXT,
  agent TEXT,
  -- Starred out.
  customer TEXT,
  language TEXT NOT NULL,
  started_us BIGINT NOT NULL,
  received_us BIGINT NOT NULL,
  analysed_us BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL,
  -- The machine's gravest verdict over all rubrics, and how much a person should look at it (0 to 1000).
  verdict TEXT NOT NULL,
  score_milli BIGINT,
  risk BIGINT NOT NULL,
  problems TEXT NOT NULL,
  measures TEXT NOT NULL,
  -- Of the measures, those that are counted: waiting that nobody asked for, in all and at longest; the agent over the
  -- customer; the agent's characters or words a minute and thousandths of the talk; absent where nothing was measured.
  dead_air_ms BIGINT,
  dead_air_longest_ms BIGINT,
  overtalk_ms BIGINT,
  rate_per_min BIGINT,
  talk_share_milli BIGINT,
  hold_ms BIGINT,
  -- Names of blobs: the recording as it came (two by comma, where it came in two files), and what is played of it; absent for chats.
  source TEXT,
  audio TEXT,
  redacted_audio TEXT,
  -- Clear texts, a sealed blob.
  private TEXT,
  -- Counts every change; the ETag of the resource.
  rev BIGINT NOT NULL,
  review_state TEXT NOT NULL,
  assigned_to TEXT,
  held BIGINT NOT NULL DEFAULT 0,
  deleted_us BIGINT,
  -- Worked out anew with every analysis and decision, from `finding` and `scorecard` (`store::outcomes`): what its
  -- criteria came to, the score that holds (people's, where they decided), and how far its review is.
  outcome BIGINT NOT NULL DEFAULT 0,
  final_score_milli BIGINT,
  open_violations BIGINT NOT NULL DEFAULT 0,
  open_undetermined BIGINT NOT NULL DEFAULT 0,
  agreed BIGINT NOT NULL DEFAULT 0,
  overturned BIGINT NOT NULL DEFAULT 0,
  not_assessable BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX call_started ON call (started_us, id);
CREATE INDEX call_risk ON call (risk, id);
CREATE INDEX call_client ON call (client, started_us);
CREATE INDEX call_vendor ON call (vendor, started_us);
CREATE INDEX call_team ON call (team, started_us);
CREATE INDEX call_received ON call (received_us, kind, verdict, problems, deleted_us, duration_ms);
CREATE INDEX call_analysed ON call (analysed_us, duration_ms);
CREATE INDEX call_agent ON call (agent, started_us);
CREATE INDEX call_review ON call (review_state, risk, id);
CREATE INDEX call_assigned ON call (assigned_to, risk, id);
CREATE INDEX call_outcome ON call (outcome, risk, id);
-- Figures over many calls are read from here alone: a tenth of the table's bytes. PostgreSQL reads the table, and
-- would refuse a call whose names together are too long for its indexes.
@SQLITE@ CREATE INDEX call_figures ON call (started_us, client, vendor, project, team, agent, queue, direction,
@SQLITE@   language, kind, verdict, review_state, assigned_to, outcome, risk, duration_ms, final_score_milli, dead_air_ms,
@SQLITE@   dead_air_longest_ms, overtalk_ms, rate_per_min, talk_share_milli, hold_ms, open_violations,
@SQLITE@   open_undetermined, agreed, overturned, not_assessable, problems, id, deleted_us)
@SQLITE@   WHERE deleted_us IS NULL;

-- The whole masked report (`lingting/report/1`), zstd. Every analysis of a call has its own row; the newest counts.
CREATE TABLE report (
  call_id TEXT NOT NULL,
  rev BIGINT NOT NULL,
  at_us BIGINT NOT NULL,
  settings TEXT NOT NULL,
  body @BYTES@ NOT NULL,
  peaks @BYTES@,
  PRIMARY KEY (call_id, rev)
);

CREATE TABLE scorecard (
  call_id TEXT NOT NULL,
  rubric TEXT NOT NULL,
  version BIGINT NOT NULL,
  digest TEXT NOT NULL,
  verdict TEXT NOT NULL,
  score_milli BIGINT,
  -- What it is after reviewers' decisions; absent while there is none.
  human_verdict TEXT,
  human_score_milli BIGINT,
  PRIMARY KEY (call_id, rubric)
);

CREATE TABLE finding (
  call_id TEXT NOT NULL,
  rubric TEXT NOT NULL,
  criterion TEXT NOT NULL,
  title TEXT NOT NULL,
  verdict TEXT NOT NULL,
  severity TEXT NOT NULL,
  weight_milli BIGINT NOT NULL,
  points_milli BIGINT NOT NULL,
  confidence_milli BIGINT NOT NULL,
  -- The leg to play; absent: all.
  leg BIGINT,
  start_ms BIGINT,
  end_ms BIGINT,
  -- Starred out.
  quote TEXT,
  -- What people said last, absent while they said nothing; and what holds, theirs before the machine's.
  human_verdict TEXT,
  holds TEXT NOT NULL,
  PRIMARY KEY (call_id, rubric, criterion)
);
CREATE INDEX finding_criterion ON finding (criterion, holds, call_id);

-- What all criteria of a call came to. Most calls come to one that many share: shares are counted over these few
-- rows and not over every finding.
CREATE TABLE outcome (
  id @SERIAL@,
  -- SHA-256 over its items.
  digest TEXT NOT NULL UNIQUE,
  met BIGINT NOT NULL,
  not_met BIGINT NOT NULL,
  undetermined BIGINT NOT NULL,
  not_applicable BIGINT NOT NULL
);

CREATE TABLE outcome_item (
  outcome BIGINT NOT NULL,
  rubric TEXT NOT NULL,
  criterion TEXT NOT NULL,
  -- What holds.
  verdict TEXT NOT NULL,
  PRIMARY KEY (outcome, rubric, criterion)
);
CREATE INDEX outcome_criterion ON outcome_item (criterion, verdict, outcome);
CREATE INDEX outcome_rubric ON outcome_item (rubric, criterion, verdict, outcome);

-- What a person decided about a finding. Never edited; the newest of a finding counts.
CREATE TABLE decision (
  id TEXT PRIMARY KEY,
  call_id TEXT NOT NULL,
  rubric TEXT NOT NULL,
  criterion TEXT NOT NULL,
  machine_verdict TEXT NOT NULL,
  decision TEXT NOT NULL,
  verdict TEXT NOT NULL,
  comment TEXT NOT NULL,
  by_user TEXT NOT NULL,
  at_us BIGINT NOT NULL
);
CREATE INDEX decision_call ON decision (call_id, at_us);
CREATE INDEX decision_criterion ON decision (rubric, criterion, at_us);

-- What calls are judged by: the newest version of each rubric that is active.
CREATE TABLE rubric (
  id TEXT PRIMARY KEY,
  -- The newest version's number.
  version BIGINT NOT NULL,
  active BIGINT NOT NULL,
  -- Counts every change; the ETag of the resource.
  rev BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  -- Who published, withdrew or brought it back last, and why.
  changed_us BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  reason TEXT NOT NULL
);

-- Never edited.
CREATE TABLE rubric_version (
  id TEXT NOT NULL,
  -- The number that the text says under `version`.
  version BIGINT NOT NULL,
  digest TEXT NOT NULL,
  title_zh TEXT NOT NULL,
  title_en TEXT NOT NULL,
  criteria BIGINT NOT NULL,
  body TEXT NOT NULL,
  -- The shared phrase lists that it uses, by name, as they were: JSON.
  lists TEXT NOT NULL,
  -- The digest of the configured file that it was taken from; absent where a person published it.
  origin TEXT,
  published_us BIGINT NOT NULL,
  published_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (id, version)
);
CREATE INDEX rubric_version_digest ON rubric_version (digest);

-- Every file that was ever seen, in exactly one state: seen, stable, claimed, done, skipped, failed, quarantined.
CREATE TABLE ledger (
  id TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  path TEXT NOT NULL,
  size BIGINT NOT NULL,
  modified_us BIGINT NOT NULL,
  sha256 TEXT,
  state TEXT NOT NULL,
  why TEXT,
  -- The id its call has, or will have: given once, so that a second try makes no second call.
  call_id TEXT,
  -- Facts that came with it (manifest, CDR, form fields), a sidecar's JSON.
  facts TEXT,
  attempts BIGINT NOT NULL,
  seen_us BIGINT NOT NULL,
  changed_us BIGINT NOT NULL,
  UNIQUE (source, path, size, modified_us)
);
CREATE INDEX ledger_state ON ledger (state, id);
CREATE INDEX ledger_source ON ledger (source, state, id);
CREATE INDEX ledger_sha256 ON ledger (sha256);
CREATE INDEX ledger_seen ON ledger (seen_us, state, why, size);

-- Where files come from: what is older than the first look at a source is backlog.
CREATE TABLE source (
  name TEXT PRIMARY KEY,
  first_scan_us BIGINT NOT NULL
);

-- The durable queue.
CREATE TABLE job (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  -- One job per kind and key, however often it is asked for.
  key TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  lane BIGINT NOT NULL,
  run_us BIGINT NOT NULL,
  owner TEXT,
  leased_until_us BIGINT,
  attempts BIGINT NOT NULL,
  why TEXT,
  created_us BIGINT NOT NULL,
  changed_us BIGINT NOT NULL,
  UNIQUE (kind, key)
);
CREATE INDEX job_ready ON job (state, kind, lane, run_us);
CREATE INDEX job_changed ON job (state, changed_us, id);

-- How far each follower of the event log has come.
CREATE TABLE follower (
  name TEXT PRIMARY KEY,
  seq BIGINT NOT NULL
);

CREATE TABLE person (
  id TEXT PRIMARY KEY,
  login TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  -- What of the calls they may see: JSON, a list of grants.
  scope TEXT NOT NULL,
  -- argon2id, PHC form; absent where they come through OpenID Connect only.
  password TEXT,
  subject TEXT UNIQUE,
  created_us BIGINT NOT NULL,
  disabled_us BIGINT,
  -- Counts every change; the ETag of the resource.
  rev BIGINT NOT NULL
);

CREATE TABLE session (
  -- SHA-256 of the cookie's value.
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  csrf TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  used_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL
);
CREATE INDEX session_person ON session (person);

CREATE TABLE token (
  id TEXT PRIMARY KEY,
  -- SHA-256 of the secret.
  hash TEXT NOT NULL UNIQUE,
  person TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  used_us BIGINT,
  expires_us BIGINT,
  revoked_us BIGINT
);
CREATE INDEX token_person ON token (person, created_us);

-- Append-only, each row sealed with the one before it.
CREATE TABLE audit (
  seq BIGINT PRIMARY KEY,
  at_us BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  detail TEXT NOT NULL,
  prev TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX audit_actor ON audit (actor, seq);
CREATE INDEX audit_object ON audit (object, seq);

-- Answers to requests that may come again.
CREATE TABLE idempotency (
  person TEXT NOT NULL,
  key TEXT NOT NULL,
  -- SHA-256 over what was asked.
  request TEXT NOT NULL,
  -- Absent while it is being answered.
  status BIGINT,
  -- Absent where the answer held a secret.
  body TEXT,
  -- The content's type, and headers that belong to the answer: JSON.
  headers TEXT,
  at_us BIGINT NOT NULL,
  PRIMARY KEY (person, key)
);
CREATE INDEX idempotency_at ON idempotency (at_us);

CREATE TABLE webhook (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  form TEXT NOT NULL,
  secret TEXT NOT NULL,
  kinds TEXT NOT NULL,
  -- Whose eyes it has: events of calls outside this scope are not sent.
  scope TEXT NOT NULL,
  active BIGINT NOT NULL,
  -- Failures since something last went through, and why it was switched off.
  failures BIGINT NOT NULL,
  why TEXT,
  rev BIGINT NOT NULL,
  created_us BIGINT NOT NULL
);

-- The outbox of webhooks, and the log of what was sent. State: due, done, failed.
CREATE TABLE delivery (
  id TEXT PRIMARY KEY,
  webhook TEXT NOT NULL,
  event_seq BIGINT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  next_us BIGINT NOT NULL,
  status BIGINT,
  why TEXT,
  created_us BIGINT NOT NULL,
  changed_us BIGINT NOT NULL,
  UNIQUE (webhook, event_seq)
);
CREATE INDEX delivery_due ON delivery (state, next_us);
CREATE INDEX delivery_webhook ON delivery (webhook, id);

CREATE TABLE saved_search (
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  created_us BIGINT NOT NULL
);

-- A recording on its way in, piece by piece.
CREATE TABLE upload (
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  name TEXT NOT NULL,
  size BIGINT NOT NULL,
  -- On the disk.
  received BIGINT NOT NULL,
  facts TEXT,
  -- Its entry, once it is whole.
  ledger TEXT,
  created_us BIGINT NOT NULL,
  changed_us BIGINT NOT NULL
);

CREATE TABLE retention_rule (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  -- Which calls, and what of them goes after how many days: JSON.
  rule TEXT NOT NULL,
  active BIGINT NOT NULL,
  created_us BIGINT NOT NULL
);

-- What was deleted: the certificate as JSON. Final when `done_us` is set.
CREATE TABLE deletion (
  id TEXT PRIMARY KEY,
  call_id TEXT NOT NULL,
  body TEXT NOT NULL,
  begun_us BIGINT NOT NULL,
  done_us BIGINT
);
CREATE INDEX deletion_call ON deletion (call_id, id);

CREATE TABLE legal_hold (
  id TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  query TEXT NOT NULL,
  by_person TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  released_us BIGINT
);

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
