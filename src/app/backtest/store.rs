//! Judges the calls of a service's store again.
//!
//! In: a store, and which of its calls. Out: the same comparison as over a folder of reports. Calls are read a page at
//! a time, so that memory has a bound, the newest first; a call that cannot be read is counted and stops nothing.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, stream};

use super::judge::{Judge, Kept, Proofs};
use super::{BROKEN_NAMED_MAX, BacktestOutcome, Broken, hides, in_parallel, kept};
use crate::blobs::{BlobError, BlobName, Blobs};
use crate::domain::Scope;
use crate::rubric::Rubric;
use crate::rubric::backtest::{Comparison, Decisions, Outcome, Pair};
use crate::store::decisions::{MANUAL, decisions, standing};
use crate::store::list::{CallFilter, Sort};
use crate::store::{Store, StoreError};
use crate::wire::report::{Private, Report};

/// Calls read and judged at a time.
const PAGE: u32 = 256;
/// Calls read side by side.
const READERS: usize = 4;

/// What to compare.
pub struct StoreBacktest {
    /// The rubrics to try.
    pub new: Vec<Rubric>,
    /// The rubrics to hold them against; empty: the scorecards that the calls have of the rubrics that are tried.
    pub old: Vec<Rubric>,
    /// Which calls; its order and page are set here.
    pub filter: CallFilter,
    /// Whose eyes.
    pub scope: Scope,
    /// The newest so many.
    pub calls_max: u64,
    /// Calls that are named of each kind of flip.
    pub samples: usize,
    /// Threads that judge.
    pub threads: usize,
    /// Whether personal data is starred out of what is shown of a call.
    pub veiled: bool,
}

/// Why nothing was compared.
#[derive(Debug, thiserror::Error)]
pub enum StoreBacktestError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A panic of ours while judging.
    #[error("judging ended unexpectedly: {0}")]
    Judge(#[from] tokio::task::JoinError),
}

/// Why a call cannot be judged again.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error("there is no report")]
    NoReport,
}

/// A call as the store gives it; texts are read where they are judged.
struct Fetched {
    id: String,
    started_us: i64,
    report: String,
    /// The clear texts.
    private: Option<Vec<u8>>,
    decisions: Decisions,
}

/// What came of a call.
struct Judged {
    pair: Pair,
    masked: bool,
}

/// Compares calls of the store; `stop` ends it early, with what was compared by then. `told` hears how many are done, and
/// of how many.
///
/// # Errors
/// [`StoreBacktestError`].
pub async fn backtest_store(
    store: &Store,
    blobs: &Blobs,
    options: StoreBacktest,
    stop: &Arc<AtomicBool>,
    told: impl Fn(u64, u64),
) -> Result<BacktestOutcome, StoreBacktestError> {
    let mut filter = CallFilter { sort: Sort::Time, after: None, ..options.filter };
    let there = store.count(&filter, &options.scope).await?;
    let total = u64::try_from(there).unwrap_or(0).min(options.calls_max);
    let (new, old) = (options.new, options.old);
    let compiled = tokio::task::spawn_blocking(move || Judge::new(new, old, options.veiled));
    let judge = Arc::new(compiled.await?);
    let mut outcome = BacktestOutcome {
        comparison: Comparison::new(options.samples),
        ..BacktestOutcome::default()
    };
    let mut done = 0;
    told(0, total);
    while done < total && !stop.load(Ordering::SeqCst) {
        filter.limit = u32::try_from(total - done).unwrap_or(PAGE).min(PAGE);
        let rows = store.list(&filter, &options.scope).await?;
        let Some(last) = rows.last() else { break };
        filter.after = Some((last.started_us, last.id.clone()));
        done += rows.len() as u64;
        let names: Vec<_> =
            rows.iter().map(|row| (row.id.clone(), row.started_us, row.private.clone())).collect();
        let reads = names.into_iter().map(|(id, started_us, private)| {
            fetch(store, blobs, id, started_us, private, judge.ids())
        });
        let fetched: Vec<_> = stream::iter(reads).buffered(READERS).collect().await;
        let mut calls = Vec::new();
        for (row, one) in rows.iter().zip(fetched) {
            match one {
                Ok(one) => calls.push(one),
                Err(error) => broken(&mut outcome, &row.id, error.to_string()),
            }
        }
        let (judge, stop, threads) = (Arc::clone(&judge), Arc::clone(stop), options.threads);
        outcome = tokio::task::spawn_blocking(move || {
            page(&judge, &calls, threads, &stop, &mut outcome);
            outcome
        })
        .await?;
        told(done, total);
    }
    outcome.stopped = stop.load(Ordering::SeqCst);
    Ok(outcome)
}

async fn fetch(
    store: &Store,
    blobs: &Blobs,
    id: String,
    started_us: i64,
    private: Option<String>,
    ids: &BTreeSet<String>,
) -> Result<Fetched, Unreadable> {
    let report = store.report_json(&id).await?.ok_or(Unreadable::NoReport)?;
    let private = match private.as_deref().and_then(BlobName::parse) {
        Some(name) => {
            let size = blobs.size(&name).await?;
            Some(blobs.read_all(&name, 0..size).await?.to_vec())
        }
        None => None,
    };
    let all = decisions(store, &id).await?;
    let ours = |rubric: &str| rubric != MANUAL && ids.contains(rubric);
    // What nobody could assess says nothing about a rule.
    let said = |word: &str| Outcome::parse(word).filter(|one| *one != Outcome::Undetermined);
    let decided = standing(&all).into_iter().filter(|one| ours(&one.rubric));
    let decisions =
        decided.filter_map(|one| Some((one.criterion.clone(), said(&one.verdict)?))).collect();
    Ok(Fetched { id, started_us, report, private, decisions })
}

/// Judges a page's calls and adds them, in their order.
fn page(
    judge: &Judge,
    calls: &[Fetched],
    threads: usize,
    stop: &AtomicBool,
    outcome: &mut BacktestOutcome,
) {
    let all = in_parallel(calls, threads, stop, |one| judged(judge, one, Proofs::Short));
    for (call, judgement) in calls.iter().zip(all) {
        // Calls after a stop were not looked at.
        let Some(judgement) = judgement else { break };
        // What will be shown is proved in full, and shown as it may be; there are few of these.
        let judgement = judgement.and_then(|one| match outcome.comparison.shows(&one.pair) {
            true => judged(judge, call, Proofs::Full),
            false => Ok(one),
        });
        match judgement {
            Ok(one) => {
                outcome.comparison.add(&one.pair);
                outcome.masked += u64::from(one.masked);
            }
            Err(why) => broken(outcome, &call.id, why),
        }
    }
}

fn judged(judge: &Judge, call: &Fetched, proofs: Proofs) -> Result<Judged, String> {
    let mut report = Report::from_json(&call.report).map_err(|error| error.to_string())?;
    // The scorecards of the masked report: their quotes may be shown.
    let cards = report.scorecards.iter().filter(|card| judge.ids().contains(&card.rubric));
    let stored = cards.filter_map(kept::marks).collect();
    if let Some(private) = &call.private {
        let json = std::str::from_utf8(private).map_err(|error| error.to_string())?;
        let clear = Private::from_json(json).and_then(|private| private.restore(report));
        report = clear.map_err(|error| error.to_string())?;
    }
    let masked = hides(&report);
    let kept = Kept { report, stored, decisions: call.decisions.clone() };
    let mut pair = judge.pair(kept, proofs).map_err(|error| error.to_string())?;
    // What the recording's sidecar calls it is not what the service calls it; and where it tells no time, the service has one.
    pair.call = call.id.clone();
    pair.started_at =
        jiff::Timestamp::from_microsecond(call.started_us).ok().map(|at| at.to_string());
    Ok(Judged { pair, masked })
}

fn broken(outcome: &mut BacktestOutcome, id: &str, why: String) {
    outcome.broken += 1;
    if outcome.broken_named.len() < BROKEN_NAMED_MAX {
        outcome.broken_named.push(Broken { file: PathBuf::from(id), why });
    }
}
