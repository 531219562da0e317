//! The way in: sources are watched, the ledger is told, and workers get files they can open.
//!
//! In: sources as set. Out: entries in the ledger, and for each a local file. One task a source; a source that
//! does not answer is told in the log and asked again, and stops no other. Once a call is kept, its file is
//! left, moved or deleted as its source wishes.

mod bucket;
mod folder;
mod keeper;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::domain::CallId;
use crate::ingest::bucket::Objects;
use crate::ingest::common_stem;
use crate::ingest::source::{After, Board, Folder, Source};
use crate::ingest::spool::Spool;
use crate::ingest::watch::{Seen, after, path_of};
use crate::store::ledger::{Entry, LIVE, UPLOAD};
use crate::store::{Store, StoreError, ledger, uploads};
use crate::wire::sidecar::parse_sidecar;

/// Notifications of buckets that wait to be looked at; what is lost is found by the next look.
const HINTS_MAX: usize = 1_024;

/// Why the file of an entry cannot be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum IntakeError {
    /// It is no longer what was seen.
    #[error("{0}")]
    File(&'static str),
    /// The disk.
    #[error("the file cannot be read ({0}): check that it is there and its permissions")]
    Io(#[from] io::Error),
    /// The bucket.
    #[error("the bucket: {0}")]
    Bucket(#[from] object_store::Error),
}

impl IntakeError {
    /// Whether trying again later may help.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            IntakeError::File(_) => false,
            IntakeError::Io(error) => error.kind() != io::ErrorKind::NotFound,
            IntakeError::Bucket(error) => !matches!(error, object_store::Error::NotFound { .. }),
        }
    }
}

/// The files of an entry, here and readable for as long as this lives.
pub(super) struct Opened {
    /// One, or the two sides of a call in leg order.
    pub(super) files: Vec<PathBuf>,
    /// The name of the call where no fact names it.
    pub(super) stem: String,
    _fetched: Option<TempDir>,
}

/// All sources.
pub(super) struct Intake {
    store: Store,
    wake: Arc<Notify>,
    sources: Vec<Source>,
    /// For what is fetched from buckets while it is worked on.
    work: PathBuf,
    hints: broadcast::Sender<(String, String)>,
    board: Board,
}

impl Intake {
    /// Nothing is watched yet: see [`Intake::watch`].
    pub(super) fn new(
        store: Store,
        wake: Arc<Notify>,
        sources: Vec<Source>,
        work: PathBuf,
    ) -> Self {
        let hints = broadcast::Sender::new(HINTS_MAX);
        Self { store, wake, sources, work, hints, board: Board::default() }
    }

    /// Where notifications of buckets go: bucket and key.
    pub(super) fn hints(&self) -> broadcast::Sender<(String, String)> {
        self.hints.clone()
    }

    /// How sources are doing.
    pub(super) fn board(&self) -> Board {
        self.board.clone()
    }

    /// Sets a task to each source.
    pub(super) fn watch(&self, tasks: &mut JoinSet<()>, stop: &CancellationToken) {
        for source in &self.sources {
            let keeper = keeper::Keeper::new(self.store.clone(), Arc::clone(&self.wake), source);
            let board = self.board.clone();
            match source.clone() {
                Source::Folder(folder) => {
                    tasks.spawn(folder::watch(folder, keeper, board, stop.clone()));
                }
                Source::Bucket(bucket) => {
                    let hints = self.hints.subscribe();
                    tasks.spawn(bucket::watch(bucket, keeper, hints, board, stop.clone()));
                }
            }
        }
    }

    /// Makes the files of an entry readable, fetching what lies in a bucket.
    ///
    /// # Errors
    /// [`IntakeError`].
    pub(super) async fn open(&self, entry: &Entry) -> Result<Opened, IntakeError> {
        if entry.file.path.starts_with("s3://") {
            return self.fetch(entry).await;
        }
        let path = path_of(&entry.file.path);
        let files = match sides(entry) {
            Some([first, second]) => vec![path.with_file_name(first), path.with_file_name(second)],
            None => vec![path.clone()],
        };
        for file in &files {
            self.is_within(entry, file)?;
        }
        // Written to since: that will be another entry, and this one no call.
        if fs::metadata(&path)?.len() != entry.file.size {
            return Err(IntakeError::File("the file changed after it was complete"));
        }
        let common = match &files[..] {
            [one, other] => common_stem(one, other),
            _ => None,
        };
        Ok(Opened { stem: common.unwrap_or_else(|| stem(&path)), files, _fetched: None })
    }

    /// Links that were put in the place of a file lead nowhere.
    fn is_within(&self, entry: &Entry, file: &Path) -> Result<(), IntakeError> {
        let Some(folder) = self.folder(entry) else { return Ok(()) };
        match fs::canonicalize(file)?.starts_with(&folder.path) {
            true => Ok(()),
            false => Err(IntakeError::File("the file is a link out of its folder")),
        }
    }

    async fn fetch(&self, entry: &Entry) -> Result<Opened, IntakeError> {
        let source = self.sources.iter().find(|source| source.name() == entry.file.source);
        let Some(Source::Bucket(bucket)) = source else {
            return Err(IntakeError::File("its source is no longer in the configuration"));
        };
        let objects = Objects::open(bucket.clone())?;
        fs::create_dir_all(&self.work)?;
        let folder = TempDir::new_in(&self.work)?;
        let url = Path::new(&entry.file.path);
        let to = folder.path().join(url.file_name().unwrap_or_default());
        objects.fetch(&entry.file.path, &to).await?;
        Ok(Opened { files: vec![to], stem: stem(url), _fetched: Some(folder) })
    }

    /// What is to be done with the file of a call that is safely kept, or known already. Failing is no reason to
    /// undo anything: it is tried again when the file is next seen.
    pub(super) async fn after(&self, entry: &Entry) {
        let path = path_of(&entry.file.path);
        let other = other_side(entry, &path);
        let (source, id) = (entry.file.source.clone(), entry.id.clone());
        let folder = self.folder(entry).cloned();
        let (size, modified_us) = (entry.file.size, entry.file.modified_us);
        let done = tokio::task::spawn_blocking(move || -> io::Result<()> {
            if source == UPLOAD {
                // The entry's own goes last: while it is there, a killed process leaves nothing that is not found again.
                return other.iter().chain([&path]).try_for_each(|file| discard(file));
            }
            if source == LIVE {
                return discard_live(&path);
            }
            let Some(folder) = folder.filter(|folder| folder.after != After::Leave) else {
                return Ok(());
            };
            if let Some(other) = other
                && let Some(seen) = Seen::now(&other)?
            {
                after(&folder, &seen)?;
            }
            after(&folder, &Seen { path, size, modified_us })
        });
        match done.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, entry = id, "the file of a kept call stays where it is")
            }
            Err(error) => {
                tracing::error!(%error, entry = id, "the file of a kept call stays where it is")
            }
        }
    }

    /// Takes up what a killed process left: uploads that nobody will go on with and that are not in the ledger, and files of
    /// uploads that are calls already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn tidy(&self, spool: &Spool, folder: &Path) -> Result<(), StoreError> {
        // What has its name first, as that is known by its path: of a backlog every one would be looked for.
        let mut left = spool.parts().unwrap_or_default();
        for id in spool.folders().unwrap_or_default() {
            if !self.tidy_folder(&folder.join(&id)).await? {
                left.push(id);
            }
        }
        for id in left {
            if !uploads::is_wanted(&self.store, &id).await?
                && let Err(error) = spool.discard(&id).await
            {
                tracing::warn!(%error, "a broken upload stays");
            }
        }
        Ok(())
    }

    /// Does with the files of an upload what is done with those of calls. Tells whether the ledger has one of them.
    async fn tidy_folder(&self, folder: &Path) -> Result<bool, StoreError> {
        let files: Vec<PathBuf> =
            fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
        let mut is_known = false;
        for file in files {
            let entry = ledger::of_path(&self.store, UPLOAD, &file.display().to_string()).await?;
            is_known |= entry.is_some();
            if let Some(entry) = entry.filter(keeper::is_kept) {
                self.after(&entry).await;
            }
        }
        Ok(is_known)
    }

    fn folder(&self, entry: &Entry) -> Option<&Folder> {
        self.sources.iter().find_map(|source| match source {
            Source::Folder(folder) if folder.name == entry.file.source => Some(folder),
            _ => None,
        })
    }
}

/// The names of a call's two files, where the facts say that there are two.
fn sides(entry: &Entry) -> Option<[String; 2]> {
    let any = CallId::new("any").ok()?;
    let files = parse_sidecar(entry.facts.as_deref()?, &any).ok()?.files;
    let plain = |name: &String| Path::new(name).file_name() == Some(name.as_ref());
    files.iter().all(plain).then(|| <[String; 2]>::try_from(files).ok()).flatten()
}

/// The file of a call's other side, where there is one.
fn other_side(entry: &Entry, own: &Path) -> Option<PathBuf> {
    let files = sides(entry)?.map(|name| own.with_file_name(name));
    files.into_iter().find(|file| file != own)
}

/// A folder in the spool holds one upload.
fn discard(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Not empty, or not there: nothing is lost by leaving it.
    let _ = file.parent().map(fs::remove_dir);
    Ok(())
}

/// A live call has a folder of its own, with its sidecar beside the recording.
fn discard_live(file: &Path) -> io::Result<()> {
    let _ = fs::remove_file(file.with_extension("call.json"));
    discard(file)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
