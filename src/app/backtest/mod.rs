//! Judges kept calls again, in parallel and without their audio, and compares.
//!
//! In: a folder of reports, the rubrics to try, maybe the rubrics to hold them against and what people
//! decided. Out: [`BacktestOutcome`]. A file that cannot be read is told and counted, and stops
//! nothing. Calls are taken some hundreds at a time, in the order of their names, so that memory has a
//! bound and the result does not depend on the machine.

mod kept;
mod labels;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::hides;
use crate::domain::Scorecard;
use crate::rubric::backtest::{Comparison, Marks, Pair};
use crate::rubric::{CallFacts, Plan, Rubric};

pub use labels::{LabelError, Labels};

/// Calls in memory at once, over all cores.
const CHUNK: usize = 512;
/// Files that could not be used and are named; the others are counted.
const BROKEN_NAMED_MAX: usize = 20;

/// What to compare.
pub struct BacktestOptions {
    /// The rubrics to try.
    pub new: Vec<Rubric>,
    /// The rubrics to hold them against; empty: the scorecards that the reports hold.
    pub old: Vec<Rubric>,
    /// Folder of reports.
    pub against: PathBuf,
    /// What people decided.
    pub labels: Labels,
    /// Calls that are named of each kind of flip.
    pub samples: usize,
    /// No progress bar.
    pub quiet: bool,
}

/// A file that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub file: PathBuf,
    /// Why, in one sentence.
    pub why: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BacktestOutcome {
    /// The comparison over all calls that could be read.
    pub comparison: Comparison,
    /// JSON files that are no reports, such as sidecars.
    pub other_files: u64,
    /// Calls of which only the masked text could be read: starred numbers are heard by no rule.
    pub masked: u64,
    /// Files that could not be used.
    pub broken: u64,
    /// The first of them.
    pub broken_named: Vec<Broken>,
    /// Whether it was stopped before the end.
    pub stopped: bool,
}

/// How verdicts are proved.
#[derive(Clone, Copy)]
enum Proofs {
    Full,
    /// Without what came nearest.
    Short,
}

/// Why nothing was compared.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// The folder cannot be listed.
    #[error("{folder}: {source}")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What a file turned out to be.
enum Read {
    Call { pair: Box<Pair>, masked: bool },
    Other,
    Broken(String),
}

/// Compares all calls of a folder; `stop` ends it early, with what was compared by then.
///
/// # Errors
/// [`BacktestError`] when there is no such folder.
pub fn backtest(
    options: BacktestOptions,
    stop: &AtomicBool,
) -> Result<BacktestOutcome, BacktestError> {
    let files = kept::files(&options.against).map_err(|source| BacktestError::Folder {
        folder: options.against.display().to_string(),
        source,
    })?;
    let bar = bar(files.len(), options.quiet);
    let judge = Judge::new(options.new, options.old, options.labels);
    let mut outcome = BacktestOutcome {
        comparison: Comparison::new(options.samples),
        ..BacktestOutcome::default()
    };
    for chunk in files.chunks(CHUNK) {
        for (file, read) in
            chunk.iter().zip(in_parallel(chunk, stop, |file| judge.read(file, Proofs::Short)))
        {
            // Files after a stop were not looked at.
            let Some(read) = read else { break };
            match read {
                Read::Call { pair, masked } => {
                    // What will be shown is proved in full; there are few of these.
                    let full = || judge.read(file, Proofs::Full);
                    let shown = outcome.comparison.shows(&pair).then(full);
                    match &shown {
                        Some(Read::Call { pair, .. }) => outcome.comparison.add(pair),
                        _ => outcome.comparison.add(&pair),
                    }
                    outcome.masked += u64::from(masked);
                }
                Read::Other => outcome.other_files += 1,
                Read::Broken(why) => {
                    outcome.broken += 1;
                    if outcome.broken_named.len() < BROKEN_NAMED_MAX {
                        outcome.broken_named.push(Broken { file: file.clone(), why });
                    }
                }
            }
        }
        bar.inc(chunk.len() as u64);
        if stop.load(Ordering::SeqCst) {
            outcome.stopped = true;
            break;
        }
    }
    bar.finish_and_clear();
    Ok(outcome)
}

/// Both sets of rubrics as one plan: the words of a call are searched once for both.
struct Judge {
    plan: Plan,
    /// Rubrics of each side, by id and digest.
    new: BTreeSet<(String, String)>,
    old: Option<BTreeSet<(String, String)>>,
    labels: Labels,
}

impl Judge {
    fn new(new: Vec<Rubric>, old: Vec<Rubric>, labels: Labels) -> Self {
        let keys = |rubrics: &[Rubric]| -> BTreeSet<(String, String)> {
            rubrics.iter().map(|one| (one.id.as_str().to_owned(), one.digest.clone())).collect()
        };
        let (new_keys, old_keys) = (keys(&new), keys(&old));
        let held = (!old.is_empty()).then(|| old_keys.clone());
        // What both sides have is judged once.
        let mut all = new;
        all.extend(
            old.into_iter().filter(|one| {
                !new_keys.contains(&(one.id.as_str().to_owned(), one.digest.clone()))
            }),
        );
        Self { plan: Plan::compile(all), new: new_keys, old: held, labels }
    }

    fn read(&self, file: &Path, proofs: Proofs) -> Read {
        let mut report = match kept::report(file) {
            Ok(Some(report)) => report,
            Ok(None) => return Read::Other,
            Err(why) => return Read::Broken(why),
        };
        let stored = std::mem::take(&mut report.scorecards);
        let masked = hides(&report);
        let record = match report.into_record() {
            Ok(record) => record,
            Err(error) => return Read::Broken(error.to_string()),
        };
        let call = record.info.call_id.as_str().to_owned();
        let decisions = match self.labels.of(&call) {
            Ok(decisions) => decisions,
            Err(error) => return Read::Broken(error.to_string()),
        };
        let facts = CallFacts::from(&record);
        let cards = match proofs {
            Proofs::Full => self.plan.evaluate(&facts),
            Proofs::Short => self.plan.verdicts(&facts),
        };
        let after = of(&cards, &self.new);
        let before = match &self.old {
            Some(old) => of(&cards, old),
            None => stored.iter().filter_map(kept::marks).collect(),
        };
        let agent = record.info.agent_id;
        Read::Call { pair: Box::new(Pair { call, agent, before, after, decisions }), masked }
    }
}

/// The scorecards of one side.
fn of(cards: &[Scorecard], side: &BTreeSet<(String, String)>) -> Vec<Marks> {
    let key = |card: &&Scorecard| {
        side.contains(&(card.rubric.id.as_str().to_owned(), card.rubric.digest.clone()))
    };
    cards.iter().filter(key).map(Marks::from).collect()
}

/// Works through a list on all cores; the answers in its order, `None` for what a stop left undone.
fn in_parallel<T: Sync, R: Send>(
    list: &[T],
    stop: &AtomicBool,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<Option<R>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let answers: Mutex<Vec<Option<R>>> = Mutex::new(list.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..cores.min(list.len()) {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    let ix = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = list.get(ix) else { break };
                    let answer = work(one);
                    answers.lock().unwrap_or_else(PoisonError::into_inner)[ix] = Some(answer);
                }
            });
        }
    });
    answers.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn bar(files: usize, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::new(files as u64);
    if quiet {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {per_sec}  ETA {eta}") {
        bar.set_style(style);
    }
    bar
}
