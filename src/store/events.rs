//! The event log: what happened, in order, for good.
//!
//! In: an event, inside the transaction that does what it tells. Out: the events after a number.
//! Whoever follows the log (search, open data, webhooks, browsers) remembers the last number it has dealt
//! with and goes on from there, after a crash too.

use sea_orm::QueryResult;

use super::db::{Conn, Store, StoreError, Tx, params, row, rows, run};

/// What can happen. A closed set; the word is the event's kind in the store, in the API and in webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A call was analysed, for the first time or again. Body: `{"rev":…}`, and `was_started_us`
    /// where the call's time changed.
    CallAnalysed,
    /// Something about a call changed that is no analysis: assignment, hold, state of review.
    CallChanged,
    /// A reviewer decided on a finding. Body: the decision's id.
    FindingDecided,
    /// A call was deleted. Body: what remains of it.
    CallDeleted,
    /// A file could not become a call. Body: ledger id and why.
    FileFailed,
    /// A rubric's version took effect, or the rubric was withdrawn. Body: `{"rubric":…,"version":…,"active":…}`.
    RubricPublished,
    /// A call has begun and goes on. Body: `{"source":…}`.
    LiveStarted,
    /// It is over, and will be analysed. Body: `{"cause":…}`.
    LiveEnded,
    /// Something was found in a call that goes on. Body: the alert.
    AlertRaised,
    /// Somebody has taken an alert on. Body: `{"alert_id":…,"by":…}`.
    AlertAcknowledged,
    /// Nobody has taken it on in time. Body: the alert.
    AlertEscalated,
    /// The recording does not bear an alert out. Body: `{"alert_id":…,"why":…}`.
    AlertWithdrawn,
}

impl EventKind {
    /// All.
    pub const ALL: [EventKind; 12] = [
        EventKind::CallAnalysed,
        EventKind::CallChanged,
        EventKind::FindingDecided,
        EventKind::CallDeleted,
        EventKind::FileFailed,
        EventKind::RubricPublished,
        EventKind::LiveStarted,
        EventKind::LiveEnded,
        EventKind::AlertRaised,
        EventKind::AlertAcknowledged,
        EventKind::AlertEscalated,
        EventKind::AlertWithdrawn,
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventKind::CallAnalysed => "call.analysed",
            EventKind::CallChanged => "call.changed",
            EventKind::FindingDecided => "finding.decided",
            EventKind::CallDeleted => "call.deleted",
            EventKind::FileFailed => "file.failed",
            EventKind::RubricPublished => "rubric.published",
            EventKind::LiveStarted => "live.started",
            EventKind::LiveEnded => "live.ended",
            EventKind::AlertRaised => "alert.raised",
            EventKind::AlertAcknowledged => "alert.acknowledged",
            EventKind::AlertEscalated => "alert.escalated",
            EventKind::AlertWithdrawn => "alert.withdrawn",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the log; grows, with gaps.
    pub seq: i64,
    /// When, in microseconds since 1970.
    pub at_us: i64,
    /// What.
    pub kind: EventKind,
    /// To which call, if to one.
    pub call_id: Option<String>,
    /// More of it, as JSON. No call text.
    pub body: String,
}

impl Tx {
    /// Appends to the log; tells the event's number.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn append(
        &self,
        at_us: i64,
        kind: EventKind,
        call_id: Option<&str>,
        body: &str,
    ) -> Result<i64, StoreError> {
        take_turn(self).await?;
        let sql =
            "INSERT INTO event (at_us, kind, call_id, body) VALUES ($1, $2, $3, $4) RETURNING seq";
        let values = params![at_us, kind.as_str(), call_id.map(str::to_owned), body];
        let row = row(self, sql, values).await?;
        let row = row.ok_or_else(|| StoreError::damaged("log", "no number was given"))?;
        Ok(row.try_get("", "seq")?)
    }
}

impl Store {
    /// The events after `seq`, at most `limit`, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events_after(&self, seq: i64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let sql = "SELECT seq, at_us, kind, call_id, body FROM event WHERE seq > $1 ORDER BY seq LIMIT $2";
        let found = rows(self, sql, params![seq, i64::from(limit)]).await?;
        found.iter().map(event).collect()
    }

    /// The events of a call, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events_of(&self, call: &str) -> Result<Vec<Event>, StoreError> {
        let sql =
            "SELECT seq, at_us, kind, call_id, body FROM event WHERE call_id = $1 ORDER BY seq";
        rows(self, sql, params![call]).await?.iter().map(event).collect()
    }

    /// The events after `seq` that are about no call, at most `limit`, in order; only those from and before these
    /// times, in microseconds since 1970, if they are given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events_of_no_call(
        &self,
        seq: i64,
        span_us: Option<(i64, i64)>,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let sql = "SELECT seq, at_us, kind, call_id, body FROM event WHERE call_id IS NULL AND seq > $1 \
                   AND at_us >= $2 AND at_us < $3 ORDER BY seq LIMIT $4";
        let (from_us, to_us) = span_us.unwrap_or((i64::MIN, i64::MAX));
        let found = rows(self, sql, params![seq, from_us, to_us, i64::from(limit)]).await?;
        found.iter().map(event).collect()
    }

    /// The number of the last event; 0 when nothing has happened yet.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn last_seq(&self) -> Result<i64, StoreError> {
        let row = row(self, "SELECT COALESCE(MAX(seq), 0) AS seq FROM event", params![]).await?;
        Ok(row.map_or(Ok(0), |row| row.try_get("", "seq"))?)
    }

    /// How far a follower has come; 0 when it has not begun.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn follower(&self, name: &str) -> Result<i64, StoreError> {
        let row = row(self, "SELECT seq FROM follower WHERE name = $1", params![name]).await?;
        Ok(row.map_or(Ok(0), |row| row.try_get("", "seq"))?)
    }
}

/// Waits until no other transaction appends to a log, and keeps others waiting until this one ends.
/// Numbers are given before they are committed. Without a turn, a later number could be seen first, and a
/// follower would pass over the earlier one for good. One turn for all logs: two could be taken crosswise.
pub(super) async fn take_turn(tx: &Tx) -> Result<(), StoreError> {
    if tx.is_postgres() {
        row(tx, "SELECT pg_advisory_xact_lock(2037149301)", params![]).await?;
    }
    Ok(())
}

/// Remembers how far a follower has come: with what it did, in one transaction, where both are here.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn follow(on: &impl Conn, name: &str, seq: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO follower (name, seq) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET seq = excluded.seq";
    run(on, sql, params![name, seq]).await?;
    Ok(())
}

fn event(row: &QueryResult) -> Result<Event, StoreError> {
    let kind: String = row.try_get("", "kind")?;
    Ok(Event {
        seq: row.try_get("", "seq")?,
        at_us: row.try_get("", "at_us")?,
        kind: EventKind::parse(&kind).ok_or_else(|| StoreError::damaged("kind of event", &kind))?,
        call_id: row.try_get("", "call_id")?,
        body: row.try_get("", "body")?,
    })
}
