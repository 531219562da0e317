//! Rubrics and all their versions.
//!
//! In: texts that somebody has checked, with who publishes them and why. Out: versions, of which none is ever
//! edited; the newest of a rubric that is active is what calls are judged by.

use std::collections::BTreeMap;

use sea_orm::QueryResult;

use super::db::{Conn, Store, StoreError, Tx, params, row, rows, run};
use super::events::EventKind;

/// Rubrics that are kept, withdrawn ones too.
pub const RUBRICS_MAX: i64 = 500;

/// A rubric as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RubricRow {
    /// Its id.
    pub id: String,
    /// Whether calls are judged by it.
    pub active: bool,
    /// Counts every change.
    pub rev: i64,
    /// When its first version was published, in microseconds since 1970.
    pub created_us: i64,
    /// When it was published, withdrawn or brought back last.
    pub changed_us: i64,
    /// Who did that: a person's id, or `service`.
    pub changed_by: String,
    /// Why.
    pub reason: String,
    /// Its newest version.
    pub newest: RubricVersion,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RubricVersion {
    /// The rubric's id.
    pub id: String,
    /// Its number, from one; what the text says under `version`.
    pub version: u32,
    /// SHA-256 over text and lists, in lower-case hex: it stands in every scorecard.
    pub digest: String,
    /// Its title in Chinese.
    pub title_zh: String,
    /// Its title in English.
    pub title_en: String,
    /// How many criteria it has.
    pub criteria: i64,
    /// The text.
    pub body: String,
    /// The shared phrase lists it uses, by name.
    pub lists: BTreeMap<String, String>,
    /// The digest of the configured file that it was taken from; `None`: a person published it.
    pub origin: Option<String>,
    /// When, in microseconds since 1970.
    pub published_us: i64,
    /// Who: a person's id, or `service`.
    pub published_by: String,
    /// Why.
    pub reason: String,
}

const VERSION: &str = "v.id, v.version, v.digest, v.title_zh, v.title_en, v.criteria, v.body, v.lists, v.origin, \
                       v.published_us, v.published_by, v.reason";
const RUBRIC: &str = "r.active, r.rev, r.created_us, r.changed_us, r.changed_by, r.reason AS why";
const JOINED: &str = "rubric r JOIN rubric_version v ON v.id = r.id AND v.version = r.version";

/// Publishes a version: the rubric is active from now on. `rev` is the rubric's as the author saw it; `None`:
/// there is none yet.
///
/// # Errors
/// [`StoreError::Conflict`] when the rubric has changed since, or the number does not grow.
pub async fn publish(
    tx: &Tx,
    new: &RubricVersion,
    rev: Option<i64>,
    now_us: i64,
) -> Result<i64, StoreError> {
    let RubricVersion { id, version, published_by, reason, .. } = new;
    let number = i64::from(*version);
    let rev = match rev {
        None => {
            add(tx, new, now_us).await?;
            1
        }
        Some(rev) => {
            let sql = "UPDATE rubric SET version = $3, active = 1, rev = rev + 1, changed_us = $4, changed_by = $5, \
                       reason = $6 WHERE id = $1 AND rev = $2 AND version < $3";
            let values = params![id, rev, number, now_us, published_by, reason];
            if run(tx, sql, values).await? == 0 {
                return Err(StoreError::Conflict("the rubric has changed since; read it again"));
            }
            rev + 1
        }
    };
    let sql = "INSERT INTO rubric_version (id, version, digest, title_zh, title_en, criteria, body, lists, origin, \
               published_us, published_by, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let lists = serde_json::to_string(&new.lists).map_err(|e| StoreError::damaged("rubric", e))?;
    let values = params![
        id,
        number,
        &new.digest,
        &new.title_zh,
        &new.title_en,
        new.criteria,
        &new.body,
        lists,
        new.origin.clone(),
        now_us,
        published_by,
        reason,
    ];
    run(tx, sql, values).await?;
    tell(tx, id, *version, true, now_us).await?;
    Ok(rev)
}

async fn add(tx: &Tx, new: &RubricVersion, now_us: i64) -> Result<(), StoreError> {
    let count = row(tx, "SELECT COUNT(*) AS n FROM rubric", params![]).await?;
    if count.map_or(Ok(0), |row| row.try_get::<i64>("", "n"))? >= RUBRICS_MAX {
        return Err(StoreError::Conflict("there are 500 rubrics; withdrawn ones count too"));
    }
    let sql = "INSERT INTO rubric (id, version, active, rev, created_us, changed_us, changed_by, reason) \
               VALUES ($1, $2, 1, 1, $3, $3, $4, $5) ON CONFLICT (id) DO NOTHING";
    let RubricVersion { id, version, published_by, reason, .. } = new;
    let values = params![id, i64::from(*version), now_us, published_by, reason];
    match run(tx, sql, values).await? {
        0 => Err(StoreError::Conflict("there is a rubric with this id; publish a version of it")),
        _ => Ok(()),
    }
}

/// Withdraws a rubric, or brings it back. Tells its new `rev`.
///
/// # Errors
/// [`StoreError::Conflict`] when it has changed since `rev`.
pub async fn set_active(
    tx: &Tx,
    rubric: &RubricRow,
    active: bool,
    (by, why): (&str, &str),
    now_us: i64,
) -> Result<i64, StoreError> {
    let sql = "UPDATE rubric SET active = $3, rev = rev + 1, changed_us = $4, changed_by = $5, reason = $6 \
               WHERE id = $1 AND rev = $2";
    let values = params![&rubric.id, rubric.rev, i64::from(active), now_us, by, why];
    if run(tx, sql, values).await? == 0 {
        return Err(StoreError::Conflict("the rubric has changed since; read it again"));
    }
    tell(tx, &rubric.id, rubric.newest.version, active, now_us).await?;
    Ok(rubric.rev + 1)
}

async fn tell(
    tx: &Tx,
    id: &str,
    version: u32,
    active: bool,
    now_us: i64,
) -> Result<(), StoreError> {
    let body = serde_json::json!({"rubric": id, "version": version, "active": active}).to_string();
    tx.append(now_us, EventKind::RubricPublished, None, &body).await.map(drop)
}

/// All rubrics, in the order in which they came; withdrawn ones too.
///
/// # Errors
/// [`StoreError`].
pub async fn rubrics(on: &impl Conn) -> Result<Vec<RubricRow>, StoreError> {
    let sql = format!("SELECT {VERSION}, {RUBRIC} FROM {JOINED} ORDER BY r.created_us, r.id");
    rows(on, &sql, params![]).await?.iter().map(rubric_row).collect()
}

/// A rubric.
///
/// # Errors
/// [`StoreError`].
pub async fn rubric(on: &impl Conn, id: &str) -> Result<Option<RubricRow>, StoreError> {
    let sql = format!("SELECT {VERSION}, {RUBRIC} FROM {JOINED} WHERE r.id = $1");
    row(on, &sql, params![id]).await?.as_ref().map(rubric_row).transpose()
}

/// The digest of the configured file from which a rubric's version was last taken.
///
/// # Errors
/// [`StoreError`].
pub async fn origin(on: &impl Conn, id: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT origin FROM rubric_version WHERE id = $1 AND origin IS NOT NULL \
               ORDER BY version DESC LIMIT 1";
    let found = row(on, sql, params![id]).await?;
    Ok(found.map(|row| row.try_get("", "origin")).transpose()?)
}

impl Store {
    /// What calls are judged by: id and version, in the order of [`rubrics`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rubrics_in_force(&self) -> Result<Vec<(String, u32)>, StoreError> {
        let sql = "SELECT id, version FROM rubric WHERE active = 1 ORDER BY created_us, id";
        let read = |row: &QueryResult| Ok((row.try_get("", "id")?, number(row)?));
        rows(self, sql, params![]).await?.iter().map(read).collect()
    }

    /// Versions of a rubric, the newest first; only those before `before`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rubric_versions(
        &self,
        id: &str,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<RubricVersion>, StoreError> {
        let sql = format!(
            "SELECT {VERSION} FROM rubric_version v WHERE v.id = $1 AND v.version < $2 \
             ORDER BY v.version DESC LIMIT $3"
        );
        let before = before.map_or(i64::MAX, i64::from);
        rows(self, &sql, params![id, before, i64::from(limit)]).await?.iter().map(read).collect()
    }

    /// A version of a rubric.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rubric_version(
        &self,
        id: &str,
        version: u32,
    ) -> Result<Option<RubricVersion>, StoreError> {
        let sql =
            format!("SELECT {VERSION} FROM rubric_version v WHERE v.id = $1 AND v.version = $2");
        row(self, &sql, params![id, i64::from(version)]).await?.as_ref().map(read).transpose()
    }

    /// The version of a rubric with this digest: what a scorecard names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rubric_by_digest(
        &self,
        id: &str,
        digest: &str,
    ) -> Result<Option<RubricVersion>, StoreError> {
        let sql = format!(
            "SELECT {VERSION} FROM rubric_version v WHERE v.id = $1 AND v.digest = $2 \
             ORDER BY v.version DESC LIMIT 1"
        );
        row(self, &sql, params![id, digest]).await?.as_ref().map(read).transpose()
    }
}

fn number(row: &QueryResult) -> Result<u32, StoreError> {
    let number: i64 = row.try_get("", "version")?;
    u32::try_from(number).map_err(|e| StoreError::damaged("version of a rubric", e))
}

fn rubric_row(row: &QueryResult) -> Result<RubricRow, StoreError> {
    let active: i64 = row.try_get("", "active")?;
    let newest = read(row)?;
    Ok(RubricRow {
        id: newest.id.clone(),
        active: active != 0,
        rev: row.try_get("", "rev")?,
        created_us: row.try_get("", "created_us")?,
        changed_us: row.try_get("", "changed_us")?,
        changed_by: row.try_get("", "changed_by")?,
        reason: row.try_get("", "why")?,
        newest,
    })
}

fn read(row: &QueryResult) -> Result<RubricVersion, StoreError> {
    let lists: String = row.try_get("", "lists")?;
    Ok(RubricVersion {
        id: row.try_get("", "id")?,
        version: number(row)?,
        digest: row.try_get("", "digest")?,
        title_zh: row.try_get("", "title_zh")?,
        title_en: row.try_get("", "title_en")?,
        criteria: row.try_get("", "criteria")?,
        body: row.try_get("", "body")?,
        lists: serde_json::from_str(&lists).map_err(|e| StoreError::damaged("rubric", e))?,
        origin: row.try_get("", "origin")?,
        published_us: row.try_get("", "published_us")?,
        published_by: row.try_get("", "published_by")?,
        reason: row.try_get("", "reason")?,
    })
}
