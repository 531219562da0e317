//! What is done with a recording once it is safely kept: left, moved or deleted.
//!
//! In: the source's wish and the file as the ledger knows it. Out: the wish fulfilled, or why not. A file that
//! has changed since is left alone: it is another recording.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::source::{After, Folder};
use super::beside::sidecars;
use super::{Seen, seen};

/// Names tried before a move is given up.
const NAMES_MAX: u32 = 100;

/// Does with a file and its sidecars what the source wishes. To be called when the blob is stored and the call
/// is committed, not before; to do it twice does no harm.
///
/// # Errors
/// What the system said; nothing is lost then, a file is at its old place or at its new one.
pub fn after(folder: &Folder, file: &Seen) -> io::Result<()> {
    if folder.after == After::Leave {
        return Ok(());
    }
    match fs::symlink_metadata(&file.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(meta) if seen(file.path.clone(), &meta) != *file => return Ok(()),
        Ok(_) => {}
    }
    // Sidecars go last: a file without its facts would be the worse half.
    for path in std::iter::once(file.path.clone()).chain(sidecars(&file.path)) {
        match &folder.after {
            After::Leave => {}
            After::Delete => fs::remove_file(&path)?,
            After::Move(to) => move_below(&path, &folder.path, to)?,
        }
    }
    Ok(())
}

/// Moves a file to the same place below another folder; never over another file.
fn move_below(path: &Path, root: &Path, to: &Path) -> io::Result<()> {
    let below = path.strip_prefix(root).map_err(io::Error::other)?;
    let target = to.join(below);
    fs::create_dir_all(target.parent().unwrap_or(to))?;
    let target = free_name(&target)?;
    match fs::rename(path, &target) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            fs::copy(path, &target)?;
            fs::File::open(&target)?.sync_all()?;
            fs::remove_file(path)
        }
        done => done,
    }
}

fn free_name(wanted: &Path) -> io::Result<PathBuf> {
    let stem = wanted.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let end =
        wanted.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    let names = (1..NAMES_MAX).map(|n| wanted.with_file_name(format!("{stem} ({n}){end}")));
    let mut names = std::iter::once(wanted.to_owned()).chain(names);
    let free = names.find(|path| fs::symlink_metadata(path).is_err());
    free.ok_or_else(|| io::Error::from(io::ErrorKind::AlreadyExists))
}
