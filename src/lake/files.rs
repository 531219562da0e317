//! The lake's folder: who may write to it, who reads, and what lies in it.
//!
//! In: a folder. Out: [`Turn`]s for one writer at a time, in any process, and a lock under which a day's files are
//! exchanged: whoever asks by SQL holds it shared, and so sees a day before or after, never between. Other tools
//! see each file whole, since files come by rename.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::day::Day;
use super::tables::tables;

/// How long an exchange of files waits for queries that are under way.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// How often it looks.
const LOOK: Duration = Duration::from_millis(10);

/// What the folder's files look like: see [`Lake::is_current`].
const SCHEMA_FILE: &str = "schema.json";

/// Why the open data cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// A file or folder.
    #[error("{}: {source}: check free space and permissions", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else writes.
    #[error("{}: another process writes the open data; try again when it has ended", .0.display())]
    Busy(PathBuf),
    /// Queries keep the files.
    #[error("{}: queries have kept the open data from being written for {s} s", path.display(), s = WAIT_MAX.as_secs())]
    Read {
        /// The folder.
        path: PathBuf,
    },
    /// A Parquet file cannot be made.
    #[error("{}: {source}", path.display())]
    Parquet {
        /// Which.
        path: PathBuf,
        /// Why.
        source: parquet::errors::ParquetError,
    },
}

pub(super) fn file_error(path: &Path) -> impl Fn(io::Error) -> LakeError + use<> {
    let path = path.to_owned();
    move |source| LakeError::File { path: path.clone(), source }
}

/// The open data's folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Lake {
    root: PathBuf,
}

impl Lake {
    /// Opens the folder, or makes it, for its owner's eyes only.
    ///
    /// # Errors
    /// [`LakeError::File`].
    pub fn open(root: &Path) -> Result<Self, LakeError> {
        let error = file_error(root);
        fs::create_dir_all(root).map_err(&error)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(root, fs::Permissions::from_mode(0o700)).map_err(&error)?;
        }
        Ok(Self { root: root.to_owned() })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Takes the turn to write. Without waiting: who has it may keep it for long.
    ///
    /// # Errors
    /// [`LakeError::Busy`], [`LakeError::File`].
    pub fn turn(&self) -> Result<Turn, LakeError> {
        let path = self.root.join(".writing");
        let lock = File::create(&path).map_err(file_error(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LakeError::Busy(self.root.clone())),
            Err(TryLockError::Error(source)) => return Err(LakeError::File { path, source }),
        }
        let turn = Turn { lake: self.clone(), _lock: lock };
        // What a killed process left half done.
        let unfinished = turn.unfinished();
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(file_error(&unfinished))?;
        }
        Ok(turn)
    }

    /// Keeps files from being exchanged while the answer lives. Blocks for the moment that an exchange takes.
    #[cfg(feature = "analytics")]
    pub(super) fn reading(&self) -> Result<File, LakeError> {
        let path = self.root.join(".lock");
        let lock = File::create(&path).map_err(file_error(&path))?;
        lock.lock_shared().map_err(file_error(&path))?;
        Ok(lock)
    }

    /// The days of which there is anything, in order.
    ///
    /// # Errors
    /// [`LakeError::File`].
    pub fn days(&self) -> Result<Vec<Day>, LakeError> {
        let mut days = Vec::new();
        for table in tables() {
            let folder = self.root.join(table.name);
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(LakeError::File { path: folder, source }),
            };
            for entry in entries {
                let name = entry.map_err(file_error(&folder))?.file_name();
                days.extend(name.to_str().and_then(|name| Day::parse(name.strip_prefix("day=")?)));
            }
        }
        days.sort_unstable();
        days.dedup();
        Ok(days)
    }

    /// Whether its files have the columns of this version. Not so for a new folder, and after a change of columns:
    /// then everything is to be made again.
    pub fn is_current(&self) -> bool {
        fs::read_to_string(self.root.join(SCHEMA_FILE)).is_ok_and(|text| text == described())
    }
}

/// The tables with their columns as JSON: `schemas/lake.json`, and `schema.json` in the folder itself.
pub(super) fn described() -> String {
    let column = |field: &arrow::datatypes::FieldRef| {
        serde_json::json!({
            "name": field.name(), "type": field.data_type().to_string(),
            "nullable": field.is_nullable(), "about": field.metadata().get("doc"),
        })
    };
    let table = |table: super::TableInfo| {
        let columns: Vec<_> = table.schema.fields().iter().map(column).collect();
        serde_json::json!({"table": table.name, "about": table.about, "columns": columns})
    };
    let all: Vec<_> = tables().into_iter().map(table).collect();
    let all = serde_json::json!({"schema": "lingting/lake/1", "tables": all});
    let mut text = serde_json::to_string_pretty(&all).expect("texts only");
    text.push('\n');
    text
}

/// The turn to write: one at a time, whatever the process. Given back when dropped.
#[derive(Debug)]
pub struct Turn {
    pub(super) lake: Lake,
    _lock: File,
}

impl Turn {
    pub(super) fn unfinished(&self) -> PathBuf {
        self.lake.root.join(".unfinished")
    }

    /// Says that all that is there has the columns of this version.
    ///
    /// # Errors
    /// [`LakeError::File`].
    pub fn set_current(&self) -> Result<(), LakeError> {
        let path = self.lake.root.join(SCHEMA_FILE);
        let beside = self.lake.root.join(".schema.json");
        fs::write(&beside, described()).map_err(file_error(&beside))?;
        fs::rename(&beside, &path).map_err(file_error(&path))
    }

    /// Waits until no query is under way, and keeps new ones waiting while the answer lives.
    pub(super) fn alone(&self) -> Result<File, LakeError> {
        let path = self.lake.root.join(".lock");
        let lock = File::create(&path).map_err(file_error(&path))?;
        let begun = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(lock),
                Err(TryLockError::Error(source)) => return Err(LakeError::File { path, source }),
                Err(TryLockError::WouldBlock) if begun.elapsed() > WAIT_MAX => {
                    return Err(LakeError::Read { path: self.lake.root.clone() });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK),
            }
        }
    }
}
