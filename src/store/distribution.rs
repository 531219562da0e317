//! Distributions: how a measure of calls is spread.
//!
//! In: which calls, and which measure. Out: how many calls have which value, in steps fine enough for bins and
//! quantiles, and not so fine that every call has its own.

use sea_orm::QueryResult;

use super::db::{Store, StoreError, rows};
use super::figures::By;
use super::list::{CallFilter, Measure, condition};
use crate::domain::Scope;

/// Calls of a group that have one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The group's value.
    pub key: Option<String>,
    /// The measure in whole steps, rounded down.
    pub step: i64,
    /// How many calls.
    pub calls: i64,
    /// The sum of their values.
    pub sum: i64,
}

impl Store {
    /// Counts calls by group and by the value of a measure in steps of `width`, in that order. Calls without the
    /// measure are not counted. `by` is no criterion: a call has many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn distribution(
        &self,
        filter: &CallFilter,
        scope: &Scope,
        measure: Measure,
        width: i64,
        by: Option<(By, i64)>,
    ) -> Result<Vec<Step>, StoreError> {
        let condition = condition(filter, scope, self.is_postgres());
        let column = measure.column();
        let key = by.map_or("CAST(NULL AS TEXT)".into(), |(by, offset_us)| by.sql(offset_us));
        let sql = format!(
            "SELECT g, step, COUNT(*) AS calls, CAST(SUM(value) AS BIGINT) AS total FROM (SELECT {key} AS g, \
             call.{column} / {} AS step, call.{column} AS value FROM {} WHERE {} AND call.{column} IS NOT NULL) c \
             GROUP BY g, step ORDER BY g, step",
            width.max(1),
            self.figures(filter),
            condition.sql()
        );
        let step = |row: &QueryResult| -> Result<Step, StoreError> {
            let key: Option<String> = row.try_get("", "g")?;
            Ok(Step {
                key: by.and_then(|(by, offset_us)| by.key(key, offset_us)),
                step: row.try_get("", "step")?,
                calls: row.try_get("", "calls")?,
                sum: row.try_get("", "total")?,
            })
        };
        rows(self, &sql, condition.values).await?.iter().map(step).collect()
    }
}
