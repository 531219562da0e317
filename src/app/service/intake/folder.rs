//! One watched folder: when to look, and how long to wait.
//!
//! In: a folder's settings. Out: what is in it, told to its keeper until the service stops. Looking through the
//! folder takes at most a tenth of the time, however large it is.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::keeper::Keeper;
use crate::ingest::source::{Board, Folder, Trouble};
use crate::ingest::watch::{Happening, Hint, Hints, Watch};
use crate::store::now_us;

/// From one look at what is due to the next.
const TICK: Duration = Duration::from_millis(200);

/// Watches until the service stops.
pub(super) async fn watch(folder: Folder, keeper: Keeper, board: Board, stop: CancellationToken) {
    let mut hints = listen(&folder, &keeper);
    let mut watch = Watch::new(folder);
    while !stop.is_cancelled() {
        let begun = Instant::now();
        if let Err(error) = keeper.adopt(&mut watch, now_us()).await {
            tracing::error!(source = keeper.source(), %error, "the ledger does not answer");
            board.hindered(keeper.source(), Trouble::Ledger);
        }
        watch = told(watch, &keeper, &stop, |watch| watch.scan(now_us())).await;
        board.looked(keeper.source(), now_us(), watch.trouble_now());
        let period = Duration::from_micros(watch.folder().scan_us.unsigned_abs());
        let next = Instant::now() + period.max(10 * begun.elapsed());
        // Backlog that had no room is not let wait for the whole period.
        while Instant::now() < next && !stop.is_cancelled() && !watch.has_room_again() {
            let due = watch
                .next_due_us()
                .map(|due_us| Duration::from_micros((due_us - now_us()).max(0).unsigned_abs()));
            let wait =
                due.unwrap_or(period).max(TICK).min(next.saturating_duration_since(Instant::now()));
            let hint = tokio::select! {
                hint = heard(&mut hints) => Some(hint),
                () = tokio::time::sleep(wait) => None,
                () = stop.cancelled() => return,
            };
            match hint {
                Some(Hint::Lost) => break,
                Some(Hint::At(path)) => {
                    watch =
                        told(watch, &keeper, &stop, move |watch| watch.hint(&path, now_us())).await;
                }
                None => watch = told(watch, &keeper, &stop, |watch| watch.due(now_us())).await,
            }
        }
        if hints.is_none() {
            hints = listen(watch.folder(), &keeper);
        }
    }
}

fn listen(folder: &Folder, keeper: &Keeper) -> Option<Hints> {
    match Hints::new(&folder.path) {
        Ok(hints) => Some(hints),
        Err(error) => {
            // No harm: the look through the folder is the truth.
            let why = error.to_string();
            tracing::info!(
                source = keeper.source(),
                why,
                "the system gives no hints of this folder"
            );
            None
        }
    }
}

async fn heard(hints: &mut Option<Hints>) -> Hint {
    match hints {
        Some(hints) => hints.next().await,
        None => std::future::pending().await,
    }
}

/// Looks where it holds up nobody, and tells the ledger.
async fn told(
    mut watch: Watch,
    keeper: &Keeper,
    stop: &CancellationToken,
    look: impl FnOnce(&mut Watch) -> Vec<Happening> + Send + 'static,
) -> Watch {
    let looked = tokio::task::spawn_blocking(move || {
        let happened = look(&mut watch);
        (watch, happened)
    });
    let (mut watch, happened) = match looked.await {
        Ok(looked) => looked,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
    keeper.tell(&mut watch, happened, stop).await;
    watch
}
