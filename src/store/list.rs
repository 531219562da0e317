//! Lists of calls: filters, scope, order, and where the next page begins.
//!
//! In: a [`CallFilter`]. Out: one page of rows. The scope is part of every query, so that no list can
//! forget it.

use sea_orm::Value;

use super::calls::{COLUMNS, CallRow, call_row};
use super::db::{Store, StoreError, row, rows};
use crate::domain::Scope;

/// Rows of a page at most.
pub const PAGE_MAX: u32 = 500;

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The calls that a person should look at most.
    #[default]
    Risk,
    /// The newest.
    Time,
}

/// Which calls.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// Columns that must have this value: `client`, `vendor`, `project`, `team`, `agent`, `queue`,
    /// `direction`, `language`, `verdict`, `review_state`, `assigned_to`, `kind`; an empty value: that have none.
    pub equal: Vec<(Column, String)>,
    /// A criterion that was not met; people's word before the machine's.
    pub failed: Option<String>,
    /// What a criterion came to; people's word before the machine's.
    pub found: Option<Found>,
    /// A kind of trouble with the recording.
    pub problem: Option<String>,
    /// Calls that are nobody's to review.
    pub unassigned: bool,
    /// Calls with findings that nobody has decided on.
    pub undecided: bool,
    /// Measures from a bound on and below another.
    pub ranges: Vec<Between>,
    /// Begun at this time or later, microseconds since 1970.
    pub from_us: Option<i64>,
    /// Begun before this time.
    pub to_us: Option<i64>,
    /// The order.
    pub sort: Sort,
    /// The last row of the page before.
    pub after: Option<(i64, String)>,
    /// Rows wanted; at most [`PAGE_MAX`].
    pub limit: u32,
}

impl CallFilter {
    /// Whether it leaves calls out that its order would come upon.
    fn narrows(&self) -> bool {
        let in_order = self.sort == Sort::Time;
        !self.equal.is_empty()
            || !self.ranges.is_empty()
            || self.failed.is_some()
            || self.found.is_some()
            || self.problem.is_some()
            || self.unassigned
            || self.undecided
            || (!in_order && (self.from_us.is_some() || self.to_us.is_some()))
    }
}

/// What a criterion came to.
#[derive(Debug, Clone)]
pub struct Found {
    /// Of this rubric; any without.
    pub rubric: Option<String>,
    /// The criterion; any without.
    pub criterion: Option<String>,
    /// `met`, `not_met`, `undetermined` or `not_applicable`; any without.
    pub verdict: Option<String>,
}

/// A measure from one value on, and below another, as they are stored.
pub type Between = (Measure, Option<i64>, Option<i64>);

/// A figure of a call that is compared and counted. A closed set: names go into SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Waiting that nobody asked for, milliseconds in all.
    DeadAir,
    /// The longest of it, milliseconds.
    DeadAirLongest,
    /// The agent over the customer, milliseconds in all.
    Overtalk,
    /// The agent's characters or words a minute.
    Rate,
    /// The agent's part of the talk, thousandths.
    TalkShare,
    /// On hold, milliseconds.
    Hold,
    /// Thousandths of a point; people's word before the machine's.
    Score,
    /// Milliseconds.
    Duration,
    /// 0 to 1000.
    Risk,
}

impl Measure {
    /// All.
    pub const ALL: [Measure; 9] = [
        Measure::DeadAir,
        Measure::DeadAirLongest,
        Measure::Overtalk,
        Measure::Rate,
        Measure::TalkShare,
        Measure::Hold,
        Measure::Score,
        Measure::Duration,
        Measure::Risk,
    ];

    /// Its column.
    pub const fn column(self) -> &'static str {
        match self {
            Measure::DeadAir => "dead_air_ms",
            Measure::DeadAirLongest => "dead_air_longest_ms",
            Measure::Overtalk => "overtalk_ms",
            Measure::Rate => "rate_per_min",
            Measure::TalkShare => "talk_share_milli",
            Measure::Hold => "hold_ms",
            Measure::Score => "final_score_milli",
            Measure::Duration => "duration_ms",
            Measure::Risk => "risk",
        }
    }
}

/// A column that can be asked for a value. A closed set: names go into SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the columns of `call`")]
pub enum Column {
    Client,
    Vendor,
    Project,
    Team,
    Agent,
    Queue,
    Direction,
    Language,
    Verdict,
    ReviewState,
    AssignedTo,
    Kind,
}

impl Column {
    /// All.
    pub const ALL: [Column; 12] = [
        Column::Client,
        Column::Vendor,
        Column::Project,
        Column::Team,
        Column::Agent,
        Column::Queue,
        Column::Direction,
        Column::Language,
        Column::Verdict,
        Column::ReviewState,
        Column::AssignedTo,
        Column::Kind,
    ];

    /// A column by its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    /// A call's value.
    pub fn of(self, call: &CallRow) -> Option<&str> {
        match self {
            Column::Client => call.belongs.client.as_deref(),
            Column::Vendor => call.belongs.vendor.as_deref(),
            Column::Project => call.belongs.project.as_deref(),
            Column::Team => call.belongs.team.as_deref(),
            Column::Agent => call.belongs.agent.as_deref(),
            Column::Queue => call.queue.as_deref(),
            Column::Direction => call.direction.as_deref(),
            Column::Language => Some(&call.language),
            Column::Verdict => Some(&call.verdict),
            Column::ReviewState => Some(&call.review_state),
            Column::AssignedTo => call.assigned_to.as_deref(),
            Column::Kind => Some(&call.kind),
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Column::Client => "client",
            Column::Vendor => "vendor",
            Column::Project => "project",
            Column::Team => "team",
            Column::Agent => "agent",
            Column::Queue => "queue",
            Column::Direction => "direction",
            Column::Language => "language",
            Column::Verdict => "verdict",
            Column::ReviewState => "review_state",
            Column::AssignedTo => "assigned_to",
            Column::Kind => "kind",
        }
    }
}

/// A condition as it grows, with the values it names.
#[derive(Default)]
pub(super) struct Where {
    parts: Vec<String>,
    pub(super) values: Vec<Value>,
}

impl Where {
    /// The next `$n`.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    pub(super) fn and(&mut self, part: String) {
        self.parts.push(part);
    }

    /// What somebody sees of `table`.
    pub(super) fn scope(&mut self, scope: &Scope, table: &str) {
        let Scope::Of(grants) = scope else { return };
        let mut any = Vec::new();
        for grant in grants {
            let all: Vec<String> = grant
                .named()
                .map(|(name, value)| format!("{table}.{name} = {}", self.bind(value)))
                .collect();
            if !all.is_empty() {
                any.push(format!("({})", all.join(" AND ")));
            }
        }
        // A scope without a grant sees nothing.
        self.and(if any.is_empty() { "1 = 0".into() } else { format!("({})", any.join(" OR ")) });
    }

    pub(super) fn sql(&self) -> String {
        if self.parts.is_empty() { "1 = 1".into() } else { self.parts.join(" AND ") }
    }
}

pub(super) fn condition(filter: &CallFilter, scope: &Scope, postgres: bool) -> Where {
    let mut condition = Where::default();
    condition.and("call.deleted_us IS NULL".into());
    condition.scope(scope, "call");
    for (column, value) in &filter.equal {
        if value.is_empty() {
            condition.and(format!("call.{} IS NULL", column.name()));
            continue;
        }
        let value = condition.bind(value.as_str());
        condition.and(format!("call.{} = {value}", column.name()));
    }
    if let Some(criterion) = &filter.failed {
        let failed = Found {
            rubric: None,
            criterion: Some(criterion.clone()),
            verdict: Some("not_met".into()),
        };
        found(&mut condition, &failed);
    }
    if let Some(one) = &filter.found {
        found(&mut condition, one);
    }
    if let Some(problem) = &filter.problem {
        let value = condition.bind(format!(",{problem},"));
        // Position and not LIKE: what is asked for is no pattern.
        let at = if postgres { "strpos" } else { "instr" };
        condition.and(format!("{at}(',' || call.problems || ',', {value}) > 0"));
    }
    if filter.unassigned {
        condition.and("call.assigned_to IS NULL".into());
    }
    if filter.undecided {
        condition.and("call.open_violations + call.open_undetermined > 0".into());
    }
    for (measure, from, below) in &filter.ranges {
        for (bound, is) in [(from, ">="), (below, "<")] {
            let Some(bound) = bound else { continue };
            let value = condition.bind(*bound);
            condition.and(format!("call.{} {is} {value}", measure.column()));
        }
    }
    if let Some(from_us) = filter.from_us {
        let value = condition.bind(from_us);
        condition.and(format!("call.started_us >= {value}"));
    }
    if let Some(to_us) = filter.to_us {
        let value = condition.bind(to_us);
        condition.and(format!("call.started_us < {value}"));
    }
    condition
}

/// Few outcomes have it, whatever the number of calls.
fn found(condition: &mut Where, one: &Found) {
    let parts = [("rubric", &one.rubric), ("criterion", &one.criterion), ("verdict", &one.verdict)];
    let mut named = Vec::new();
    for (name, value) in parts {
        let Some(value) = value else { continue };
        named.push(format!("{name} = {}", condition.bind(value.as_str())));
    }
    if !named.is_empty() {
        let named = named.join(" AND ");
        condition.and(format!("call.outcome IN (SELECT outcome FROM outcome_item WHERE {named})"));
    }
}

impl Store {
    /// One page of the calls that `scope` lets be seen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(
        &self,
        filter: &CallFilter,
        scope: &Scope,
    ) -> Result<Vec<CallRow>, StoreError> {
        let mut condition = condition(filter, scope, self.is_postgres());
        let key = match filter.sort {
            Sort::Risk => "risk",
            Sort::Time => "started_us",
        };
        if let Some((value, id)) = &filter.after {
            let (value, id) = (condition.bind(*value), condition.bind(id.as_str()));
            condition.and(format!("(call.{key}, call.id) < ({value}, {id})"));
        }
        let limit = condition.bind(i64::from(filter.limit.clamp(1, PAGE_MAX)));
        let (filtered, from) = (condition.sql(), self.figures(filter));
        let order = format!("ORDER BY call.{key} DESC, call.id DESC");
        // In the list's order SQLite would read the wide rows of all that the filter leaves out.
        let narrowed = filter.narrows() && from != "call";
        let which = match narrowed {
            true => format!(
                "call.id IN (SELECT call.id FROM {from} WHERE {filtered} {order} LIMIT {limit})"
            ),
            false => filtered,
        };
        let sql = format!("SELECT {COLUMNS} FROM call WHERE {which} {order} LIMIT {limit}");
        rows(self, &sql, condition.values).await?.iter().map(call_row).collect()
    }

    /// How many there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count(&self, filter: &CallFilter, scope: &Scope) -> Result<i64, StoreError> {
        let condition = condition(filter, scope, self.is_postgres());
        let sql =
            format!("SELECT COUNT(*) AS n FROM {} WHERE {}", self.figures(filter), condition.sql());
        let row = row(self, &sql, condition.values).await?;
        Ok(row.map_or(Ok(0), |row| row.try_get("", "n"))?)
    }

    /// The newest of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn newest(
        &self,
        filter: &CallFilter,
        scope: &Scope,
    ) -> Result<Option<CallRow>, StoreError> {
        let filter = CallFilter { sort: Sort::Time, limit: 1, ..filter.clone() };
        Ok(self.list(&filter, scope).await?.pop())
    }

    /// Those with the highest or the lowest scores that hold, at most `limit`, the newest first among equals.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn by_score(
        &self,
        filter: &CallFilter,
        scope: &Scope,
        highest: bool,
        limit: u32,
    ) -> Result<Vec<CallRow>, StoreError> {
        let mut condition = condition(filter, scope, self.is_postgres());
        condition.and("call.final_score_milli IS NOT NULL".into());
        let limit = condition.bind(i64::from(limit.clamp(1, PAGE_MAX)));
        let order = if highest { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT {COLUMNS} FROM call WHERE {} ORDER BY call.final_score_milli {order}, \
             call.started_us DESC, call.id DESC LIMIT {limit}",
            condition.sql()
        );
        rows(self, &sql, condition.values).await?.iter().map(call_row).collect()
    }
}

/// How many calls there ever were, deleted ones among them.
///
/// # Errors
/// [`StoreError`].
pub async fn ever(store: &Store) -> Result<i64, StoreError> {
    let found = row(store, "SELECT COUNT(*) AS n FROM call", vec![]).await?;
    Ok(found.map_or(Ok(0), |row| row.try_get("", "n"))?)
}
