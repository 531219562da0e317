//! Deletions and their certificates.
//!
//! In: a call and the rule it is due by. Out: rows that are gone, and what proves it. What lies outside the store is
//! named before it is deleted.

use sea_orm::QueryResult;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Goes, Held, RetentionRule, applies, rule_of};
use crate::store::calls::{CallRow, call_of, unpacked};
use crate::store::db::{Conn, StoreError, Tx, params, row, rows, run};
use crate::store::events::EventKind;

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

/// A certificate with its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    /// It.
    pub certificate: Certificate,
    /// When the deletion began, microseconds since 1970.
    pub begun_us: i64,
    /// When all of it was gone; absent, something outside the store may still be there.
    pub done_us: Option<i64>,
}

fn read(row: &QueryResult) -> Result<Certified, StoreError> {
    let body: String = row.try_get("", "body")?;
    let certificate =
        serde_json::from_str(&body).map_err(|e| StoreError::damaged("certificate", e))?;
    let (begun_us, done_us) = (row.try_get("", "begun_us")?, row.try_get("", "done_us")?);
    Ok(Certified { certificate, begun_us, done_us })
}

/// Deletions that were begun and not ended.
///
/// # Errors
/// [`StoreError`].
pub async fn open_deletions(on: &impl Conn) -> Result<Vec<Certificate>, StoreError> {
    let sql = "SELECT * FROM deletion WHERE done_us IS NULL ORDER BY id";
    let open = rows(on, sql, params![]).await?;
    open.iter().map(|row| Ok(read(row)?.certificate)).collect()
}

/// Certificates, of a call or of all, the newest first, before that id.
///
/// # Errors
/// [`StoreError`].
pub async fn certificates(
    on: &impl Conn,
    call: Option<&str>,
    before: Option<&str>,
    limit: u32,
) -> Result<Vec<Certified>, StoreError> {
    // Ids grow with time; `~` comes after all their letters.
    let before = before.unwrap_or("~");
    let limit = i64::from(limit);
    let found = match call {
        Some(call) => {
            let sql =
                "SELECT * FROM deletion WHERE call_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
            rows(on, sql, params![call, before, limit]).await?
        }
        None => {
            let sql = "SELECT * FROM deletion WHERE id < $1 ORDER BY id DESC LIMIT $2";
            rows(on, sql, params![before, limit]).await?
        }
    };
    found.iter().map(read).collect()
}

/// A certificate by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn certificate_of(on: &impl Conn, id: &str) -> Result<Option<Certified>, StoreError> {
    row(on, "SELECT * FROM deletion WHERE id = $1", params![id])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The blobs of a call that go with it. A recording that came in two files has two.
pub(super) fn blobs(call: &CallRow, goes: Goes) -> Vec<String> {
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

/// Deletes of a call what goes by a rule, as far as it is in the store, and writes down what is outside. Nothing
/// happens where it is held, where the rule is no longer what it was or no longer finds the call, where another has
/// deleted it meanwhile, and where nothing is left to go.
///
/// # Errors
/// [`StoreError`].
pub async fn delete(
    tx: &Tx,
    id: &str,
    rule: &RetentionRule,
    now_us: i64,
) -> Result<Option<Certificate>, StoreError> {
    let goes = rule.rule.goes;
    let Some(call) = call_of(tx, id).await? else { return Ok(None) };
    let all = blobs(&call, goes);
    let nothing = goes != Goes::All && all.is_empty();
    let same = rule_of(tx, &rule.id).await?.is_some_and(|now| now.rule == rule.rule);
    if nothing
        || !same
        || !applies(&rule.rule.of, &call)
        || Held::now(tx).await?.keeps(tx, &call).await?
    {
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
        rule: (rule.id.clone(), rule.name.clone()),
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
    let sql = "SELECT body FROM report WHERE call_id = $1 ORDER BY rev DESC LIMIT 1";
    let Some(row) = row(tx, sql, params![id]).await? else { return Ok(None) };
    let json = unpacked(&row.try_get::<Vec<u8>>("", "body")?)?;
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
