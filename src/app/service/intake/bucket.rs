//! One prefix of a bucket: when to look.
//!
//! In: a bucket's settings, and notifications. Out: what is in it, told to its keeper until the service stops.

use std::time::Duration;

use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

use super::keeper::Keeper;
use crate::ingest::bucket::Objects;
use crate::ingest::source::{Board, Bucket, Trouble};
use crate::ingest::watch::Happening;
use crate::store::now_us;

/// How often it is looked at what waits for its sidecar.
const TICK: Duration = Duration::from_secs(5);

/// Watches until the service stops.
pub(super) async fn watch(
    bucket: Bucket,
    keeper: Keeper,
    mut hints: broadcast::Receiver<(String, String)>,
    board: Board,
    stop: CancellationToken,
) {
    let period = Duration::from_micros(bucket.scan_us.unsigned_abs());
    let mut objects = match Objects::open(bucket) {
        Ok(objects) => objects,
        Err(error) => {
            board.hindered(keeper.source(), Trouble::Settings);
            return tracing::error!(source = keeper.source(), %error, "the bucket's settings are wrong");
        }
    };
    while !stop.is_cancelled() {
        if let Err(error) = keeper.adopt(&mut objects, now_us()).await {
            tracing::error!(source = keeper.source(), %error, "the ledger does not answer");
            board.hindered(keeper.source(), Trouble::Ledger);
        }
        let scanned = objects.scan(now_us()).await;
        match &scanned {
            Ok(_) => board.looked(keeper.source(), now_us(), None),
            Err(_) => board.hindered(keeper.source(), Trouble::Bucket),
        }
        told(scanned, &mut objects, &keeper, &stop).await;
        let next = tokio::time::Instant::now() + period;
        loop {
            let tick = if objects.is_waiting() { TICK.min(period) } else { period };
            tokio::select! {
                hint = hints.recv() => match hint {
                    Ok((bucket, key)) => {
                        let heard = objects.hint(&bucket, &key, now_us()).await;
                        told(heard, &mut objects, &keeper, &stop).await;
                        let due = objects.due(now_us()).await;
                        told(due, &mut objects, &keeper, &stop).await;
                    }
                    Err(RecvError::Lagged(_) | RecvError::Closed) => break,
                },
                () = tokio::time::sleep_until(next) => break,
                () = tokio::time::sleep(tick) => {
                    let due = objects.due(now_us()).await;
                    told(due, &mut objects, &keeper, &stop).await;
                }
                () = stop.cancelled() => return,
            }
        }
    }
}

async fn told(
    happened: Result<Vec<Happening>, object_store::Error>,
    objects: &mut Objects,
    keeper: &Keeper,
    stop: &CancellationToken,
) {
    match happened {
        Ok(happened) => keeper.tell(objects, happened, stop).await,
        Err(_) => {
            // Not the error's own words: they hold keys, and keys may hold numbers.
            tracing::warn!(source = keeper.source(), "the bucket does not answer, or refuses");
        }
    }
}
