//! Calls that go on: whose they are, and what happened to them besides what was said.
//!
//! In: that a call began, was held, listened in to, and ended. Out: rows that a scope can be asked of before there is an
//! analysed call, and the timeline of who took part. What is said in a call is in no table before it is analysed.

use sea_orm::QueryResult;

use super::db::{Store, StoreError, Tx, params, row, rows, run};
use super::events::EventKind;
use super::units::belongs_in;
use crate::domain::Belongs;

/// A call that goes on, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRow {
    /// The id that its call has.
    pub id: String,
    /// The way in.
    pub source: String,
    /// Its name there.
    pub native_id: String,
    /// Whose it is.
    pub belongs: Belongs,
    /// Microseconds since 1970.
    pub started_us: i64,
}

/// A stretch of a call in which something was so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveEvent {
    /// Its id.
    pub id: String,
    /// Which call.
    pub call_id: String,
    /// `held`, `paused`, `listen`, `coach`, `barge`.
    pub kind: String,
    /// In milliseconds of the call.
    pub start_ms: i64,
    /// Absent while it is so.
    pub end_ms: Option<i64>,
    /// Microseconds since 1970.
    pub at_us: i64,
    /// Microseconds since 1970.
    pub ended_us: Option<i64>,
    /// Who did it.
    pub person: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// A call has begun.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn begin(tx: &Tx, call: &LiveRow) -> Result<(), StoreError> {
    let LiveRow { id, source, native_id, belongs, started_us } = call;
    let Belongs { client, vendor, project, team, agent } = belongs.clone();
    let sql = "INSERT INTO live_call (id, source, native_id, client, vendor, project, team, agent, started_us) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = params![id, source, native_id, client, vendor, project, team, agent, *started_us];
    run(tx, sql, values).await?;
    let body = serde_json::json!({ "source": source }).to_string();
    tx.append(*started_us, EventKind::LiveStarted, Some(id), &body).await.map(drop)
}

/// It became known whose a call is.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn belongs_to(tx: &Tx, id: &str, belongs: &Belongs) -> Result<(), StoreError> {
    let Belongs { client, vendor, project, team, agent } = belongs.clone();
    let sql = "UPDATE live_call SET client = $2, vendor = $3, project = $4, team = $5, agent = $6 WHERE id = $1";
    run(tx, sql, params![id, client, vendor, project, team, agent]).await.map(drop)
}

/// A call is over; twice is once.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn end(tx: &Tx, id: &str, cause: &str, now_us: i64) -> Result<(), StoreError> {
    let sql = "UPDATE live_call SET ended_us = $2, cause = $3 WHERE id = $1 AND ended_us IS NULL";
    if run(tx, sql, params![id, now_us, cause]).await? == 0 {
        return Ok(());
    }
    let sql = "UPDATE live_event SET ended_us = $2 WHERE call_id = $1 AND ended_us IS NULL";
    run(tx, sql, params![id, now_us]).await?;
    let body = serde_json::json!({ "cause": cause }).to_string();
    tx.append(now_us, EventKind::LiveEnded, Some(id), &body).await.map(drop)
}

/// Something begins to be so.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn begin_event(tx: &Tx, event: &LiveEvent) -> Result<(), StoreError> {
    let LiveEvent { id, call_id, kind, start_ms, at_us, person, reason, .. } = event.clone();
    let sql = "INSERT INTO live_event (id, call_id, kind, start_ms, at_us, person, reason) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    run(tx, sql, params![id, call_id, kind, start_ms, at_us, person, reason]).await.map(drop)
}

/// It is so no more; twice is once.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn end_event(tx: &Tx, id: &str, end_ms: i64, now_us: i64) -> Result<(), StoreError> {
    let sql = "UPDATE live_event SET end_ms = $2, ended_us = $3 WHERE id = $1 AND end_ms IS NULL";
    run(tx, sql, params![id, end_ms, now_us]).await.map(drop)
}

impl Store {
    /// Calls that nobody ended: a killed process left them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_live(&self) -> Result<Vec<LiveRow>, StoreError> {
        let sql = "SELECT id, source, native_id, client, vendor, project, team, agent, started_us FROM live_call \
                   WHERE ended_us IS NULL ORDER BY id";
        rows(self, sql, params![]).await?.iter().map(read).collect()
    }

    /// The timeline of a call.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn live_events(&self, call: &str) -> Result<Vec<LiveEvent>, StoreError> {
        let sql = "SELECT id, call_id, kind, start_ms, end_ms, at_us, ended_us, person, reason FROM live_event \
                   WHERE call_id = $1 ORDER BY start_ms, id";
        let read = |row: &QueryResult| -> Result<LiveEvent, StoreError> {
            Ok(LiveEvent {
                id: row.try_get("", "id")?,
                call_id: row.try_get("", "call_id")?,
                kind: row.try_get("", "kind")?,
                start_ms: row.try_get("", "start_ms")?,
                end_ms: row.try_get("", "end_ms")?,
                at_us: row.try_get("", "at_us")?,
                ended_us: row.try_get("", "ended_us")?,
                person: row.try_get("", "person")?,
                reason: row.try_get("", "reason")?,
            })
        };
        rows(self, sql, params![call]).await?.iter().map(read).collect()
    }

    /// Whether a call came in live.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn was_live(&self, call: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 AS one FROM live_call WHERE id = $1";
        Ok(row(self, sql, params![call]).await?.is_some())
    }
}

fn read(row: &QueryResult) -> Result<LiveRow, StoreError> {
    Ok(LiveRow {
        id: row.try_get("", "id")?,
        source: row.try_get("", "source")?,
        native_id: row.try_get("", "native_id")?,
        belongs: belongs_in(row)?,
        started_us: row.try_get("", "started_us")?,
    })
}
