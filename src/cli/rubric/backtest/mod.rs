//! `lingting rubric backtest`: what a rubric would have said of calls that are long over.

mod show;
#[cfg(feature = "service")]
mod store;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::rubrics;
use crate::app::{BacktestOptions, BacktestOutcome, Labels, backtest};
use crate::cli::say::Say;

/// What stands in a folder's place for the calls of the service.
const STORE: &str = "store";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BacktestArgs {
    /// Rubric files to try [default: the built-in packs]
    #[arg(value_name = "NEW")]
    new: Vec<PathBuf>,
    /// Folder of reports, as `analyze --out` wrote it; or `store`: the calls of the service
    #[arg(long, value_name = "DIR|store")]
    against: PathBuf,
    #[cfg(feature = "service")]
    #[command(flatten)]
    service: crate::cli::args::ServiceArgs,
    /// Rubric files to hold them against [default: the scorecards in the reports]
    #[arg(long, value_name = "OLD", num_args = 1..)]
    versus: Vec<PathBuf>,
    /// What people decided: a folder of <call_id>.json, or a CSV of call_id,criterion,verdict
    #[arg(long, value_name = "DIR|CSV")]
    labels: Option<PathBuf>,
    /// Calls to name of each kind of change
    #[arg(long, default_value_t = 3, value_name = "N")]
    samples: usize,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &BacktestArgs, say: Say) -> bool {
    if args.against.as_os_str() == STORE {
        return against_store(args, say);
    }
    let labels = match args.labels.as_deref().map(Labels::open) {
        None => Labels::None,
        Some(Ok(labels)) => labels,
        Some(Err(error)) => return say.failed(&error),
    };
    let old = if args.versus.is_empty() { Ok(Vec::new()) } else { rubrics(&args.versus) };
    let (new, old) = match (rubrics(&args.new), old) {
        (Ok(new), Ok(old)) => (new, old),
        (Err(remarks), _) | (_, Err(remarks)) => return say.failed(&remarks),
    };
    let options = BacktestOptions {
        new,
        old,
        against: args.against.clone(),
        labels,
        samples: args.samples,
        quiet: args.json || !say.watched(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    listen_for_ctrl_c(&stop, say);
    match backtest(options, &stop) {
        Ok(outcome) => told(&outcome, args.json, say),
        Err(error) => say.failed(&error),
    }
}

fn told(outcome: &BacktestOutcome, json: bool, say: Say) -> bool {
    if json {
        say.line(&format!("{:#}", show::as_json(outcome)));
    } else {
        show::as_text(outcome, say);
    }
    outcome.broken == 0 && !outcome.stopped
}

#[cfg(not(feature = "service"))]
fn against_store(_: &BacktestArgs, say: Say) -> bool {
    say.failed(&say.either(
        "this build has no service, and so no store; name a folder of reports",
        "此版本不含服务，没有通话库；请指定报告目录",
    ))
}

#[cfg(feature = "service")]
use store::against_store;

/// The first Ctrl-C ends with what was compared by then, the second at once.
fn listen_for_ctrl_c(stop: &Arc<AtomicBool>, say: Say) {
    let stop = Arc::clone(stop);
    let stopping = say.either("stopping; nothing was written", "正在停止；没有写入任何文件");
    // Without a handler Ctrl-C ends the process, which loses nothing: nothing is written.
    let _ = ctrlc::set_handler(move || {
        if stop.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        say.note(stopping);
    });
}
