//! Clients, vendors, projects, teams, queues, agents: known from the calls, named by administrators.
//!
//! In: a scope. Out: those that occur in the calls it lets be seen.

use sea_orm::QueryResult;

use super::db::{Store, StoreError, Tx, params, row, rows, run};
use super::list::Where;
use crate::domain::{Belongs, Scope};

/// What a unit is; the words are columns of `call`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnitKind {
    /// 甲方.
    Client,
    /// 乙方.
    Vendor,
    /// 项目.
    Project,
    /// 班组.
    Team,
    /// 技能组.
    Queue,
    /// 坐席.
    Agent,
}

impl UnitKind {
    /// All.
    pub const ALL: [UnitKind; 6] = [
        UnitKind::Client,
        UnitKind::Vendor,
        UnitKind::Project,
        UnitKind::Team,
        UnitKind::Queue,
        UnitKind::Agent,
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            UnitKind::Client => "client",
            UnitKind::Vendor => "vendor",
            UnitKind::Project => "project",
            UnitKind::Team => "team",
            UnitKind::Queue => "queue",
            UnitKind::Agent => "agent",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// As it stands in calls.
    pub id: String,
    /// What people read.
    pub name: String,
    /// When a call of it was first seen, microseconds since 1970.
    pub first_seen_us: i64,
}

/// Whose a call is, from the columns that every table of calls has for it.
pub(super) fn belongs_in(row: &QueryResult) -> Result<Belongs, StoreError> {
    Ok(Belongs {
        client: row.try_get("", "client")?,
        vendor: row.try_get("", "vendor")?,
        project: row.try_get("", "project")?,
        team: row.try_get("", "team")?,
        agent: row.try_get("", "agent")?,
    })
}

impl Store {
    /// What a call belongs to, also of one that was deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn belongs(&self, call: &str) -> Result<Option<Belongs>, StoreError> {
        // A call that goes on is none yet.
        let sql = "SELECT client, vendor, project, team, agent, 0 AS place FROM call WHERE id = $1 \
                   UNION ALL SELECT client, vendor, project, team, agent, 1 AS place FROM live_call WHERE id = $1 \
                   ORDER BY place LIMIT 1";
        row(self, sql, params![call]).await?.as_ref().map(belongs_in).transpose()
    }

    /// Units of a kind after that id, in order, that somebody with that scope sees.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn units(
        &self,
        kind: UnitKind,
        scope: &Scope,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Unit>, StoreError> {
        let mut condition = seen(kind, scope);
        let after = condition.bind(after);
        condition.and(format!("unit.id > {after}"));
        let limit = condition.bind(i64::from(limit));
        let sql =
            format!("SELECT * FROM unit WHERE {} ORDER BY unit.id LIMIT {limit}", condition.sql());
        rows(self, &sql, condition.values).await?.iter().map(unit).collect()
    }

    /// One unit, if somebody with that scope sees it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unit(
        &self,
        kind: UnitKind,
        id: &str,
        scope: &Scope,
    ) -> Result<Option<Unit>, StoreError> {
        let mut condition = seen(kind, scope);
        let id = condition.bind(id);
        condition.and(format!("unit.id = {id}"));
        let sql = format!("SELECT * FROM unit WHERE {}", condition.sql());
        row(self, &sql, condition.values).await?.as_ref().map(unit).transpose()
    }
}

/// Units of a kind in calls of a scope.
fn seen(kind: UnitKind, scope: &Scope) -> Where {
    let mut condition = Where::default();
    let word = condition.bind(kind.as_str());
    condition.and(format!("unit.kind = {word}"));
    if *scope != Scope::All {
        let mut calls = Where::default();
        calls.values = condition.values;
        calls.scope(scope, "call");
        let sql = calls.sql();
        condition.values = calls.values;
        let column = kind.as_str();
        condition
            .and(format!("EXISTS (SELECT 1 FROM call WHERE call.{column} = unit.id AND {sql})"));
    }
    condition
}

impl Tx {
    /// Names a unit.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn name_unit(&self, kind: UnitKind, id: &str, name: &str) -> Result<(), StoreError> {
        let sql = "UPDATE unit SET name = $1 WHERE kind = $2 AND id = $3";
        match run(self, sql, params![name, kind.as_str(), id]).await? {
            1 => Ok(()),
            _ => Err(StoreError::NotFound("unit")),
        }
    }
}

fn unit(row: &QueryResult) -> Result<Unit, StoreError> {
    let kind: String = row.try_get("", "kind")?;
    Ok(Unit {
        kind: UnitKind::parse(&kind).ok_or_else(|| StoreError::damaged("kind of unit", &kind))?,
        id: row.try_get("", "id")?,
        name: row.try_get("", "name")?,
        first_seen_us: row.try_get("", "first_seen_us")?,
    })
}
