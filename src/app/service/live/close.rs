//! A call that is over becomes a file in the ledger; so does what a killed service left.
//!
//! In: the folder of a call. Out: an entry with what is known, under the id that the call was shown by while it went on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tokio::sync::Notify;

use super::tape_file;
use crate::store::ledger::{self, LIVE, Sighting};
use crate::store::{Store, StoreError, live, now_us};

/// How a call ended that a killed service left.
const KILLED: &str = "killed";

/// Why a call that is over was not handed on.
#[derive(Debug, thiserror::Error)]
pub(super) enum CloseError {
    /// The disk.
    #[error("its recording: {0}")]
    Io(#[from] io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where a call's recording lies.
pub(super) fn recording(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.wav"))
}

fn sidecar(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.call.json"))
}

/// Writes what is known beside the recording, whole or not at all.
pub(super) fn write_sidecar(folder: &Path, id: &str, text: &str) -> io::Result<()> {
    let draft = folder.join("facts.part");
    fs::write(&draft, text)?;
    fs::rename(&draft, sidecar(folder, id))
}

/// Enters a recording that is over, with its sidecar's text where that is known, and else with what lies beside it; one without
/// a sample is forgotten. Twice is once.
pub(super) async fn hand_on(
    store: &Store,
    folder: &Path,
    id: &str,
    cause: &str,
    known: Option<String>,
) -> Result<(), CloseError> {
    let path = recording(folder, id);
    let tx = store.begin().await?;
    if let Some(file) = sighting(&path)? {
        let facts = known.or_else(|| fs::read_to_string(sidecar(folder, id)).ok());
        let entry = ledger::see(&tx, &file, now_us()).await?;
        if entry.state == ledger::FileState::Seen {
            ledger::call_of(&tx, &entry.id, id).await?;
            ledger::settle(&tx, &entry.id, facts.as_deref(), 0, now_us()).await?;
        }
    }
    live::end(&tx, id, cause, now_us()).await?;
    tx.commit().await?;
    if !path.exists() && folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

/// The recording as the ledger sees it; `None` where nothing was recorded.
fn sighting(path: &Path) -> io::Result<Option<Sighting>> {
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if meta.len() <= tape_file::DATA_AT {
        fs::remove_file(path)?;
        return Ok(None);
    }
    let modified = meta.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Some(Sighting {
        source: LIVE.into(),
        path: path.display().to_string(),
        size: meta.len(),
        modified_us: i64::try_from(modified.as_micros()).unwrap_or(i64::MAX),
    }))
}

/// Closes the calls that a killed service left, and enters their recordings.
///
/// # Errors
/// [`StoreError`]; a recording that cannot be read is told and stays.
pub(in crate::app::service) async fn recover(
    store: &Store,
    folder: &Path,
    wake: &Notify,
) -> Result<(), StoreError> {
    let open = store.open_live().await?;
    for call in &open {
        let own = folder.join(&call.id);
        let path = recording(&own, &call.id);
        let mended = if path.exists() { tape_file::close(&path).map(drop) } else { Ok(()) };
        let handed = match mended {
            Ok(()) => hand_on(store, &own, &call.id, KILLED, None).await,
            Err(error) => Err(error.into()),
        };
        match handed {
            Ok(()) => tracing::info!(call = call.id, "a call that was cut off is analysed"),
            Err(CloseError::Store(error)) => return Err(error),
            Err(CloseError::Io(error)) => {
                tracing::error!(%error, call = call.id, "the recording of a call that was cut off cannot be used");
            }
        }
    }
    if !open.is_empty() {
        wake.notify_one();
    }
    Ok(())
}
