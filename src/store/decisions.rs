//! What people decided about findings, and what became of the call by it.
//!
//! In: a decision. Out: the decision kept, the call's human figures beside the machine's, its state of
//! review. A decision is never edited: a later one of the same finding takes its place and both stay.

use sea_orm::QueryResult;

use super::calls::call_of;
use super::db::{Conn, Store, StoreError, Tx, params, row, rows, run};
use super::events::EventKind;
use super::list::Where;
use super::outcomes;
use crate::domain::{Scope, Share};

/// A reviewer's word on one finding.
#[derive(Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its id, a UUID.
    pub id: String,
    /// The call.
    pub call_id: String,
    /// The rubric; `manual` for an item that no rubric has.
    pub rubric: String,
    /// The criterion; of a manual item, what a person calls it.
    pub criterion: String,
    /// What the machine had concluded; empty for a manual item.
    pub machine_verdict: String,
    /// `agree`, `overturn`, `not_assessable` or `manual`.
    pub decision: String,
    /// What holds now: `met`, `not_met`, `not_applicable` or `undetermined`.
    pub verdict: String,
    /// Why.
    pub comment: String,
    /// Who: a person's id.
    pub by: String,
    /// When, microseconds since 1970.
    pub at_us: i64,
}

/// Shows what names nobody.
impl std::fmt::Debug for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Decision({} {} {})", self.call_id, self.criterion, self.decision)
    }
}

/// The rubric name of items that no rubric has.
pub const MANUAL: &str = "manual";

/// A rubric's figures after people's decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HumanCard {
    /// The rubric.
    pub rubric: String,
    /// The verdict.
    pub verdict: String,
    /// Thousandths of a point.
    pub score_milli: Option<i64>,
}

/// How often people agreed with a criterion's findings.
#[derive(Debug, Clone, PartialEq)]
pub struct Precision {
    /// The rubric.
    pub rubric: String,
    /// The criterion.
    pub criterion: String,
    /// Violations that were looked at, and those that people upheld.
    pub violations: Share,
    /// Criteria found met that were looked at, and those that people upheld.
    pub met: Share,
    /// Findings that nobody could assess.
    pub not_assessable: u64,
}

/// Keeps a decision. `rev` is the call's as the reviewer saw it: a decision on a call that has changed since is
/// refused, so that nobody settles what they have not seen.
///
/// # Errors
/// [`StoreError::NotFound`] without such a call, [`StoreError::Conflict`] when it changed.
pub async fn decide(
    tx: &Tx,
    decision: &Decision,
    rev: i64,
    cards: &[HumanCard],
) -> Result<i64, StoreError> {
    let call = call_of(tx, &decision.call_id).await?.ok_or(StoreError::NotFound("call"))?;
    if call.rev != rev {
        return Err(StoreError::Conflict(
            "the call has changed since it was opened; load it again",
        ));
    }
    let sql = "INSERT INTO decision (id, call_id, rubric, criterion, machine_verdict, decision, verdict, \
               comment, by_user, at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let Decision { id, call_id, rubric, criterion, machine_verdict, .. } = decision;
    let values = params![
        id,
        call_id,
        rubric,
        criterion,
        machine_verdict,
        &decision.decision,
        &decision.verdict,
        &decision.comment,
        &decision.by,
        decision.at_us,
    ];
    run(tx, sql, values).await?;
    set_human(tx, call_id, cards).await?;
    outcomes::decide(tx, call_id, rubric, criterion, &decision.verdict).await?;
    outcomes::settle(tx, call_id).await?;
    let sql = "UPDATE call SET rev = rev + 1, review_state = \
               CASE review_state WHEN 'open' THEN 'in_review' ELSE review_state END WHERE id = $1";
    run(tx, sql, params![call_id]).await?;
    let body = serde_json::json!({"decision": id, "rubric": rubric, "criterion": criterion});
    tx.append(decision.at_us, EventKind::FindingDecided, Some(call_id), &body.to_string()).await?;
    Ok(rev + 1)
}

/// Sets the human figures of a call's scorecards; those not named have none.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn set_human(tx: &Tx, call_id: &str, cards: &[HumanCard]) -> Result<(), StoreError> {
    let sql =
        "UPDATE scorecard SET human_verdict = NULL, human_score_milli = NULL WHERE call_id = $1";
    run(tx, sql, params![call_id]).await?;
    let sql = "UPDATE scorecard SET human_verdict = $3, human_score_milli = $4 \
               WHERE call_id = $1 AND rubric = $2";
    for card in cards {
        run(tx, sql, params![call_id, &card.rubric, &card.verdict, card.score_milli]).await?;
    }
    Ok(())
}

/// Gives a call to a reviewer, or to nobody, or says how far its review is.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Conflict`] as [`decide`].
pub async fn set_review(
    tx: &Tx,
    call_id: &str,
    rev: i64,
    state: &str,
    assigned_to: Option<&str>,
    at_us: i64,
) -> Result<i64, StoreError> {
    let sql = "UPDATE call SET review_state = $3, assigned_to = $4, rev = rev + 1 \
               WHERE id = $1 AND rev = $2 AND deleted_us IS NULL";
    let assigned = assigned_to.map(str::to_owned);
    if run(tx, sql, params![call_id, rev, state, assigned]).await? == 0 {
        return Err(match call_of(tx, call_id).await? {
            Some(_) => {
                StoreError::Conflict("the call has changed since it was opened; load it again")
            }
            None => StoreError::NotFound("call"),
        });
    }
    let body = serde_json::json!({"review_state": state});
    tx.append(at_us, EventKind::CallChanged, Some(call_id), &body.to_string()).await?;
    Ok(rev + 1)
}

/// All decisions on a call, the first first.
///
/// # Errors
/// [`StoreError`].
pub async fn decisions(on: &impl Conn, call_id: &str) -> Result<Vec<Decision>, StoreError> {
    let sql = "SELECT id, call_id, rubric, criterion, machine_verdict, decision, verdict, comment, \
               by_user, at_us FROM decision WHERE call_id = $1 ORDER BY at_us, id";
    rows(on, sql, params![call_id]).await?.iter().map(decision_row).collect()
}

/// Decisions that count: of each finding the newest.
pub fn standing(all: &[Decision]) -> Vec<&Decision> {
    let later = |one: &Decision, ix: usize| {
        all[ix + 1..].iter().any(|o| (&o.rubric, &o.criterion) == (&one.rubric, &one.criterion))
    };
    all.iter().enumerate().filter(|(ix, one)| !later(one, *ix)).map(|(_, one)| one).collect()
}

impl Store {
    /// How often people agreed with each criterion, over the calls that `scope` lets be seen; each finding
    /// by its newest decision.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn precision(&self, scope: &Scope) -> Result<Vec<Precision>, StoreError> {
        let mut condition = Where::default();
        condition.scope(scope, "call");
        let sql = format!(
            "SELECT d.rubric, d.criterion, d.machine_verdict, d.decision, COUNT(*) AS n FROM decision d \
             JOIN call ON call.id = d.call_id WHERE {} AND d.rubric <> '{MANUAL}' AND NOT EXISTS \
             (SELECT 1 FROM decision l WHERE l.call_id = d.call_id AND l.rubric = d.rubric \
             AND l.criterion = d.criterion AND (l.at_us, l.id) > (d.at_us, d.id)) \
             GROUP BY d.rubric, d.criterion, d.machine_verdict, d.decision \
             ORDER BY d.rubric, d.criterion, d.machine_verdict, d.decision",
            condition.sql()
        );
        let mut all: Vec<Precision> = Vec::new();
        for row in rows(self, &sql, condition.values).await? {
            add(&mut all, &row)?;
        }
        Ok(all)
    }

    /// A decision by its id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn decision(&self, id: &str) -> Result<Option<Decision>, StoreError> {
        let sql = "SELECT id, call_id, rubric, criterion, machine_verdict, decision, verdict, comment, \
                   by_user, at_us FROM decision WHERE id = $1";
        row(self, sql, params![id]).await?.map(|row| decision_row(&row)).transpose()
    }
}

fn add(all: &mut Vec<Precision>, row: &QueryResult) -> Result<(), StoreError> {
    let (rubric, criterion): (String, String) =
        (row.try_get("", "rubric")?, row.try_get("", "criterion")?);
    let (verdict, decision): (String, String) =
        (row.try_get("", "machine_verdict")?, row.try_get("", "decision")?);
    let n: i64 = row.try_get("", "n")?;
    let n = u64::try_from(n).unwrap_or(0);
    if all.last().is_none_or(|last| (&last.rubric, &last.criterion) != (&rubric, &criterion)) {
        let none = Share { of: 0, right: 0 };
        let (violations, met) = (none, none);
        all.push(Precision { rubric, criterion, violations, met, not_assessable: 0 });
    }
    let last = all.last_mut().expect("one was pushed");
    let share = match (verdict.as_str(), decision.as_str()) {
        (_, "not_assessable") => {
            last.not_assessable += n;
            return Ok(());
        }
        ("not_met", _) => &mut last.violations,
        ("met", _) => &mut last.met,
        _ => return Ok(()),
    };
    share.of += n;
    share.right += if decision == "agree" { n } else { 0 };
    Ok(())
}

fn decision_row(row: &QueryResult) -> Result<Decision, StoreError> {
    Ok(Decision {
        id: row.try_get("", "id")?,
        call_id: row.try_get("", "call_id")?,
        rubric: row.try_get("", "rubric")?,
        criterion: row.try_get("", "criterion")?,
        machine_verdict: row.try_get("", "machine_verdict")?,
        decision: row.try_get("", "decision")?,
        verdict: row.try_get("", "verdict")?,
        comment: row.try_get("", "comment")?,
        by: row.try_get("", "by_user")?,
        at_us: row.try_get("", "at_us")?,
    })
}
