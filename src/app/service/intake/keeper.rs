//! What a source tells becomes entries in the ledger.
//!
//! In: [`Happening`]s. Out: entries, a hundred or two a transaction, and jobs. A store that does not answer is
//! waited for: what was seen is seen again until it is written down.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::ingest::bucket::Objects;
use crate::ingest::source::{After, Folder, Source};
use crate::ingest::watch::{Happening, Seen, Watch, after, path_of, path_text};
use crate::store::ledger::{self, Entry, FileState, Filter, Sighting};
use crate::store::{Store, StoreError, now_us};

/// Happenings written down in one transaction.
const BATCH: usize = 200;

/// The wait for a store that does not answer.
const PAUSE: Duration = Duration::from_secs(2);

/// Entries asked of the ledger at a time.
const PAGE: u32 = 1_000;

/// Entries that one look takes over from the ledger.
const ADOPTED_MAX: usize = 10_000;

/// What remembers which files it waits for.
pub(super) trait Waiting {
    fn settled(&mut self, file: &Seen);
    fn adopt(&mut self, file: Seen, now_us: i64);
}

impl Waiting for Watch {
    fn settled(&mut self, file: &Seen) {
        Watch::settled(self, file);
    }
    fn adopt(&mut self, file: Seen, now_us: i64) {
        Watch::adopt(self, file, now_us);
    }
}

impl Waiting for Objects {
    fn settled(&mut self, file: &Seen) {
        Objects::settled(self, file);
    }
    fn adopt(&mut self, file: Seen, now_us: i64) {
        Objects::adopt(self, file, now_us);
    }
}

/// Keeps one source's part of the ledger.
pub(super) struct Keeper {
    store: Store,
    wake: Arc<Notify>,
    source: String,
    /// Where files are moved or deleted once they are calls.
    folder: Option<Folder>,
}

impl Keeper {
    pub(super) fn new(store: Store, wake: Arc<Notify>, source: &Source) -> Self {
        let folder = match source {
            Source::Folder(folder) => {
                Some(folder.clone()).filter(|folder| folder.after != After::Leave)
            }
            Source::Bucket(_) => None,
        };
        Self { store, wake, source: source.name().to_owned(), folder }
    }

    /// The source's name.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Writes down what happened; returns when it is, or when the service stops.
    pub(super) async fn tell(
        &self,
        waiting: &mut impl Waiting,
        mut happened: Vec<Happening>,
        stop: &CancellationToken,
    ) {
        while !happened.is_empty() && !stop.is_cancelled() {
            let batch: Vec<Happening> = happened.drain(..happened.len().min(BATCH)).collect();
            loop {
                match self.write(&batch).await {
                    Ok(settled) => {
                        settled.iter().for_each(|file| waiting.settled(file));
                        break;
                    }
                    Err(error) => {
                        tracing::error!(source = self.source, %error, "what was seen is not written down yet");
                        tokio::select! {
                            () = tokio::time::sleep(PAUSE) => {}
                            () = stop.cancelled() => return,
                        }
                    }
                }
            }
        }
    }

    /// Takes over what the ledger has as `seen`: from before a restart, or because a person wants it again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn adopt(
        &self,
        waiting: &mut impl Waiting,
        now_us: i64,
    ) -> Result<(), StoreError> {
        // Before the first look: what comes while it lasts is no backlog.
        let tx = self.store.begin().await?;
        ledger::first_scan_us(&tx, &self.source, now_us).await?;
        tx.commit().await?;
        let (source, state) = (Some(self.source.clone()), Some(FileState::Seen));
        let mut filter = Filter { source, state, before: None };
        let mut adopted = 0;
        while adopted < ADOPTED_MAX {
            let page = ledger::list(&self.store, &filter, PAGE).await?;
            let Some(last) = page.last() else { break };
            filter.before = Some(last.id.clone());
            adopted += page.len();
            for Entry { file, .. } in page {
                let Sighting { path, size, modified_us, .. } = file;
                waiting.adopt(Seen { path: path_of(&path), size, modified_us }, now_us);
            }
        }
        Ok(())
    }

    /// Tells which files need not be waited for any more.
    async fn write(&self, batch: &[Happening]) -> Result<Vec<Seen>, StoreError> {
        let now_us = now_us();
        let (mut settled, mut left, mut jobs) = (Vec::new(), Vec::new(), false);
        let tx = self.store.begin().await?;
        let first_us = ledger::first_scan_us(&tx, &self.source, now_us).await?;
        for happening in batch {
            let file = match happening {
                Happening::Trouble { path, why } => {
                    // A file's name may be a customer's number.
                    let folder =
                        if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
                    tracing::warn!(source = self.source, folder = %folder.display(), why, "cannot be looked at");
                    continue;
                }
                Happening::Seen(file)
                | Happening::Gone(file)
                | Happening::Complete { file, .. }
                | Happening::NoRecording { file, .. }
                | Happening::Unusable { file, .. } => file,
            };
            let entry = ledger::see(&tx, &self.sighting(file), now_us).await?;
            if entry.state != FileState::Seen {
                settled.push(file.clone());
                left.extend(is_kept(&entry).then(|| file.clone()));
                continue;
            }
            match happening {
                Happening::Seen(_) | Happening::Trouble { .. } => continue,
                Happening::Gone(_) => ledger::gone(&tx, &entry.id, now_us).await?,
                Happening::NoRecording { why, .. } => {
                    ledger::skip(&tx, &entry.id, why, now_us).await?
                }
                Happening::Unusable { why, .. } => {
                    ledger::fail(&tx, &entry.id, why, false, now_us).await?
                }
                Happening::Complete { facts, other_side, .. } => {
                    let lane = i64::from(file.modified_us < first_us);
                    ledger::settle(&tx, &entry.id, facts.as_deref(), lane, now_us).await?;
                    jobs = true;
                    if let Some(other) = other_side {
                        ledger::join(&tx, &self.sighting(other), &entry.id, now_us).await?;
                        settled.push(other.clone());
                    }
                }
            }
            settled.push(file.clone());
        }
        tx.commit().await?;
        if jobs {
            self.wake.notify_waiters();
        }
        self.tidy(left).await;
        Ok(settled)
    }

    /// A process was killed between keeping a call and moving its file.
    async fn tidy(&self, left: Vec<Seen>) {
        let Some(folder) = self.folder.clone().filter(|_| !left.is_empty()) else { return };
        let source = self.source.clone();
        let done = tokio::task::spawn_blocking(move || {
            for file in left {
                if let Err(error) = after(&folder, &file) {
                    tracing::warn!(source, %error, "the file of a kept call stays where it is");
                }
            }
        });
        if let Err(error) = done.await {
            tracing::error!(%error, "files of kept calls stay where they are");
        }
    }

    fn sighting(&self, file: &Seen) -> Sighting {
        Sighting {
            source: self.source.clone(),
            path: path_text(&file.path),
            size: file.size,
            modified_us: file.modified_us,
        }
    }
}

/// Whether the content of a file is safely kept.
pub(super) fn is_kept(entry: &Entry) -> bool {
    let duplicate = || entry.why.as_deref().is_some_and(|why| why.starts_with(ledger::DUPLICATE));
    entry.state == FileState::Done || (entry.state == FileState::Skipped && duplicate())
}
