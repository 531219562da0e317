//! Legal holds: calls that nothing may be deleted of, whatever rules say.
//!
//! In: a query like that of a list of calls, and why. Out: whether a call is held. A hold is asked anew at every
//! deletion: it keeps whatever it finds then, calls that came after it too.

use sea_orm::QueryResult;
use serde::{Deserialize, Serialize};

use super::{Of, applies, filter};
use crate::domain::Scope;
use crate::store::calls::CallRow;
use crate::store::db::{Conn, Store, StoreError, Tx, params, row, rows, run};
use crate::store::list::CallFilter;

/// Which calls, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Which {
    /// This one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// A criterion that was not met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Begun at this time or later, microseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_us: Option<i64>,
    /// Begun before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_us: Option<i64>,
    /// Columns and values.
    #[serde(flatten)]
    pub of: Of,
}

impl From<Of> for Which {
    fn from(of: Of) -> Self {
        Self { of, ..Self::default() }
    }
}

impl Which {
    fn filter(&self) -> Result<CallFilter, StoreError> {
        let Self { failed, from_us, to_us, of, .. } = self;
        let (failed, from_us, to_us) = (failed.clone(), *from_us, *to_us);
        Ok(CallFilter { failed, from_us, to_us, ..filter(of)? })
    }

    /// How many calls there are of these.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count(&self, store: &Store) -> Result<i64, StoreError> {
        let Some(id) = &self.call_id else {
            return store.count(&self.filter()?, &Scope::All).await;
        };
        match store.call(id).await? {
            Some(call) => Ok(i64::from(self.finds(store, &call).await?)),
            None => Ok(0),
        }
    }

    async fn finds(&self, on: &impl Conn, call: &CallRow) -> Result<bool, StoreError> {
        let here = self.call_id.as_ref().is_none_or(|id| *id == call.id)
            && self.from_us.is_none_or(|from_us| call.started_us >= from_us)
            && self.to_us.is_none_or(|to_us| call.started_us < to_us)
            && applies(&self.of, call);
        let Some(criterion) = self.failed.as_ref().filter(|_| here) else { return Ok(here) };
        let sql = "SELECT 1 AS one FROM finding WHERE call_id = $1 AND criterion = $2 \
                   AND verdict = 'not_met' LIMIT 1";
        Ok(row(on, sql, params![&call.id, criterion]).await?.is_some())
    }
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalHold {
    /// Its id, a UUID.
    pub id: String,
    /// Why.
    pub reason: String,
    /// Of which calls.
    pub which: Which,
    /// Who said so: a person's id, or `cli`.
    pub by: String,
    /// Since when, microseconds since 1970.
    pub created_us: i64,
    /// When it was released, by whom and why.
    pub released: Option<(i64, Option<String>, Option<String>)>,
}

fn read(row: &QueryResult) -> Result<LegalHold, StoreError> {
    let query: String = row.try_get("", "query")?;
    let which = serde_json::from_str(&query).map_err(|e| StoreError::damaged("hold", e))?;
    let released_us: Option<i64> = row.try_get("", "released_us")?;
    let (by, why) = (row.try_get("", "released_by")?, row.try_get("", "release_reason")?);
    Ok(LegalHold {
        id: row.try_get("", "id")?,
        reason: row.try_get("", "reason")?,
        which,
        by: row.try_get("", "by_person")?,
        created_us: row.try_get("", "created_us")?,
        released: released_us.map(|at_us| (at_us, by, why)),
    })
}

/// Holds after that id, oldest first; with `released`, those that ended too.
///
/// # Errors
/// [`StoreError`].
pub async fn holds(
    on: &impl Conn,
    released: bool,
    after: &str,
    limit: u32,
) -> Result<Vec<LegalHold>, StoreError> {
    let open = if released { "" } else { "AND released_us IS NULL" };
    let sql = format!("SELECT * FROM legal_hold WHERE id > $1 {open} ORDER BY id LIMIT $2");
    rows(on, &sql, params![after, i64::from(limit)]).await?.iter().map(read).collect()
}

/// A hold by its id, released or not.
///
/// # Errors
/// [`StoreError`].
pub async fn hold_of(on: &impl Conn, id: &str) -> Result<Option<LegalHold>, StoreError> {
    let sql = "SELECT * FROM legal_hold WHERE id = $1";
    row(on, sql, params![id]).await?.as_ref().map(read).transpose()
}

/// The holds in force, to be asked about many calls.
#[derive(Debug)]
pub struct Held(Vec<LegalHold>);

impl Held {
    /// As they are now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn now(on: &impl Conn) -> Result<Self, StoreError> {
        Ok(Self(holds(on, false, "", u32::MAX).await?))
    }

    /// Whether a call is held, by one of them or by itself.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keeps(&self, on: &impl Conn, call: &CallRow) -> Result<bool, StoreError> {
        if call.held {
            return Ok(true);
        }
        for hold in &self.0 {
            if hold.which.finds(on, call).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Tx {
    /// Keeps calls from being deleted.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a column that is none.
    pub async fn hold(
        &self,
        reason: &str,
        which: &Which,
        by: &str,
        now_us: i64,
    ) -> Result<LegalHold, StoreError> {
        filter(&which.of)?;
        let id = uuid::Uuid::now_v7().to_string();
        let query = serde_json::to_string(which).map_err(|e| StoreError::damaged("hold", e))?;
        let sql = "INSERT INTO legal_hold (id, reason, query, by_person, created_us) VALUES ($1, $2, $3, $4, $5)";
        run(self, sql, params![&id, reason, query, by, now_us]).await?;
        let (reason, which, by) = (reason.to_owned(), which.clone(), by.to_owned());
        Ok(LegalHold { id, reason, which, by, created_us: now_us, released: None })
    }

    /// Ends a hold.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is not in force.
    pub async fn release(
        &self,
        id: &str,
        reason: &str,
        by: &str,
        now_us: i64,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE legal_hold SET released_us = $2, released_by = $3, release_reason = $4 \
                   WHERE id = $1 AND released_us IS NULL";
        match run(self, sql, params![id, now_us, by, reason]).await? {
            1 => Ok(()),
            _ => Err(StoreError::NotFound("hold")),
        }
    }
}
