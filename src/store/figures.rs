//! Figures over many calls: how many, how they came out, and over time.
//!
//! In: which calls ([`CallFilter`]), and whose eyes. Out: counts. The scope is part of every query, as in lists: the
//! calls that a figure counts are those that the same filter lists.

use sea_orm::QueryResult;

use super::db::{Store, StoreError, rows};
use super::list::{CallFilter, Column, Where, condition};
use crate::domain::Scope;

/// Microseconds of an hour.
const HOUR_US: i64 = 3_600_000_000;

/// Microseconds of a day.
pub(super) const DAY_US: i64 = 24 * HOUR_US;

/// How fine a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// By hour.
    Hour,
    /// By day.
    Day,
    /// By week, from Monday on.
    Week,
}

impl Every {
    /// Its length, microseconds.
    pub const fn us(self) -> i64 {
        match self {
            Every::Hour => HOUR_US,
            Every::Day => DAY_US,
            Every::Week => 7 * DAY_US,
        }
    }

    /// How long before 1970 the first one that is counted began: that year began on a Thursday.
    const fn lead_us(self) -> i64 {
        match self {
            Every::Week => 3 * DAY_US,
            Every::Hour | Every::Day => 0,
        }
    }

    /// The number of the one a call began in, as SQL. `offset_us`: by how much local clocks are ahead of UTC.
    pub(super) fn sql(self, offset_us: i64) -> String {
        format!("(call.started_us + {}) / {}", offset_us + self.lead_us(), self.us())
    }

    /// When the one with this number began, microseconds since 1970 UTC.
    pub(super) const fn begin_us(self, number: i64, offset_us: i64) -> i64 {
        number * self.us() - self.lead_us() - offset_us
    }
}

/// Calls that came out alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bulk {
    /// `call` or `chat`.
    pub kind: String,
    /// The machine's gravest verdict over all rubrics.
    pub verdict: String,
    /// How many.
    pub calls: i64,
    /// Their length, milliseconds.
    pub duration_ms: i64,
    /// How many have a score.
    pub scored: i64,
    /// The sum of their scores, thousandths of a point; people's word before the machine's.
    pub score_milli: i64,
    /// Their findings by what holds: met, not met, undetermined, not applicable.
    pub findings: [i64; 4],
    /// Violations that nobody has decided on.
    pub open_violations: i64,
    /// Undetermined findings that nobody has decided on.
    pub open_undetermined: i64,
    /// Findings in which people agreed with the machine.
    pub agreed: i64,
    /// Findings that people overturned.
    pub overturned: i64,
    /// Findings that nobody could assess.
    pub not_assessable: i64,
    /// Calls that are settled.
    pub settled: i64,
}

/// Calls of one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// When it began, microseconds since 1970.
    pub begin_us: i64,
    /// The calls in it that came out alike.
    pub bulk: Bulk,
}

const SUMS: &str = "call.kind, call.verdict, COUNT(*) AS calls, CAST(SUM(call.duration_ms) AS BIGINT) AS duration_ms, \
    COUNT(call.final_score_milli) AS scored, \
    CAST(COALESCE(SUM(call.final_score_milli), 0) AS BIGINT) AS score_milli, \
    CAST(COALESCE(SUM(o.met), 0) AS BIGINT) AS met, CAST(COALESCE(SUM(o.not_met), 0) AS BIGINT) AS not_met, \
    CAST(COALESCE(SUM(o.undetermined), 0) AS BIGINT) AS undetermined, \
    CAST(COALESCE(SUM(o.not_applicable), 0) AS BIGINT) AS not_applicable, \
    CAST(SUM(call.open_violations) AS BIGINT) AS open_violations, \
    CAST(SUM(call.open_undetermined) AS BIGINT) AS open_undetermined, \
    CAST(SUM(call.agreed) AS BIGINT) AS agreed, CAST(SUM(call.overturned) AS BIGINT) AS overturned, \
    CAST(SUM(call.not_assessable) AS BIGINT) AS not_assessable, \
    CAST(SUM(CASE call.review_state WHEN 'settled' THEN 1 ELSE 0 END) AS BIGINT) AS settled";

impl Store {
    /// How the calls came out, one row for each kind and verdict.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn overview(
        &self,
        filter: &CallFilter,
        scope: &Scope,
    ) -> Result<Vec<Bulk>, StoreError> {
        let condition = condition(filter, scope, self.is_postgres());
        let sql = format!(
            "SELECT {SUMS} FROM {} LEFT JOIN outcome o ON o.id = call.outcome WHERE {} \
             GROUP BY call.kind, call.verdict ORDER BY call.kind, call.verdict",
            self.figures(filter),
            condition.sql()
        );
        rows(self, &sql, condition.values).await?.iter().map(bulk).collect()
    }

    /// The same over time, the first first; stretches without a call are not there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn series(
        &self,
        filter: &CallFilter,
        scope: &Scope,
        every: Every,
        offset_us: i64,
    ) -> Result<Vec<Point>, StoreError> {
        let condition = condition(filter, scope, self.is_postgres());
        let sql = format!(
            "SELECT {} AS number, {SUMS} FROM {} LEFT JOIN outcome o ON o.id = call.outcome WHERE {} \
             GROUP BY number, call.kind, call.verdict ORDER BY number, call.kind, call.verdict",
            every.sql(offset_us),
            self.figures(filter),
            condition.sql()
        );
        let point = |row: &QueryResult| -> Result<Point, StoreError> {
            let begin_us = every.begin_us(row.try_get("", "number")?, offset_us);
            Ok(Point { begin_us, bulk: bulk(row)? })
        };
        rows(self, &sql, condition.values).await?.iter().map(point).collect()
    }

    /// Where figures are read from. One agent's calls are few and found by the agent's index; of all others SQLite is
    /// told to read the index that has all columns of figures: it would read the wide table otherwise.
    pub(super) fn figures(&self, filter: &CallFilter) -> &'static str {
        let few = filter.equal.iter().any(|(column, _)| *column == Column::Agent);
        if few || self.is_postgres() { "call" } else { "call INDEXED BY call_figures" }
    }
}

fn bulk(row: &QueryResult) -> Result<Bulk, StoreError> {
    let number = |name: &str| row.try_get::<i64>("", name);
    Ok(Bulk {
        kind: row.try_get("", "kind")?,
        verdict: row.try_get("", "verdict")?,
        calls: number("calls")?,
        duration_ms: number("duration_ms")?,
        scored: number("scored")?,
        score_milli: number("score_milli")?,
        findings: counts(row)?,
        open_violations: number("open_violations")?,
        open_undetermined: number("open_undetermined")?,
        agreed: number("agreed")?,
        overturned: number("overturned")?,
        not_assessable: number("not_assessable")?,
        settled: number("settled")?,
    })
}

/// Findings by what holds, from the columns of `outcome`.
pub(super) fn counts(row: &QueryResult) -> Result<[i64; 4], StoreError> {
    let mut counts = [0; 4];
    for (count, verdict) in counts.iter_mut().zip(super::outcomes::VERDICTS) {
        *count = row.try_get("", verdict)?;
    }
    Ok(counts)
}

/// What calls are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A column of the call.
    Column(Column),
    /// What was judged.
    Criterion,
    /// When.
    Time(Every),
}

impl By {
    /// Its value as SQL, a text; a call has no one criterion.
    pub(super) fn sql(self, offset_us: i64) -> String {
        match self {
            By::Column(column) => format!("call.{}", column.name()),
            By::Time(every) => format!("CAST({} AS TEXT)", every.sql(offset_us)),
            By::Criterion => "CAST(NULL AS TEXT)".into(),
        }
    }

    /// Its value as people read it: times become the number of microseconds since 1970.
    pub(super) fn key(self, value: Option<String>, offset_us: i64) -> Option<String> {
        match self {
            By::Time(every) => {
                let number = value?.parse().ok()?;
                Some(every.begin_us(number, offset_us).to_string())
            }
            By::Column(_) | By::Criterion => value,
        }
    }
}

/// The rubric's and criterion's part of a condition on `outcome_item o`.
pub(super) fn items(
    condition: &mut Where,
    rubric: Option<&str>,
    criterion: Option<&str>,
) -> String {
    let named = [("rubric", rubric), ("criterion", criterion)];
    let parts: Vec<String> = named
        .into_iter()
        .filter_map(|(name, value)| Some(format!("o.{name} = {}", condition.bind(value?))))
        .collect();
    if parts.is_empty() { "1 = 1".into() } else { parts.join(" AND ") }
}
