//! Watched folders: what [`Watch`] sees goes into the ledger.
//!
//! In: folders. Out: entries of the ledger, and jobs for those that are complete. A look through the folder
//! now and then is the truth; what the system tells meanwhile only saves waiting for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::ingest::source::Folder;
use crate::ingest::watch::{Happening, Hint, Hints, Seen, Watch};
use crate::store::ledger::{self, Entry, FileState, Filter, Sighting};
use crate::store::{Store, StoreError, Tx, now_us};

/// Entries written in one transaction.
const BATCH: usize = 200;

/// Entries of before a restart that are looked at again at a time.
const ADOPT_MAX: u32 = 10_000;

/// A folder, and where what is seen goes.
pub(super) struct Watcher {
    pub(super) folder: Folder,
    pub(super) store: Store,
    pub(super) wake: Arc<Notify>,
    pub(super) stop: CancellationToken,
}

impl Watcher {
    /// Watches until the service ends.
    pub(super) async fn watch(self) {
        let name = self.folder.name.clone();
        let mut watch = Watch::new(self.folder.clone());
        let mut hints = match Hints::new(&self.folder.path) {
            Ok(hints) => Some(hints),
            Err(error) => {
                tracing::warn!(source = name, %error, "no hints from this folder; it is looked through only");
                None
            }
        };
        let mut first_us = None;
        let mut scan_us = 0;
        while !self.stop.is_cancelled() {
            let now = now_us();
            let happened = if now >= scan_us {
                scan_us = now + self.folder.scan_us;
                match self.begin(&mut watch, now).await {
                    Ok(us) => first_us = Some(us),
                    Err(error) => {
                        tracing::error!(source = name, %error, "the ledger does not answer")
                    }
                }
                tokio::task::block_in_place(|| watch.scan(now))
            } else {
                match self.next(&mut hints, &watch, scan_us).await {
                    Some(Hint::At(path)) => {
                        tokio::task::block_in_place(|| watch.hint(&path, now_us()))
                    }
                    Some(Hint::Lost) => {
                        scan_us = 0;
                        Vec::new()
                    }
                    None => tokio::task::block_in_place(|| watch.due(now_us())),
                }
            };
            let first_us = first_us.unwrap_or(now);
            for batch in happened.chunks(BATCH) {
                if let Err(error) = self.tell(&mut watch, batch, first_us).await {
                    // Nothing is forgotten: the next look sees it again.
                    tracing::error!(source = name, %error, "the ledger was not written");
                }
            }
        }
    }

    /// The next hint; `None` when it is time to look at what is due.
    async fn next(&self, hints: &mut Option<Hints>, watch: &Watch, scan_us: i64) -> Option<Hint> {
        let due_us = watch.next_due_us().unwrap_or(scan_us).min(scan_us);
        // Never a busy loop, however the clock jumps.
        let wait_us = (due_us - now_us()).clamp(20_000, 60_000_000).unsigned_abs();
        let hint = async {
            match hints {
                Some(hints) => hints.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            hint = hint => Some(hint),
            () = tokio::time::sleep(Duration::from_micros(wait_us)) => None,
            () = self.stop.cancelled() => None,
        }
    }

    /// Takes up what the ledger still has as `seen`: from before a restart, or because a person wants it again.
    async fn begin(&self, watch: &mut Watch, now_us: i64) -> Result<i64, StoreError> {
        let tx = self.store.begin().await?;
        let first_us = ledger::first_scan_us(&tx, &self.folder.name, now_us).await?;
        tx.commit().await?;
        let filter = Filter {
            source: Some(self.folder.name.clone()),
            state: Some(FileState::Seen),
            before: None,
        };
        for entry in ledger::list(&self.store, &filter, ADOPT_MAX).await? {
            watch.adopt(seen_of(&entry), now_us);
        }
        Ok(first_us)
    }

    async fn tell(
        &self,
        watch: &mut Watch,
        happened: &[Happening],
        first_us: i64,
    ) -> Result<(), StoreError> {
        let tx = self.store.begin().await?;
        let mut settled = Vec::new();
        for one in happened {
            self.enter(&tx, one, first_us, &mut settled).await?;
        }
        tx.commit().await?;
        for file in &settled {
            watch.settled(file);
        }
        if happened.iter().any(|one| matches!(one, Happening::Complete { .. })) {
            self.wake.notify_waiters();
        }
        Ok(())
    }

    async fn see(&self, tx: &Tx, file: &Seen) -> Result<Entry, StoreError> {
        let Seen { path, size, modified_us } = file;
        let path = path.display().to_string();
        let source = self.folder.name.clone();
        let sighting = Sighting { source, path, size: *size, modified_us: *modified_us };
        ledger::see(tx, &sighting, now_us()).await
    }

    async fn enter(
        &self,
        tx: &Tx,
        happened: &Happening,
        first_us: i64,
        settled: &mut Vec<Seen>,
    ) -> Result<(), StoreError> {
        let (file, now) = match happened {
            Happening::Trouble { path, why } => {
                // A folder's name may name a person.
                tracing::warn!(source = self.folder.name, path = %path.display(), why, "cannot be looked at");
                return Ok(());
            }
            Happening::Seen(file)
            | Happening::Gone(file)
            | Happening::Complete { file, .. }
            | Happening::NoRecording { file, .. }
            | Happening::Unusable { file, .. } => (file, now_us()),
        };
        let entry = self.see(tx, file).await?;
        if entry.state != FileState::Seen {
            settled.push(file.clone());
            return Ok(());
        }
        match happened {
            Happening::Seen(_) | Happening::Trouble { .. } => return Ok(()),
            Happening::Gone(_) => ledger::gone(tx, &entry.id, now).await?,
            Happening::NoRecording { why, .. } => ledger::skip(tx, &entry.id, why, now).await?,
            Happening::Unusable { why, .. } => ledger::fail(tx, &entry.id, why, false, now).await?,
            Happening::Complete { facts, other_side, .. } => {
                let lane = i64::from(file.modified_us < first_us);
                ledger::settle(tx, &entry.id, facts.as_deref(), lane, now).await?;
                if let Some(other) = other_side {
                    let side = self.see(tx, other).await?;
                    if side.state == FileState::Seen {
                        let why = format!("the other side of {}", name_of(&file.path));
                        ledger::skip(tx, &side.id, &why, now).await?;
                    }
                    settled.push(other.clone());
                }
            }
        }
        settled.push(file.clone());
        Ok(())
    }
}

fn name_of(path: &std::path::Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The file of an entry, as the folder would show it.
pub(super) fn seen_of(entry: &Entry) -> Seen {
    Seen {
        path: PathBuf::from(&entry.file.path),
        size: entry.file.size,
        modified_us: entry.file.modified_us,
    }
}
