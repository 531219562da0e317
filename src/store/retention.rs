//! How long calls are kept: rules, holds, and what was deleted by which rule.
//!
//! In: rules and holds; what is to go. Out: the calls that are due, and a certificate for each deletion. What lies
//! outside the store (audio, clear texts) is named in the certificate before it is deleted, so that a deletion that
//! was interrupted is ended later; the certificate is final only when all of it is gone.

use std::collections::BTreeMap;

use sea_orm::QueryResult;
use serde::{Deserialize, Serialize};

use super::calls::CallRow;
use super::db::{Conn, Store, StoreError, Tx, params, row, rows, run};
use super::events::EventKind;
use super::list::{CallFilter, Column, Sort};
use crate::domain::Scope;

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// What goes. A closed set; each contains the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goes {
    /// Recordings, as they came and as they are played.
    Audio,
    /// Also the clear texts; the masked report stays.
    ClearText,
    /// Everything: what remains says that there was a call, and to whom it belonged.
    All,
}

impl Goes {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Goes::Audio => "audio",
            Goes::ClearText => "clear_text",
            Goes::All => "all",
        }
    }
}

/// Which calls: those that have this value in each of these columns.
pub type Of = BTreeMap<String, String>;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRule {
    /// Its id, a UUID.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Which calls, what of them, and when.
    pub rule: RuleBody,
}

/// What a rule says, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleBody {
    /// Columns and values; none: all calls.
    #[serde(default)]
    pub of: Of,
    /// Days after the call began.
    pub after_days: u32,
    /// What goes.
    pub goes: Goes,
}

/// Calls that nothing may be deleted of, whatever rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalHold {
    /// Its id, a UUID.
    pub id: String,
    /// Why.
    pub reason: String,
    /// Columns and values.
    pub of: Of,
}

/// A call that is due.
#[derive(Debug)]
pub struct Due {
    /// It.
    pub call: CallRow,
    /// The rule that says so.
    pub rule: RetentionRule,
    /// Whether a hold keeps it.
    pub held: bool,
}

impl Due {
    /// Whether the rule finds anything left to take.
    pub fn something_goes(&self) -> bool {
        let goes = self.rule.rule.goes;
        goes == Goes::All || !blobs(&self.call, goes).is_empty()
    }
}

/// What a deletion leaves behind for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Always `lingting/deletion/1`.
    pub schema: String,
    /// Its id, a UUID.
    pub id: String,
    /// The call.
    pub call_id: String,
    /// SHA-256 over the recording as it came, lower-case hex.
    pub sha256: String,
    /// What went.
    pub goes: Goes,
    /// The rule: its id and name.
    pub rule: (String, String),
    /// Blobs that went with it, and no other call used.
    pub blobs: Vec<String>,
    /// Blobs that stay because other calls use them.
    pub shared: Vec<String>,
    /// SHA-256 over the masked report that went, lower-case hex; only where everything went.
    pub report_sha256: Option<String>,
}

/// A column by its word.
///
/// # Errors
/// [`StoreError::NotFound`].
fn column(word: &str) -> Result<Column, StoreError> {
    Column::parse(word).ok_or(StoreError::NotFound("column"))
}

fn filter(of: &Of) -> Result<CallFilter, StoreError> {
    let equal = of.iter().map(|(word, value)| Ok((column(word)?, value.clone())));
    let equal = equal.collect::<Result<_, StoreError>>()?;
    Ok(CallFilter { equal, sort: Sort::Time, ..CallFilter::default() })
}

fn applies(of: &Of, call: &CallRow) -> bool {
    of.iter().all(|(word, value)| {
        Column::parse(word).is_some_and(|column| column.of(call) == Some(value.as_str()))
    })
}

impl Store {
    /// Keeps a rule; tells its id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a column that is none.
    pub async fn add_retention(
        &self,
        name: &str,
        rule: &RuleBody,
        now_us: i64,
    ) -> Result<String, StoreError> {
        filter(&rule.of)?;
        let id = uuid::Uuid::now_v7().to_string();
        let body = serde_json::to_string(rule).map_err(|e| StoreError::damaged("rule", e))?;
        let sql = "INSERT INTO retention_rule (id, name, rule, active, created_us) VALUES ($1, $2, $3, 1, $4)";
        run(self, sql, params![&id, name, body, now_us]).await?;
        Ok(id)
    }

    /// Ends a rule; what it has deleted names it for ever.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn end_retention(&self, id: &str) -> Result<(), StoreError> {
        let sql = "UPDATE retention_rule SET active = 0 WHERE id = $1 AND active = 1";
        match run(self, sql, params![id]).await? {
            1 => Ok(()),
            _ => Err(StoreError::NotFound("rule")),
        }
    }

    /// The rules in force, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn retention(&self) -> Result<Vec<RetentionRule>, StoreError> {
        let sql = "SELECT id, name, rule FROM retention_rule WHERE active = 1 ORDER BY id";
        let rule = |row: &QueryResult| -> Result<RetentionRule, StoreError> {
            let body: String = row.try_get("", "rule")?;
            let rule = serde_json::from_str(&body).map_err(|e| StoreError::damaged("rule", e))?;
            Ok(RetentionRule { id: row.try_get("", "id")?, name: row.try_get("", "name")?, rule })
        };
        rows(self, sql, params![]).await?.iter().map(rule).collect()
    }

    /// Keeps calls from being deleted; tells the hold's id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a column that is none.
    pub async fn hold(
        &self,
        reason: &str,
        of: &Of,
        by: &str,
        now_us: i64,
    ) -> Result<String, StoreError> {
        filter(of)?;
        let id = uuid::Uuid::now_v7().to_string();
        let query = serde_json::to_string(of).map_err(|e| StoreError::damaged("hold", e))?;
        let sql = "INSERT INTO legal_hold (id, reason, query, by_person, created_us) VALUES ($1, $2, $3, $4, $5)";
        run(self, sql, params![&id, reason, query, by, now_us]).await?;
        Ok(id)
    }

    /// Ends a hold.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn release(&self, id: &str, now_us: i64) -> Result<(), StoreError> {
        let sql = "UPDATE legal_hold SET released_us = $2 WHERE id = $1 AND released_us IS NULL";
        match run(self, sql, params![id, now_us]).await? {
            1 => Ok(()),
            _ => Err(StoreError::NotFound("hold")),
        }
    }

    /// A page of the calls of a rule that are due, newest first, after that call.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due(
        &self,
        rule: &RetentionRule,
        now_us: i64,
        after: Option<(i64, String)>,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        let holds = holds(self).await?;
        let to_us = now_us.saturating_sub(i64::from(rule.rule.after_days).saturating_mul(DAY_US));
        let filter = CallFilter { to_us: Some(to_us), after, limit, ..filter(&rule.rule.of)? };
        let due = |call: CallRow| Due {
            held: call.held || holds.iter().any(|hold| applies(&hold.of, &call)),
            rule: rule.clone(),
            call,
        };
        Ok(self.list(&filter, &Scope::All).await?.into_iter().map(due).collect())
    }

    /// Deletions that were begun and not ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_deletions(&self) -> Result<Vec<Certificate>, StoreError> {
        let sql = "SELECT body FROM deletion WHERE done_us IS NULL ORDER BY id";
        rows(self, sql, params![]).await?.iter().map(certificate).collect()
    }

    /// The certificates of a call, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn certificates(&self, call: &str) -> Result<Vec<Certificate>, StoreError> {
        let sql =
            "SELECT body FROM deletion WHERE call_id = $1 AND done_us IS NOT NULL ORDER BY id";
        rows(self, sql, params![call]).await?.iter().map(certificate).collect()
    }
}

/// The holds in force, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn holds(on: &impl Conn) -> Result<Vec<LegalHold>, StoreError> {
    let sql = "SELECT id, reason, query FROM legal_hold WHERE released_us IS NULL ORDER BY id";
    let hold = |row: &QueryResult| -> Result<LegalHold, StoreError> {
        let query: String = row.try_get("", "query")?;
        let of = serde_json::from_str(&query).map_err(|e| StoreError::damaged("hold", e))?;
        Ok(LegalHold { id: row.try_get("", "id")?, reason: row.try_get("", "reason")?, of })
    };
    rows(on, sql, params![]).await?.iter().map(hold).collect()
}

fn certificate(row: &QueryResult) -> Result<Certificate, StoreError> {
    let body: String = row.try_get("", "body")?;
    serde_json::from_str(&body).map_err(|e| StoreError::damaged("certificate", e))
}

/// The blobs of a call that go with it. A recording that came in two files has two.
fn blobs(call: &CallRow, goes: Goes) -> Vec<String> {
    let audio = [&call.source, &call.audio, &call.redacted_audio];
    let private = (goes >= Goes::ClearText).then_some(&call.private);
    let all = audio.into_iter().chain(private).flatten();
    let mut all: Vec<String> = all.flat_map(|one| one.split(',')).map(str::to_owned).collect();
    all.sort();
    all.dedup();
    all
}

/// Whether a call that is not deleted names a blob.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn is_used(on: &impl Conn, blob: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS one FROM call WHERE source LIKE $1 OR audio LIKE $1 OR redacted_audio LIKE $1 \
               OR private LIKE $1 LIMIT 1";
    Ok(row(on, sql, params![format!("%{blob}%")]).await?.is_some())
}

/// Deletes of a call what goes, as far as it is in the store, and writes down what is outside. Nothing happens where
/// it is held, where another has deleted it meanwhile, and where nothing is left to go.
///
/// # Errors
/// [`StoreError`].
pub async fn delete(tx: &Tx, due: &Due, now_us: i64) -> Result<Option<Certificate>, StoreError> {
    let goes = due.rule.rule.goes;
    let Some(call) = super::calls::call_of(tx, &due.call.id).await? else { return Ok(None) };
    let held = call.held || holds(tx).await?.iter().any(|hold| applies(&hold.of, &call));
    let all = blobs(&call, goes);
    if held || (goes != Goes::All && all.is_empty()) {
        return Ok(None);
    }
    let report_sha256 = if goes == Goes::All { report_digest(tx, &call.id).await? } else { None };
    match goes {
        Goes::All => erase(tx, &call, now_us).await?,
        _ => forget_blobs(tx, &call, goes, now_us).await?,
    }
    let (mut gone, mut shared) = (Vec::new(), Vec::new());
    for blob in all {
        if is_used(tx, &blob).await? { shared.push(blob) } else { gone.push(blob) }
    }
    let certificate = Certificate {
        schema: "lingting/deletion/1".into(),
        id: uuid::Uuid::now_v7().to_string(),
        call_id: call.id,
        sha256: call.sha256,
        goes,
        rule: (due.rule.id.clone(), due.rule.name.clone()),
        blobs: gone,
        shared,
        report_sha256,
    };
    let body = serde_json::to_string(&certificate);
    let body = body.map_err(|e| StoreError::damaged("certificate", e))?;
    let sql = "INSERT INTO deletion (id, call_id, body, begun_us) VALUES ($1, $2, $3, $4)";
    run(tx, sql, params![&certificate.id, &certificate.call_id, body, now_us]).await?;
    Ok(Some(certificate))
}

/// Says that all that a certificate names is gone.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn deleted(tx: &Tx, certificate: &Certificate, now_us: i64) -> Result<(), StoreError> {
    let sql = "UPDATE deletion SET done_us = $2 WHERE id = $1 AND done_us IS NULL";
    run(tx, sql, params![&certificate.id, now_us]).await?;
    Ok(())
}

async fn report_digest(tx: &Tx, id: &str) -> Result<Option<String>, StoreError> {
    use sha2::{Digest as _, Sha256};
    let sql = "SELECT body FROM report WHERE call_id = $1 ORDER BY rev DESC LIMIT 1";
    let Some(row) = row(tx, sql, params![id]).await? else { return Ok(None) };
    let json = super::calls::unpacked(&row.try_get::<Vec<u8>>("", "body")?)?;
    Ok(Some(Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect()))
}

async fn forget_blobs(tx: &Tx, call: &CallRow, goes: Goes, now_us: i64) -> Result<(), StoreError> {
    let private = if goes >= Goes::ClearText { ", private = NULL" } else { "" };
    let sql = format!(
        "UPDATE call SET source = NULL, audio = NULL, redacted_audio = NULL{private}, rev = rev + 1 WHERE id = $1"
    );
    run(tx, &sql, params![&call.id]).await?;
    let body = serde_json::json!({"deleted": goes.as_str()}).to_string();
    tx.append(now_us, EventKind::CallChanged, Some(&call.id), &body).await?;
    Ok(())
}

/// Takes everything out but that there was a call, when, and whose.
async fn erase(tx: &Tx, call: &CallRow, now_us: i64) -> Result<(), StoreError> {
    for table in ["report", "scorecard", "finding", "decision"] {
        let sql = format!("DELETE FROM {table} WHERE call_id = $1");
        run(tx, &sql, params![&call.id]).await?;
    }
    // Facts that came with the file may name the customer. Its path stays: the file may still lie there, and must
    // not be taken for a new one.
    let sql = "UPDATE ledger SET facts = NULL WHERE call_id = $1";
    run(tx, sql, params![&call.id]).await?;
    let sql = "UPDATE call SET deleted_us = $2, rev = rev + 1, external_id = '', file = '', customer = NULL, \
               problems = '', measures = '{}', source = NULL, audio = NULL, redacted_audio = NULL, \
               private = NULL, assigned_to = NULL WHERE id = $1";
    run(tx, sql, params![&call.id, now_us]).await?;
    tx.append(now_us, EventKind::CallDeleted, Some(&call.id), "{}").await?;
    Ok(())
}
