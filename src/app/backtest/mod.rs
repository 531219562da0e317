//! Judges kept calls again, in parallel and without their audio, and compares.
//!
//! In: a folder of reports, the rubrics to try, maybe the rubrics to hold them against and what people
//! decided. Out: [`BacktestOutcome`]. A file that cannot be read is told and counted, and stops
//! nothing. Calls are taken some hundreds at a time, in the order of their names, so that memory has a
//! bound and the result does not depend on the machine.

mod judge;
mod kept;
mod labels;
#[cfg(feature = "service")]
mod store;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::hides;
use crate::rubric::Rubric;
use crate::rubric::backtest::{Comparison, Pair};

use judge::{Judge, Kept, Proofs};
pub use labels::{LabelError, Labels};
#[cfg(feature = "service")]
pub use store::{StoreBacktest, StoreBacktestError, backtest_store};

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
    let (judge, labels) = (Judge::new(options.new, options.old, false), options.labels);
    let mut outcome = BacktestOutcome {
        comparison: Comparison::new(options.samples),
        ..BacktestOutcome::default()
    };
    for chunk in files.chunks(CHUNK) {
        for (file, read) in chunk.iter().zip(in_parallel(chunk, cores(), stop, |file| {
            read_call(&judge, &labels, file, Proofs::Short)
        })) {
            // Files after a stop were not looked at.
            let Some(read) = read else { break };
            match read {
                Read::Call { pair, masked } => {
                    // What will be shown is proved in full; there are few of these.
                    let full = || read_call(&judge, &labels, file, Proofs::Full);
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

fn read_call(judge: &Judge, labels: &Labels, file: &Path, proofs: Proofs) -> Read {
    let mut report = match kept::report(file) {
        Ok(Some(report)) => report,
        Ok(None) => return Read::Other,
        Err(why) => return Read::Broken(why),
    };
    let stored = std::mem::take(&mut report.scorecards);
    let stored = stored.iter().filter_map(kept::marks).collect();
    let masked = hides(&report);
    let decisions = match labels.of(&report.call.call_id) {
        Ok(decisions) => decisions,
        Err(error) => return Read::Broken(error.to_string()),
    };
    match judge.pair(Kept { report, stored, decisions }, proofs) {
        Ok(pair) => Read::Call { pair: Box::new(pair), masked },
        Err(error) => Read::Broken(error.to_string()),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Works through a list on so many threads; the answers in its order, `None` for what a stop left undone.
fn in_parallel<T: Sync, R: Send>(
    list: &[T],
    threads: usize,
    stop: &AtomicBool,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let answers: Mutex<Vec<Option<R>>> = Mutex::new(list.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..threads.min(list.len()) {
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
