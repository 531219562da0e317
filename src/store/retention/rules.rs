//! Rules: which calls, what of them goes, and when.
//!
//! In: rules as people write them. Out: those in force. A rule that was ended stays, because certificates name it.

use sea_orm::QueryResult;
use serde::{Deserialize, Serialize};

use super::{Of, filter};
use crate::store::db::{Conn, StoreError, Tx, params, row, rows, run};

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
    /// All.
    pub const ALL: [Goes; 3] = [Goes::Audio, Goes::ClearText, Goes::All];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Goes::Audio => "audio",
            Goes::ClearText => "clear_text",
            Goes::All => "all",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|goes| goes.as_str() == word)
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRule {
    /// Its id, a UUID.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Which calls, what of them, and when.
    pub rule: RuleBody,
    /// Counts every change.
    pub rev: i64,
    /// Microseconds since 1970.
    pub created_us: i64,
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

impl RuleBody {
    pub(super) fn text(&self) -> Result<String, StoreError> {
        filter(&self.of)?;
        serde_json::to_string(self).map_err(|e| StoreError::damaged("rule", e))
    }
}

const COLUMNS: &str = "id, name, rule, rev, created_us";

fn read(row: &QueryResult) -> Result<RetentionRule, StoreError> {
    let body: String = row.try_get("", "rule")?;
    let rule = serde_json::from_str(&body).map_err(|e| StoreError::damaged("rule", e))?;
    Ok(RetentionRule {
        id: row.try_get("", "id")?,
        name: row.try_get("", "name")?,
        rule,
        rev: row.try_get("", "rev")?,
        created_us: row.try_get("", "created_us")?,
    })
}

/// The rules in force, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn rules(on: &impl Conn) -> Result<Vec<RetentionRule>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM retention_rule WHERE active = 1 ORDER BY id");
    rows(on, &sql, params![]).await?.iter().map(read).collect()
}

/// A rule in force.
///
/// # Errors
/// [`StoreError`].
pub async fn rule_of(on: &impl Conn, id: &str) -> Result<Option<RetentionRule>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM retention_rule WHERE id = $1 AND active = 1");
    row(on, &sql, params![id]).await?.as_ref().map(read).transpose()
}

impl Tx {
    /// Keeps a rule.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a column that is none.
    pub async fn add_retention(
        &self,
        name: &str,
        rule: &RuleBody,
        now_us: i64,
    ) -> Result<RetentionRule, StoreError> {
        let id = uuid::Uuid::now_v7().to_string();
        let sql = "INSERT INTO retention_rule (id, name, rule, active, rev, created_us) VALUES ($1, $2, $3, 1, 1, $4)";
        run(self, sql, params![&id, name, rule.text()?, now_us]).await?;
        let (name, rule) = (name.to_owned(), rule.clone());
        Ok(RetentionRule { id, name, rule, rev: 1, created_us: now_us })
    }

    /// Writes what a person may change; `rev` says what it was read as.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else wrote meanwhile; [`StoreError::NotFound`] for a column that is none.
    pub async fn change_retention(&self, to: &RetentionRule) -> Result<(), StoreError> {
        let sql = "UPDATE retention_rule SET name = $2, rule = $3, rev = rev + 1 \
                   WHERE id = $1 AND active = 1 AND rev = $4";
        match run(self, sql, params![&to.id, &to.name, to.rule.text()?, to.rev]).await? {
            1 => Ok(()),
            _ => Err(StoreError::Conflict("the rule was changed meanwhile")),
        }
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
}
