//! `lingting rubric backtest --against store`: over the calls that a service remembers.
//!
//! In: the service's configuration. Out: the same account as over a folder. The service may be running: nothing is
//! written.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use indicatif::{ProgressBar, ProgressDrawTarget};

use super::{BacktestArgs, listen_for_ctrl_c, told};
use crate::app::config::{Config, ConfigError};
use crate::app::{BacktestOutcome, StoreBacktest, StoreBacktestError, backtest_store};
use crate::blobs::{BlobError, Blobs};
use crate::cli::rubric::rubrics;
use crate::cli::say::Say;
use crate::domain::Scope;
use crate::store::list::CallFilter;
use crate::store::{Store, StoreError};

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("--labels goes with a folder of reports: the store holds what its reviewers decided")]
    Labels,
    #[error("{0}")]
    Rubrics(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blobs(#[from] BlobError),
    #[error(transparent)]
    Backtest(#[from] StoreBacktestError),
    #[error("no runtime: {0}")]
    Runtime(std::io::Error),
}

pub(super) fn against_store(args: &BacktestArgs, say: Say) -> bool {
    match compared(args, say) {
        Ok(outcome) => told(&outcome, args.json, say),
        Err(error) => say.failed(&error),
    }
}

fn compared(args: &BacktestArgs, say: Say) -> Result<BacktestOutcome, Trouble> {
    if args.labels.is_some() {
        return Err(Trouble::Labels);
    }
    let old = if args.versus.is_empty() { Ok(Vec::new()) } else { rubrics(&args.versus) };
    let options = StoreBacktest {
        new: rubrics(&args.new).map_err(Trouble::Rubrics)?,
        old: old.map_err(Trouble::Rubrics)?,
        filter: CallFilter::default(),
        scope: Scope::All,
        calls_max: u64::MAX,
        samples: args.samples,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        // What is printed goes further than the store does.
        veiled: true,
    };
    let config = Config::load(args.service.config.as_deref(), args.service.data.as_deref())?;
    let stop = Arc::new(AtomicBool::new(false));
    listen_for_ctrl_c(&stop, say);
    let bar = ProgressBar::new(0);
    if args.json || !say.watched() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(Trouble::Runtime)?.block_on(async {
        let store = Store::open(&config.store).await?;
        let blobs = Blobs::open(&config.blobs)?;
        let told = |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let outcome = backtest_store(&store, &blobs, options, &stop, told).await?;
        store.close().await?;
        Ok::<_, Trouble>(outcome)
    });
    bar.finish_and_clear();
    outcome
}
