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
        let others: Vec<String> = [Some(asked.by), asked.then]
            .into_iter()
            .map(|one| match one {
                Some(one) if one != By::Criterion => one.sql(asked.offset_us),
                _ => "CAST(NULL AS TEXT)".into(),
            })
            .collect();
        // Calls of a group that came to the same are counted once, and looked into afterwards.
        let alike = format!(
            "SELECT g1, g2, outcome, COUNT(*) AS n FROM (SELECT {} AS g1, {} AS g2, call.outcome AS outcome \
             FROM {from} WHERE {calls}) c GROUP BY g1, g2, outcome",
            others[0], others[1]
        );
        let sum = |of: &str| {
            format!(
                "CAST(SUM(t.n * o.met) AS BIGINT) AS met, CAST(SUM(t.n * o.not_met) AS BIGINT) AS not_met, \
                 CAST(SUM(t.n * o.undetermined) AS BIGINT) AS undetermined, \
                 CAST(SUM(t.n * o.not_applicable) AS BIGINT) AS not_applicable, \
                 CAST(SUM(t.n) AS BIGINT) AS calls FROM ({alike}) t JOIN {of} o ON o.id = t.outcome"
            )
        };
        let each = "SUM(CASE verdict WHEN 'met' THEN 1 ELSE 0 END) AS met, \
                    SUM(CASE verdict WHEN 'not_met' THEN 1 ELSE 0 END) AS not_met, \
                    SUM(CASE verdict WHEN 'undetermined' THEN 1 ELSE 0 END) AS undetermined, \
                    SUM(CASE verdict WHEN 'not_applicable' THEN 1 ELSE 0 END) AS not_applicable";
        let sql = if by_criterion {
            let of = format!(
                "(SELECT outcome AS id, rubric, criterion, {each} FROM outcome_item WHERE {items} \
                 GROUP BY outcome, rubric, criterion)"
            );
            format!(
                "SELECT g1, g2, o.rubric AS rubric, o.criterion AS criterion, (SELECT f.title FROM finding f \
                 WHERE f.criterion = o.criterion AND f.rubric = o.rubric LIMIT 1) AS title, {} \
                 GROUP BY g1, g2, o.rubric, o.criterion",
                sum(&of)
            )
        } else {
            let of = match (asked.rubric, asked.criterion) {
                (None, None) => "outcome".to_owned(),
                _ => format!(
                    "(SELECT outcome AS id, {each} FROM outcome_item WHERE {items} GROUP BY outcome)"
                ),
            };
            let none = "CAST(NULL AS TEXT)";
            format!(
                "SELECT g1, g2, {none} AS rubric, {none} AS criterion, {none} AS title, {} GROUP BY g1, g2",
                sum(&of)
            )
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
