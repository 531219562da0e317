//! Backup and restore of a service that keeps everything on this machine.
//!
//! In: a data folder. Out: a folder with a snapshot of the database and all blobs, and a note of what it holds. It
//! may be taken while the service runs: the snapshot comes first, and every blob that it names was there before.
//! What is derived (search, open data) is not kept: the service makes it again from the event log. Keys that seal
//! blobs are not in it either: whoever finds a backup must not find its key beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::app::config::Config;
use crate::store::{Store, StoreError, now_us};

const NOTE: &str = "backup.json";
const DATABASE: &str = "lingting.db";
const BLOBS: &str = "blobs";

/// The form of [`Note`].
const FORM: &str = "lingting/backup/1";

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Always `lingting/backup/1`.
    pub form: String,
    /// The version that wrote it.
    pub version: String,
    /// When, microseconds since 1970.
    pub taken_us: i64,
    /// Of the database file.
    pub sha256: String,
    /// The number of the last event.
    pub seq: i64,
    /// Blobs and their bytes.
    pub blobs: u64,
    /// Bytes of all blobs.
    pub bytes: u64,
}

/// Why there is no backup, or it was not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another database, or blobs elsewhere.
    #[error(
        "{0} is not on this machine: back it up with its own tools (pg_dump; the bucket's versions)"
    )]
    Elsewhere(&'static str),
    /// Something is there already.
    #[error("{}: not empty; name a new folder, nothing is written over", .0.display())]
    Occupied(PathBuf),
    /// No backup, or not a whole one.
    #[error("{}: no whole backup ({why})", path.display())]
    Broken {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Io { path, source }
}

/// Where the blobs lie on this machine.
fn blobs_of(config: &Config) -> Result<PathBuf, BackupError> {
    let url = config.blobs.url.as_str();
    match url.split_once("://") {
        None => Ok(PathBuf::from(url)),
        Some(("file", path)) => Ok(PathBuf::from(path)),
        Some(_) => Err(BackupError::Elsewhere("audio (blobs)")),
    }
}

fn empty(folder: &Path) -> Result<(), BackupError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    match fs::read_dir(folder).map_err(at(folder))?.next() {
        None => Ok(()),
        Some(_) => Err(BackupError::Occupied(folder.to_owned())),
    }
}

/// Takes a backup into `to`, a folder that is empty or not there.
///
/// # Errors
/// [`BackupError`]; what was written by then carries no note and is no backup.
pub async fn back_up(config: &Config, to: &Path) -> Result<Note, BackupError> {
    if !config.store.starts_with("sqlite:") {
        return Err(BackupError::Elsewhere("the database"));
    }
    let blobs = blobs_of(config)?;
    empty(to)?;
    private(to)?;
    let store = Store::open(&config.store).await?;
    let database = to.join(DATABASE);
    store.snapshot(&database).await?;
    store.close().await?;
    // Asked of the snapshot: the store itself has gone on since.
    let seq = {
        let snapshot = Store::open(&format!("sqlite:{}", database.display())).await?;
        let seq = snapshot.last_seq().await?;
        snapshot.close().await?;
        seq
    };
    let (mut count, mut bytes) = (0, 0);
    copy(&blobs, &to.join(BLOBS), &mut |size| {
        count += 1;
        bytes += size;
    })?;
    let note = Note {
        form: FORM.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        taken_us: now_us(),
        sha256: digest(&database)?,
        seq,
        blobs: count,
        bytes,
    };
    let json = serde_json::to_string_pretty(&note).expect("texts and numbers");
    let path = to.join(NOTE);
    fs::write(&path, json).map_err(at(&path))?;
    Ok(note)
}

/// Puts a backup where `config` says its data are, which must be empty.
///
/// # Errors
/// [`BackupError`]; a backup that is not whole is refused before anything is written.
pub fn restore(from: &Path, config: &Config) -> Result<Note, BackupError> {
    let broken = |why: String| BackupError::Broken { path: from.to_owned(), why };
    let text = fs::read_to_string(from.join(NOTE)).map_err(|e| broken(e.to_string()))?;
    let note: Note = serde_json::from_str(&text).map_err(|e| broken(e.to_string()))?;
    if note.form != FORM {
        return Err(broken(format!("its form is {}, not {FORM}", note.form)));
    }
    if digest(&from.join(DATABASE))? != note.sha256 {
        return Err(broken("the database is not the one that was backed up".into()));
    }
    let (mut count, mut bytes) = (0, 0);
    walk(&from.join(BLOBS), &mut |_, size| {
        count += 1;
        bytes += size;
        Ok(())
    })?;
    if (count, bytes) != (note.blobs, note.bytes) {
        return Err(broken(format!(
            "{count} blobs of {bytes} bytes, not {} of {}",
            note.blobs, note.bytes
        )));
    }
    let database =
        config.store.strip_prefix("sqlite:").map(|path| path.split('?').next().unwrap_or(path));
    let database = PathBuf::from(database.ok_or(BackupError::Elsewhere("the database"))?);
    let blobs = blobs_of(config)?;
    empty(&config.data)?;
    private(&config.data)?;
    if database.exists() {
        return Err(BackupError::Occupied(database));
    }
    empty(&blobs)?;
    copy(&from.join(BLOBS), &blobs, &mut |_| ())?;
    // The database last: with it the service begins.
    fs::copy(from.join(DATABASE), &database).map_err(at(&database))?;
    Ok(note)
}

/// For its owner's eyes only.
fn private(folder: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(at(folder))
}

fn digest(path: &Path) -> Result<String, BackupError> {
    let mut hash = Sha256::new();
    let mut file = fs::File::open(path).map_err(at(path))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match io::Read::read(&mut file, &mut buffer).map_err(at(path))? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// All files below a folder that are whole; what is being written has a name of its own (`#`).
fn walk(
    folder: &Path,
    each: &mut dyn FnMut(&Path, u64) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        let (path, meta) = (entry.path(), entry.metadata().map_err(at(folder))?);
        let unfinished = entry.file_name().to_string_lossy().contains('#');
        match meta.is_dir() {
            true => walk(&path, each)?,
            false if unfinished => {}
            false => each(&path, meta.len())?,
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path, told: &mut dyn FnMut(u64)) -> Result<(), BackupError> {
    fs::create_dir_all(to).map_err(at(to))?;
    private(to)?;
    walk(from, &mut |path, size| {
        let below = path.strip_prefix(from).expect("it was found below");
        let target = to.join(below);
        fs::create_dir_all(target.parent().unwrap_or(to)).map_err(at(to))?;
        fs::copy(path, &target).map_err(at(path))?;
        told(size);
        Ok(())
    })
}
