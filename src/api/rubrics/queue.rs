//! The desk of rubric work: backtests one at a time, others in a short line, and what came of them.
//!
//! In: what people ask. Out: runs for the worker, and their progress for who asked. It is kept in memory: a backtest
//! that a restart interrupts is asked for again.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};

use crate::api::error::ApiError;
use crate::domain::Scope;
use crate::rubric::Rubric;
use crate::rubric::backtest::Comparison;
use crate::store::list::CallFilter;
use crate::store::now_us;

/// Backtests that wait beside the one under way.
const WAITING_MAX: usize = 4;
/// Those that have ended and are kept; older ones are forgotten.
const ENDED_MAX: usize = 32;
/// Drafts checked, tested or explained at a time.
const WORK_MAX: usize = 2;
/// Seconds after which to ask again when the line is full.
const ASK_AGAIN_S: u64 = 30;

/// What is done for the rubrics' pages besides reading and writing.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Tells that the rubrics in force have changed.
    pub changed: Arc<Notify>,
    /// Backtests.
    pub backtests: Backtests,
    turns: Arc<Semaphore>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            changed: Arc::default(),
            backtests: Backtests::default(),
            turns: Arc::new(Semaphore::new(WORK_MAX)),
        }
    }
}

impl Desk {
    /// Does some work that takes a while, not on the threads that answer.
    pub(in crate::api) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(ApiError::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(ApiError::internal)
    }
}

/// What a backtest is to compare.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The draft.
    pub new: Rubric,
    /// What to hold it against; none: the calls' own scorecards of the same rubric.
    pub old: Option<Rubric>,
    /// Which calls.
    pub filter: CallFilter,
    /// Of those that this scope sees.
    pub scope: Scope,
    /// The newest so many.
    pub calls_max: u64,
}

/// What came of a backtest.
#[derive(Debug, Clone, Default)]
pub struct Backtested {
    /// The comparison.
    pub comparison: Comparison,
    /// Calls of which only the masked text could be read: starred numbers are heard by no rule.
    pub masked: u64,
    /// Calls that could not be read.
    pub broken: u64,
}

/// A run for the worker.
#[derive(Debug)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// What to compare.
    pub ask: Ask,
    /// Set when nobody waits for it any more.
    pub stop: Arc<AtomicBool>,
}

/// How far a backtest is.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    /// So many are before it.
    Waiting(usize),
    Running,
    Done(Arc<Backtested>),
    Failed,
}

/// A backtest as who asked for it sees it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) stage: Stage,
    pub(super) done: u64,
    pub(super) total: u64,
    pub(super) asked_us: i64,
}

#[derive(Debug)]
struct Entry {
    id: String,
    person: String,
    rubric: String,
    asked_us: i64,
    stage: Stage,
    ask: Option<Ask>,
    done: u64,
    total: u64,
    stop: Arc<AtomicBool>,
}

/// All backtests that are remembered.
#[derive(Debug, Clone, Default)]
pub struct Backtests {
    /// In the order in which they were asked for.
    entries: Arc<Mutex<VecDeque<Entry>>>,
    more: Arc<Notify>,
}

impl Backtests {
    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a backtest into the line; tells its id.
    ///
    /// # Errors
    /// [`ApiError::TooMany`] when the line is full.
    pub(in crate::api) fn add(&self, person: &str, ask: Ask) -> Result<String, ApiError> {
        let mut entries = self.entries();
        if entries.iter().filter(|one| one.ask.is_some()).count() >= WAITING_MAX {
            return Err(ApiError::TooMany(ASK_AGAIN_S));
        }
        let id = uuid::Uuid::now_v7().to_string();
        entries.push_back(Entry {
            id: id.clone(),
            person: person.to_owned(),
            rubric: ask.new.id.as_str().to_owned(),
            asked_us: now_us(),
            stage: Stage::Waiting(0),
            ask: Some(ask),
            done: 0,
            total: 0,
            stop: Arc::default(),
        });
        self.more.notify_one();
        Ok(id)
    }

    /// The next run, when there is one. One worker asks at a time.
    pub async fn next(&self) -> Run {
        loop {
            if let Some(run) = self.take() {
                return run;
            }
            self.more.notified().await;
        }
    }

    /// The next run, if there is one.
    pub(in crate::api) fn take(&self) -> Option<Run> {
        let mut entries = self.entries();
        let entry = entries.iter_mut().find(|one| one.ask.is_some())?;
        entry.stage = Stage::Running;
        let ask = entry.ask.take()?;
        Some(Run { id: entry.id.clone(), ask, stop: Arc::clone(&entry.stop) })
    }

    /// How far a run is, in calls.
    pub fn progress(&self, id: &str, done: u64, total: u64) {
        if let Some(entry) = self.entries().iter_mut().find(|one| one.id == id) {
            (entry.done, entry.total) = (done, total);
        }
    }

    /// A run has ended; `None`: it failed.
    pub fn end(&self, id: &str, result: Option<Backtested>) {
        let mut entries = self.entries();
        if let Some(entry) = entries.iter_mut().find(|one| one.id == id) {
            entry.stage = result.map_or(Stage::Failed, |done| Stage::Done(Arc::new(done)));
        }
        let ended = |one: &Entry| matches!(one.stage, Stage::Done(_) | Stage::Failed);
        while entries.iter().filter(|one| ended(one)).count() > ENDED_MAX {
            let oldest = entries.iter().position(ended);
            oldest.map(|at| entries.remove(at));
        }
    }

    /// How far a person's backtest is.
    pub(super) fn of(&self, person: &str, rubric: &str, id: &str) -> Option<Seen> {
        let entries = self.entries();
        let mine = |one: &Entry| one.id == id && one.person == person && one.rubric == rubric;
        let at = entries.iter().position(mine)?;
        let one = &entries[at];
        let unfinished = |one: &&Entry| matches!(one.stage, Stage::Waiting(_) | Stage::Running);
        let stage = match &one.stage {
            Stage::Waiting(_) => Stage::Waiting(entries.iter().take(at).filter(unfinished).count()),
            other => other.clone(),
        };
        Some(Seen { stage, done: one.done, total: one.total, asked_us: one.asked_us })
    }

    /// A person needs a backtest no more; tells whether there was one.
    pub(super) fn drop_run(&self, person: &str, rubric: &str, id: &str) -> bool {
        let mut entries = self.entries();
        let mine = |one: &Entry| one.id == id && one.person == person && one.rubric == rubric;
        let Some(at) = entries.iter().position(mine) else { return false };
        entries[at].stop.store(true, Ordering::SeqCst);
        entries.remove(at);
        true
    }
}
