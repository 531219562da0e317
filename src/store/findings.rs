//! Findings: what each criterion concluded about a call, and which of them wait for a person.
//!
//! In: an analysed call's findings. Out: them, and the calls' open ones for lists.

use std::collections::BTreeMap;

use sea_orm::{QueryResult, Value};

use super::db::{Conn, Store, StoreError, Tx, params, places, rows, run};

/// Findings put in by one statement: a database takes some thousands of values in one.
const ROWS_MAX: usize = 100;

/// What one criterion concluded, where it applied.
#[derive(Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// The rubric.
    pub rubric: String,
    /// The criterion.
    pub criterion: String,
    /// Its title.
    pub title: String,
    /// `met`, `not_met` or `undetermined`.
    pub verdict: String,
    /// `info` … `critical`.
    pub severity: String,
    /// Thousandths of a point that could be had.
    pub weight_milli: i64,
    /// Thousandths of a point that were had.
    pub points_milli: i64,
    /// 0 to 1000.
    pub confidence_milli: i64,
    /// The main evidence: the leg to play; absent: all.
    pub leg: Option<i64>,
    /// The main evidence: from, in milliseconds.
    pub start_ms: Option<i64>,
    /// The main evidence: to, in milliseconds.
    pub end_ms: Option<i64>,
    /// The main evidence: what was heard, starred.
    pub quote: Option<String>,
}

/// What of a call waits for a person, for a line in a list.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Violations that nobody has decided on.
    pub violations: i64,
    /// Undetermined findings that nobody has decided on.
    pub undetermined: i64,
    /// The gravest of them; where none waits, the gravest violation that people upheld.
    pub worst: Option<Worst>,
}

/// The finding to look at first.
#[derive(Clone, PartialEq, Eq)]
pub struct Worst {
    /// It.
    pub finding: FindingRow,
    /// What people said, if they did.
    pub human_verdict: Option<String>,
}

/// Keeps a call's findings in place of those that were there.
pub(super) async fn put_findings(
    tx: &Tx,
    id: &str,
    findings: &[FindingRow],
) -> Result<(), StoreError> {
    run(tx, "DELETE FROM finding WHERE call_id = $1", params![id]).await?;
    for some in findings.chunks(ROWS_MAX) {
        let sql = format!(
            "INSERT INTO finding (call_id, rubric, criterion, title, verdict, severity, weight_milli, points_milli, \
             confidence_milli, leg, start_ms, end_ms, quote, holds) VALUES {}",
            places(some.len(), 14)
        );
        run(tx, &sql, some.iter().flat_map(|one| values(id, one)).collect()).await?;
    }
    Ok(())
}

fn values(call_id: &str, one: &FindingRow) -> Vec<Value> {
    params![
        call_id,
        &one.rubric,
        &one.criterion,
        &one.title,
        &one.verdict,
        &one.severity,
        one.weight_milli,
        one.points_milli,
        one.confidence_milli,
        one.leg,
        one.start_ms,
        one.end_ms,
        one.quote.clone(),
        &one.verdict,
    ]
}

pub(super) async fn findings_in(on: &impl Conn, id: &str) -> Result<Vec<FindingRow>, StoreError> {
    let sql = "SELECT rubric, criterion, title, verdict, severity, weight_milli, points_milli, \
        confidence_milli, leg, start_ms, end_ms, quote FROM finding WHERE call_id = $1 \
        ORDER BY CASE verdict WHEN 'not_met' THEN 0 WHEN 'undetermined' THEN 1 ELSE 2 END, \
        CASE severity WHEN 'critical' THEN 0 WHEN 'major' THEN 1 WHEN 'minor' THEN 2 ELSE 3 END, \
        rubric, criterion";
    rows(on, sql, params![id]).await?.iter().map(finding_row).collect()
}

/// Findings by call, each with what people said of it, if they did.
pub type Told = BTreeMap<String, Vec<(FindingRow, Option<String>)>>;

/// Violations and what is undetermined, the one to look at first first.
const WAITING: &str = "SELECT call_id, rubric, criterion, title, verdict, severity, weight_milli, points_milli, \
    confidence_milli, leg, start_ms, end_ms, quote, human_verdict FROM finding \
    WHERE holds IN ('not_met', 'undetermined') AND call_id IN";

impl Store {
    /// What of each of these calls waits for a person; calls without such a finding are not named.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn waiting(&self, calls: &[&str]) -> Result<BTreeMap<String, Waiting>, StoreError> {
        let mut found = BTreeMap::new();
        if calls.is_empty() {
            return Ok(found);
        }
        let named: Vec<String> = (1..=calls.len()).map(|n| format!("${n}")).collect();
        let order = "CASE WHEN human_verdict IS NULL THEN 0 ELSE 1 END, \
            CASE holds WHEN 'not_met' THEN 0 ELSE 1 END, \
            CASE severity WHEN 'critical' THEN 0 WHEN 'major' THEN 1 WHEN 'minor' THEN 2 ELSE 3 END, \
            confidence_milli DESC, rubric, criterion";
        let sql = format!("{WAITING} ({}) ORDER BY {order}", named.join(", "));
        let values = calls.iter().map(|id| Value::from(*id)).collect();
        for row in rows(self, &sql, values).await? {
            let id: String = row.try_get("", "call_id")?;
            add(found.entry(id).or_default(), &row)?;
        }
        Ok(found)
    }

    /// All findings of each of these calls, with what people said of them; by rubric and criterion.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn findings_of(&self, calls: &[&str]) -> Result<Told, StoreError> {
        let mut found = Told::new();
        if calls.is_empty() {
            return Ok(found);
        }
        let named: Vec<String> = (1..=calls.len()).map(|n| format!("${n}")).collect();
        let sql = format!(
            "SELECT call_id, rubric, criterion, title, verdict, severity, weight_milli, points_milli, \
             confidence_milli, leg, start_ms, end_ms, quote, human_verdict FROM finding \
             WHERE call_id IN ({}) ORDER BY call_id, rubric, criterion",
            named.join(", ")
        );
        let values = calls.iter().map(|id| Value::from(*id)).collect();
        for row in rows(self, &sql, values).await? {
            let of: &mut Vec<_> = found.entry(row.try_get("", "call_id")?).or_default();
            of.push((finding_row(&row)?, row.try_get("", "human_verdict")?));
        }
        Ok(found)
    }
}

fn add(waiting: &mut Waiting, row: &QueryResult) -> Result<(), StoreError> {
    let finding = finding_row(row)?;
    let human_verdict: Option<String> = row.try_get("", "human_verdict")?;
    match (human_verdict.as_deref(), finding.verdict.as_str()) {
        (None, "not_met") => waiting.violations += 1,
        (None, _) => waiting.undetermined += 1,
        // Nobody could assess it: nothing to look at.
        (Some("undetermined"), _) => return Ok(()),
        (Some(_), _) => {}
    }
    if waiting.worst.is_none() {
        waiting.worst = Some(Worst { finding, human_verdict });
    }
    Ok(())
}

pub(super) fn finding_row(row: &QueryResult) -> Result<FindingRow, StoreError> {
    Ok(FindingRow {
        rubric: row.try_get("", "rubric")?,
        criterion: row.try_get("", "criterion")?,
        title: row.try_get("", "title")?,
        verdict: row.try_get("", "verdict")?,
        severity: row.try_get("", "severity")?,
        weight_milli: row.try_get("", "weight_milli")?,
        points_milli: row.try_get("", "points_milli")?,
        confidence_milli: row.try_get("", "confidence_milli")?,
        leg: row.try_get("", "leg")?,
        start_ms: row.try_get("", "start_ms")?,
        end_ms: row.try_get("", "end_ms")?,
        quote: row.try_get("", "quote")?,
    })
}
