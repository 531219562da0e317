-- Calls that go on, what was raised about them, and who listened in.

CREATE TABLE live_call (
  -- The id that its call has once it is analysed.
  id TEXT PRIMARY KEY,
  -- The way in, and the call's name there.
  source TEXT NOT NULL,
  native_id TEXT NOT NULL,
  client TEXT,
  vendor TEXT,
  project TEXT,
  team TEXT,
  agent TEXT,
  started_us BIGINT NOT NULL,
  -- Absent while it goes on; a start of the service sets it for those that a killed one left.
  ended_us BIGINT,
  cause TEXT
);
CREATE INDEX live_call_open ON live_call (ended_us, id);

-- What happened to it besides what was said: holds, pauses, legs, who listened in. Never edited but for its end.
CREATE TABLE live_event (
  id TEXT PRIMARY KEY,
  call_id TEXT NOT NULL,
  -- held, paused, listen, coach, barge
  kind TEXT NOT NULL,
  -- In the call, milliseconds from its first sample.
  start_ms BIGINT NOT NULL,
  end_ms BIGINT,
  at_us BIGINT NOT NULL,
  ended_us BIGINT,
  -- Who did it, and why; absent where nobody did.
  person TEXT,
  reason TEXT
);
CREATE INDEX live_event_call ON live_event (call_id, start_ms);

CREATE TABLE alert (
  id TEXT PRIMARY KEY,
  call_id TEXT NOT NULL,
  at_us BIGINT NOT NULL,
  rubric TEXT NOT NULL,
  version BIGINT NOT NULL,
  criterion TEXT NOT NULL,
  title TEXT NOT NULL,
  severity TEXT NOT NULL,
  confidence_milli BIGINT NOT NULL,
  leg BIGINT,
  start_ms BIGINT,
  end_ms BIGINT,
  -- Starred out.
  quote TEXT,
  -- Why nobody was told of it at once: `cool_down`, `budget`, `quiet_hours`; absent where somebody was.
  held_back TEXT,
  acknowledged_by TEXT,
  acknowledged_us BIGINT,
  escalated_us BIGINT,
  -- What a person said of it: 1 right, 0 wrong.
  is_right BIGINT,
  note TEXT,
  UNIQUE (call_id, rubric, criterion)
);
CREATE INDEX alert_open ON alert (acknowledged_us, at_us);
CREATE INDEX alert_at ON alert (at_us, id);
