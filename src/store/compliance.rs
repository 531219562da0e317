//! Compliance: of what was judged, how much was met; by vendor, team, agent, criterion, week.
//!
//! In: which calls, and what to group by. Out: counts of findings by what holds (people's word before the machine's).
//! What a machine found not to apply was never a finding and is not counted; what people found so is.

use sea_orm::QueryResult;

use super::db::{Store, StoreError, rows};
use super::figures::{By, counts, items};
use super::list::{CallFilter, condition};
use crate::domain::Scope;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The groups.
    pub by: By,
    /// Groups within each.
    pub then: Option<By>,
    /// Findings of this rubric only.
    pub rubric: Option<&'a str>,
    /// Findings of this criterion only.
    pub criterion: Option<&'a str>,
    /// By how much local clocks are ahead of UTC, microseconds: where days and weeks begin.
    pub offset_us: i64,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its value of `by`: a column's value, a criterion, or when it began in microseconds since 1970.
    pub key: Option<String>,
    /// Its value of `then`.
    pub then: Option<String>,
    /// Where grouped by criterion: its rubric.
    pub rubric: Option<String>,
    /// Where grouped by criterion: what its rubric calls it.
    pub title: Option<String>,
    /// Calls with such a finding.
    pub calls: i64,
    /// Findings: met, not met, undetermined, not applicable.
    pub findings: [i64; 4],
}

impl Store {
    /// Counts findings by group.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn compliance(
        &self,
        filter: &CallFilter,
        scope: &Scope,
        asked: &Asked<'_>,
    ) -> Result<Vec<Group>, StoreError> {
        let by_criterion = asked.by == By::Criterion || asked.then == Some(By::Criterion);
        let mut condition = condition(filter, scope, self.is_postgres());
        let items = items(&mut condition, asked.rubric, asked.criterion);
        let (from, calls) = (self.figures(filter), condition.sql());
        let key =
            |by: Option<By>| by.map_or("CAST(NULL AS TEXT)".into(), |by| by.sql(asked.offset_us));
        let (first, second) = (key(Some(asked.by)), key(asked.then));
        // Calls of a group that came to the same are counted once, and looked into afterwards.
        let alike = format!(
            "SELECT g1, g2, outcome, COUNT(*) AS n FROM (SELECT {first} AS g1, {second} AS g2, \
             call.outcome AS outcome FROM {from} WHERE {calls}) c GROUP BY g1, g2, outcome"
        );
        let each = |times: &str| {
            super::outcomes::VERDICTS
                .map(|verdict| {
                    format!("CAST(SUM({}) AS BIGINT) AS {verdict}", times.replace("{}", verdict))
                })
                .join(", ")
        };
        let none = "CAST(NULL AS TEXT)";
        let sql = match (by_criterion, asked.rubric, asked.criterion) {
            // Neither judged by anything in particular, nor grouped by it: outcomes know how many of each.
            (false, None, None) => format!(
                "SELECT g1, g2, {none} AS rubric, {none} AS criterion, {none} AS title, \
                 CAST(SUM(t.n) AS BIGINT) AS calls, {} FROM ({alike}) t JOIN outcome o ON o.id = t.outcome \
                 GROUP BY g1, g2",
                each("t.n * o.{}")
            ),
            // Items outside, in the order of their index: SQLite would sort them, or go through the calls for each.
            (true, ..) => format!(
                "SELECT g1, g2, o.rubric AS rubric, o.criterion AS criterion, (SELECT f.title FROM finding f \
                 WHERE f.criterion = o.criterion AND f.rubric = o.rubric LIMIT 1) AS title, \
                 CAST(SUM(t.n) AS BIGINT) AS calls, {} FROM outcome_item o CROSS JOIN ({alike}) t \
                 WHERE o.outcome = t.outcome AND {items} GROUP BY o.rubric, o.criterion, g1, g2",
                each("CASE o.verdict WHEN '{}' THEN t.n ELSE 0 END")
            ),
            // A call is counted once, however many of its items are meant.
            (false, ..) => format!(
                "SELECT g1, g2, {none} AS rubric, {none} AS criterion, {none} AS title, \
                 CAST(SUM(t.n) AS BIGINT) AS calls, {} FROM ({alike}) t CROSS JOIN \
                 (SELECT outcome AS id, {} FROM outcome_item o WHERE {items} GROUP BY outcome) o \
                 WHERE o.id = t.outcome GROUP BY g1, g2",
                each("t.n * o.{}"),
                each("CASE o.verdict WHEN '{}' THEN 1 ELSE 0 END")
            ),
        };
        let found = rows(self, &sql, condition.values).await?;
        found.iter().map(|row| group(row, asked)).collect()
    }

    /// What people call units, of those named.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unit_names(
        &self,
        kind: &str,
        ids: &[&str],
    ) -> Result<std::collections::BTreeMap<String, String>, StoreError> {
        if ids.is_empty() {
            return Ok(Default::default());
        }
        let mut condition = super::list::Where::default();
        let kind = condition.bind(kind);
        let ids: Vec<String> = ids.iter().map(|id| condition.bind(*id)).collect();
        let sql =
            format!("SELECT id, name FROM unit WHERE kind = {kind} AND id IN ({})", ids.join(", "));
        let name = |row: &QueryResult| -> Result<_, StoreError> {
            Ok((row.try_get("", "id")?, row.try_get("", "name")?))
        };
        rows(self, &sql, condition.values).await?.iter().map(name).collect()
    }
}

fn group(row: &QueryResult, asked: &Asked<'_>) -> Result<Group, StoreError> {
    let criterion: Option<String> = row.try_get("", "criterion")?;
    let key = |by: By, name: &str| -> Result<Option<String>, StoreError> {
        match by {
            By::Criterion => Ok(criterion.clone()),
            by => Ok(by.key(row.try_get("", name)?, asked.offset_us)),
        }
    };
    Ok(Group {
        key: key(asked.by, "g1")?,
        then: asked.then.map_or(Ok(None), |by| key(by, "g2"))?,
        rubric: row.try_get("", "rubric")?,
        title: row.try_get("", "title")?,
        calls: row.try_get("", "calls")?,
        findings: counts(row)?,
    })
}
