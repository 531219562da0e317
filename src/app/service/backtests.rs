//! The worker of backtests: takes what people ask for, one at a time.
//!
//! In: the API's line. Out: results there. It leaves a core to the calls that arrive.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::CancellationToken;

use crate::api::{Backtested, Backtests, Run};
use crate::app::backtest::{StoreBacktest, backtest_store};
use crate::blobs::Blobs;
use crate::store::Store;

/// Calls that are named of each kind of flip.
const SAMPLES: usize = 20;

/// Works until `stop`.
pub(super) async fn work(
    store: Store,
    blobs: Arc<Blobs>,
    backtests: Backtests,
    stop: CancellationToken,
) {
    loop {
        let run = tokio::select! {
            () = stop.cancelled() => return,
            run = backtests.next() => run,
        };
        let id = run.id.clone();
        let ending = Arc::clone(&run.stop);
        let compared = compare(&store, &blobs, &backtests, run);
        let result = tokio::select! {
            result = compared => result,
            () = ended(&stop, &ending) => return,
        };
        backtests.end(&id, result);
    }
}

/// Tells a run that the service stops.
async fn ended(stop: &CancellationToken, run: &AtomicBool) {
    stop.cancelled().await;
    run.store(true, Ordering::SeqCst);
}

async fn compare(
    store: &Store,
    blobs: &Blobs,
    backtests: &Backtests,
    run: Run,
) -> Option<Backtested> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options = StoreBacktest {
        new: vec![run.ask.new],
        old: run.ask.old.into_iter().collect(),
        filter: run.ask.filter,
        scope: run.ask.scope,
        calls_max: run.ask.calls_max,
        samples: SAMPLES,
        threads: (cores / 2).max(1),
        veiled: true,
    };
    let told = |done, total| backtests.progress(&run.id, done, total);
    match backtest_store(store, blobs, options, &run.stop, told).await {
        Ok(outcome) => Some(Backtested {
            comparison: outcome.comparison,
            masked: outcome.masked,
            broken: outcome.broken,
        }),
        Err(error) => {
            tracing::error!(%error, "a backtest failed");
            None
        }
    }
}
