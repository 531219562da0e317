//! What a call came to, in the few numbers that figures over many calls are counted from.
//!
//! In: a call whose findings, scorecards or decisions have changed, inside the transaction that changed them. Out:
//! columns of its row that say the same. Everything here can be worked out again from those tables.

use sha2::{Digest as _, Sha256};

use super::calls::CallRow;
use super::db::{StoreError, Tx, params, places, row, rows, run};

/// The verdicts of a finding, in the order of the columns of `outcome`.
pub(super) const VERDICTS: [&str; 4] = ["met", "not_met", "undetermined", "not_applicable"];

/// Items put in by one statement.
const ROWS_MAX: usize = 100;

/// One criterion of a call.
struct Item {
    rubric: String,
    criterion: String,
    machine: String,
    human: Option<String>,
    holds: String,
}

/// Keeps the measures that are counted in columns of their own. A chat has none of them.
pub(super) async fn measured(tx: &Tx, call: &CallRow) -> Result<(), StoreError> {
    let json: serde_json::Value =
        serde_json::from_str(&call.measures).map_err(|e| StoreError::damaged("measures", e))?;
    let of = |name: &str, times: f64| -> Option<i64> {
        let value = json.get(name).filter(|_| call.kind != "chat")?.as_f64()?;
        Some((value * times).round() as i64)
    };
    let sql = "UPDATE call SET dead_air_ms = $2, dead_air_longest_ms = $3, overtalk_ms = $4, rate_per_min = $5, \
               talk_share_milli = $6, hold_ms = $7 WHERE id = $1";
    let values = params![
        &call.id,
        of("dead_air_s", 1000.0),
        of("silence_longest_s", 1000.0),
        of("overtalk_agent_s", 1000.0),
        of("rate_agent_per_min", 1.0),
        of("talk_share_agent", 1000.0),
        of("hold_s", 1000.0),
    ];
    run(tx, sql, values).await?;
    Ok(())
}

/// What a person said of a finding holds from now on.
pub(super) async fn decide(
    tx: &Tx,
    call_id: &str,
    rubric: &str,
    criterion: &str,
    verdict: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE finding SET human_verdict = $4, holds = $4 \
               WHERE call_id = $1 AND rubric = $2 AND criterion = $3";
    run(tx, sql, params![call_id, rubric, criterion, verdict]).await?;
    Ok(())
}

/// Findings of a new analysis take over what people said of them before.
pub(super) async fn decided_before(tx: &Tx, call_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE finding SET human_verdict = (SELECT d.verdict FROM decision d \
               WHERE d.call_id = finding.call_id AND d.rubric = finding.rubric \
               AND d.criterion = finding.criterion ORDER BY d.at_us DESC, d.id DESC LIMIT 1) WHERE call_id = $1";
    run(tx, sql, params![call_id]).await?;
    let sql =
        "UPDATE finding SET holds = human_verdict WHERE call_id = $1 AND human_verdict IS NOT NULL";
    run(tx, sql, params![call_id]).await?;
    Ok(())
}

/// Works out what the call came to.
pub(super) async fn settle(tx: &Tx, call_id: &str) -> Result<(), StoreError> {
    let sql = "SELECT rubric, criterion, verdict, human_verdict, holds FROM finding WHERE call_id = $1 \
               ORDER BY rubric, criterion";
    let mut items = Vec::new();
    for row in rows(tx, sql, params![call_id]).await? {
        items.push(Item {
            rubric: row.try_get("", "rubric")?,
            criterion: row.try_get("", "criterion")?,
            machine: row.try_get("", "verdict")?,
            human: row.try_get("", "human_verdict")?,
            holds: row.try_get("", "holds")?,
        });
    }
    let outcome = outcome(tx, &items).await?;
    let open = |verdict: &str| {
        items.iter().filter(|one| one.human.is_none() && one.machine == verdict).count() as i64
    };
    let mut decided = [0_i64; 3];
    for one in &items {
        match one.human.as_deref() {
            None => {}
            Some("undetermined") => decided[2] += 1,
            Some(human) => decided[usize::from(human != one.machine)] += 1,
        }
    }
    let [agreed, overturned, not_assessable] = decided;
    let sql = "UPDATE call SET outcome = $2, open_violations = $3, open_undetermined = $4, agreed = $5, \
               overturned = $6, not_assessable = $7, final_score_milli = COALESCE((SELECT \
               MIN(COALESCE(human_score_milli, score_milli)) FROM scorecard WHERE call_id = $1), score_milli) \
               WHERE id = $1";
    let (violations, undetermined) = (open("not_met"), open("undetermined"));
    let values =
        params![call_id, outcome, violations, undetermined, agreed, overturned, not_assessable];
    run(tx, sql, values).await?;
    Ok(())
}

/// The number of what these items come to; a new one where no call came to it before.
async fn outcome(tx: &Tx, items: &[Item]) -> Result<i64, StoreError> {
    let mut digest = Sha256::new();
    let mut counts = [0_i64; VERDICTS.len()];
    for one in items {
        digest.update(format!("{}\0{}\0{}\n", one.rubric, one.criterion, one.holds));
        let of = VERDICTS.iter().position(|verdict| *verdict == one.holds);
        counts[of.ok_or_else(|| StoreError::damaged("verdict", &one.holds))?] += 1;
    }
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let known = "SELECT id FROM outcome WHERE digest = $1";
    if let Some(row) = row(tx, known, params![&digest]).await? {
        return Ok(row.try_get("", "id")?);
    }
    let [met, not_met, undetermined, not_applicable] = counts;
    let sql = "INSERT INTO outcome (digest, met, not_met, undetermined, not_applicable) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (digest) DO NOTHING RETURNING id";
    let values = params![&digest, met, not_met, undetermined, not_applicable];
    let Some(new) = row(tx, sql, values).await? else {
        // Another worker was quicker.
        let row = row(tx, known, params![&digest]).await?;
        let row = row.ok_or_else(|| StoreError::damaged("outcome", "it is there and is not"))?;
        return Ok(row.try_get("", "id")?);
    };
    let id: i64 = new.try_get("", "id")?;
    for some in items.chunks(ROWS_MAX) {
        let sql = format!(
            "INSERT INTO outcome_item (outcome, rubric, criterion, verdict) VALUES {}",
            places(some.len(), 4)
        );
        let values =
            some.iter().flat_map(|one| params![id, &one.rubric, &one.criterion, &one.holds]);
        run(tx, &sql, values.collect()).await?;
    }
    Ok(id)
}
