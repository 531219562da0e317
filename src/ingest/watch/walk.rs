//! One look through a folder and all below it.
//!
//! In: a folder. Out: every file in it is met once. A stack, no recursion, and no list of all files: a folder
//! with a million of them takes no memory. Folders that cannot be read are told once.

use std::fs;
use std::path::{Path, PathBuf};

use super::Watch;

/// Levels of folders that are gone down.
const DEPTH_MAX: usize = 32;

impl Watch {
    /// Meets all files below a folder, until `room` files are waited for.
    pub(super) fn walk(&mut self, from: &Path, now_us: i64, room: usize) {
        let mut folders = vec![(from.to_owned(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            if self.is_left_out(&folder) {
                continue;
            }
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    self.trouble(&folder, error.to_string());
                    continue;
                }
            };
            self.told.remove(&folder);
            for entry in entries {
                if self.pending.len() >= room {
                    return;
                }
                // Gone between being listed and being looked at is no trouble.
                let Ok(entry) = entry else { continue };
                let Ok(meta) = entry.metadata() else { continue };
                let path = entry.path();
                if meta.is_file() {
                    self.met(path, &meta, now_us, room);
                } else if meta.is_dir() && is_looked_into(&path) {
                    match depth < DEPTH_MAX {
                        true => folders.push((path, depth + 1)),
                        false => self.trouble(&path, format!("deeper than {DEPTH_MAX} folders")),
                    }
                }
            }
        }
    }

    /// Where finished recordings are moved to.
    pub(super) fn is_left_out(&self, path: &Path) -> bool {
        self.folder.moved_to().is_some_and(|to| path.starts_with(to))
    }
}

/// Not `.snapshot`, `.Trash` and the like.
fn is_looked_into(folder: &Path) -> bool {
    let name: PathBuf = folder.file_name().unwrap_or_default().into();
    !name.to_string_lossy().starts_with('.')
}
