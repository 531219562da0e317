//! `lingting rubric backtest`: what a rubric would have said of calls that are long over.

mod show;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::rubrics;
use crate::app::{BacktestOptions, Labels, backtest};
use crate::cli::say::Say;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BacktestArgs {
    /// Rubric files to try [default: the built-in packs]
    #[arg(value_name = "NEW")]
    new: Vec<PathBuf>,
    /// Folder of reports, as `analyze --out` wrote it
    #[arg(long, value_name = "DIR")]
    against: PathBuf,
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
        Ok(outcome) => {
            if args.json {
                say.line(&format!("{:#}", show::as_json(&outcome)));
            } else {
                show::as_text(&outcome, say);
            }
            outcome.broken == 0 && !outcome.stopped
        }
        Err(error) => say.failed(&error),
    }
}

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
