//! A watched folder: which files are there, which are complete, and what lies beside them.
//!
//! In: a folder, hints that something happened, and the time, which is handed in. Out: [`Happening`]s for the
//! ledger. A look through the whole folder is the truth; hints only save waiting for it. Files are only
//! read, and symbolic links are not followed: what they point to inside the folder is met by its own name.
//! What is being watched for is kept in memory up to [`PENDING_MAX`]; the ledger remembers the rest.

mod after;
mod beside;
mod hints;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};

pub use after::after;
pub(super) use beside::{Kind, is_text_name, kind};
pub use hints::{Hint, Hints};

use super::scan::EXTENSIONS;
use super::source::{Folder, Trouble};
use beside::{Beside, Found};

/// Files that are waited for at a time. Backlog beyond it waits for the next look; what a hint brings does not.
pub const PENDING_MAX: usize = 10_000;

/// Files of which is remembered that the ledger has them. Beyond it the ledger is asked again.
const KNOWN_MAX: usize = 1_000_000;

/// Troubles of which is remembered that they were told.
const TOLD_MAX: usize = 1_000;

/// A file as it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Where.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Last written, in microseconds since 1970.
    pub modified_us: i64,
}

impl Seen {
    /// A file as it stands now; `None` when it is not there, or is none.
    ///
    /// # Errors
    /// What the system said.
    pub fn now(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::symlink_metadata(path) {
            Ok(meta) => Ok(meta.is_file().then(|| seen(path.to_owned(), &meta))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What the ledger must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A file is there; it may still be written to.
    Seen(Seen),
    /// It is complete.
    Complete {
        /// The file.
        file: Seen,
        /// What is known about it, in a sidecar's form.
        facts: Option<String>,
        /// The file with the call's other side, which is no call of its own.
        other_side: Option<Seen>,
    },
    /// It is complete, and no recording.
    NoRecording {
        /// The file.
        file: Seen,
        /// Why.
        why: String,
    },
    /// It is complete, but what lies beside it cannot be read.
    Unusable {
        /// The file.
        file: Seen,
        /// Why, and what to do.
        why: String,
    },
    /// It went away before it was complete.
    Gone(Seen),
    /// Something cannot be looked at. Told once, until it can be.
    Trouble {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// A file that is waited for.
#[derive(Debug, Clone)]
struct Pending {
    size: u64,
    modified_us: i64,
    /// Since when it has not changed, as far as we saw.
    since_us: i64,
    /// When to look again.
    due_us: i64,
}

/// What is known of one watched folder.
pub struct Watch {
    folder: Folder,
    beside: Beside,
    pending: BTreeMap<PathBuf, Pending>,
    known: HashSet<u128>,
    told: BTreeMap<PathBuf, String>,
    was_full: bool,
    out: Vec<Happening>,
}

impl Watch {
    /// Begins to watch. Nothing is looked at yet.
    pub fn new(folder: Folder) -> Self {
        let beside = Beside::new(&folder.knowing);
        Self {
            folder,
            beside,
            pending: BTreeMap::new(),
            known: HashSet::new(),
            told: BTreeMap::new(),
            was_full: false,
            out: Vec::new(),
        }
    }

    /// The folder as set.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Looks through the whole folder, and then at what is due.
    pub fn scan(&mut self, now_us: i64) -> Vec<Happening> {
        let root = self.folder.path.clone();
        self.walk(&root, now_us, PENDING_MAX);
        // What has gone is no trouble any more; that the folder itself has gone is.
        self.told.retain(|path, _| *path == root || path.symlink_metadata().is_ok());
        self.was_full = self.pending.len() >= PENDING_MAX;
        self.due(now_us)
    }

    /// Looks at one path of which something was heard.
    pub fn hint(&mut self, path: &Path, now_us: i64) -> Vec<Happening> {
        // Watches of a system may give paths through links, and of folders that are left out.
        if path.starts_with(&self.folder.path) && !self.is_left_out(path) {
            match std::fs::symlink_metadata(path) {
                Ok(meta) if meta.is_dir() => self.walk(path, now_us, 2 * PENDING_MAX),
                Ok(meta) if meta.is_file() => {
                    self.met(path.to_owned(), &meta, now_us, 2 * PENDING_MAX)
                }
                _ => {}
            }
            // A sidecar: what waits for it need not wait any longer.
            for (_, pending) in self.same_stem(path) {
                pending.due_us = pending.due_us.min(now_us.max(pending.since_us + 1));
            }
        }
        std::mem::take(&mut self.out)
    }

    /// Looks at the files whose time has come.
    pub fn due(&mut self, now_us: i64) -> Vec<Happening> {
        if self.root_is_there() {
            let due: Vec<PathBuf> = self
                .pending
                .iter()
                .filter(|(_, p)| p.due_us <= now_us)
                .map(|(path, _)| path.clone())
                .collect();
            self.beside.many_are_due(&due);
            for path in due {
                self.look(&path, now_us);
            }
            self.beside.many_were_due();
        }
        std::mem::take(&mut self.out)
    }

    /// When to call [`Watch::due`] again.
    pub fn next_due_us(&self) -> Option<i64> {
        self.pending.values().map(|pending| pending.due_us).min()
    }

    /// Whether the last look left backlog outside, and there is room for it now.
    pub fn has_room_again(&self) -> bool {
        self.was_full && self.pending.len() < PENDING_MAX / 2
    }

    /// The ledger has this file beyond `seen`: it is not looked at again.
    pub fn settled(&mut self, file: &Seen) {
        self.pending.remove(&file.path);
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
        }
        self.known.insert(fingerprint(file));
    }

    /// A file that the ledger has as `seen`: from before a restart, or because a person wants it again.
    pub fn adopt(&mut self, file: Seen, now_us: i64) {
        self.known.remove(&fingerprint(&file));
        if !self.pending.contains_key(&file.path) {
            self.wait_for(file, now_us);
        }
    }

    fn wait_for(&mut self, file: Seen, now_us: i64) {
        let due_us = now_us + self.folder.settle_us;
        let Seen { path, size, modified_us } = file;
        self.pending.insert(path, Pending { size, modified_us, since_us: now_us, due_us });
    }

    /// A file in the folder, old or new.
    fn met(&mut self, path: PathBuf, meta: &std::fs::Metadata, now_us: i64, room: usize) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match kind(&name) {
            Kind::Unfinished => return,
            Kind::Sidecar => return,
            Kind::Manifest => {
                if let Err(why) = self.beside.manifest(&path, meta) {
                    self.trouble(&path, why);
                }
                return;
            }
            Kind::Other => {}
        }
        let file = seen(path, meta);
        let is_pending = self.pending.contains_key(&file.path);
        if is_pending || self.known.contains(&fingerprint(&file)) || self.pending.len() >= room {
            return;
        }
        self.told.remove(&file.path);
        // A text may be a sidecar, which is no entry of its own.
        if !is_text_name(&file.path) {
            self.out.push(Happening::Seen(file.clone()));
        }
        self.wait_for(file, now_us);
    }

    /// A pending file whose time has come.
    fn look(&mut self, path: &Path, now_us: i64) {
        let Some(pending) = self.pending.get(path).cloned() else { return };
        let was =
            Seen { path: path.to_owned(), size: pending.size, modified_us: pending.modified_us };
        let meta = match std::fs::symlink_metadata(path) {
            Ok(meta) if meta.is_file() => meta,
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                self.trouble(path, error.to_string());
                self.again(path, now_us, self.folder.settle_us);
                return;
            }
            _ => {
                self.pending.remove(path);
                if !is_text_name(path) {
                    self.out.push(Happening::Gone(was));
                }
                return;
            }
        };
        let file = seen(path.to_owned(), &meta);
        if file != was {
            if !is_text_name(path) {
                self.out.push(Happening::Seen(file.clone()));
            }
            self.wait_for(file, now_us);
        } else if now_us - pending.since_us < self.folder.settle_us {
            self.again(path, pending.since_us, self.folder.settle_us);
        } else {
            self.complete(file, pending.since_us + self.folder.settle_us, now_us);
        }
    }

    /// A file that has not changed for long enough since `complete_us` less that time.
    fn complete(&mut self, file: Seen, complete_us: i64, now_us: i64) {
        let waited = now_us - complete_us >= self.folder.sidecar_wait_us;
        let other = match beside::other_side(&file.path) {
            None => None,
            Some((other, is_first)) => match (self.complete_other(&other, now_us), is_first) {
                (Other::Complete(seen), true) => Some(seen),
                // The first side takes this one along.
                (Other::Complete(_) | Other::Growing, false) | (Other::Growing, true) => {
                    return self.again(&file.path, now_us, self.folder.settle_us);
                }
                (Other::Missing, _) if waited => None,
                (Other::Missing, _) => return self.again_soon(&file.path, complete_us, now_us),
            },
        };
        match self.beside.found(&file, other.as_ref(), now_us - self.folder.settle_us, waited) {
            Found::Wait => self.again_soon(&file.path, complete_us, now_us),
            Found::Sidecar => self.settled(&file),
            Found::Nothing(why) => self.out.push(Happening::NoRecording { file, why }),
            Found::Broken(why) => self.out.push(Happening::Unusable { file, why }),
            Found::Facts(facts) => {
                self.out.push(Happening::Complete { file, facts, other_side: other });
            }
        }
    }

    fn complete_other(&mut self, path: &Path, now_us: i64) -> Other {
        let Ok(meta) = std::fs::symlink_metadata(path) else { return Other::Missing };
        let file = seen(path.to_owned(), &meta);
        match self.pending.get(path) {
            Some(p) if (p.size, p.modified_us) == (file.size, file.modified_us) => {
                match now_us - p.since_us >= self.folder.settle_us {
                    true => Other::Complete(file),
                    false => Other::Growing,
                }
            }
            Some(_) => Other::Growing,
            // Settled by itself, before this one came.
            None if self.known.contains(&fingerprint(&file)) => Other::Missing,
            None => Other::Growing,
        }
    }

    /// Looks again when the wait is over, or when a hint tells of a sidecar; without hints, in between.
    fn again_soon(&mut self, path: &Path, complete_us: i64, now_us: i64) {
        let left = complete_us + self.folder.sidecar_wait_us - now_us;
        self.again(path, now_us, left.clamp(1, self.folder.settle_us.max(1)));
    }

    fn again(&mut self, path: &Path, from_us: i64, after_us: i64) {
        if let Some(pending) = self.pending.get_mut(path) {
            pending.due_us = from_us + after_us;
        }
    }

    fn same_stem(
        &mut self,
        path: &Path,
    ) -> impl Iterator<Item = (&PathBuf, &mut Pending)> + use<'_> {
        let stem = beside::stem(path);
        let from = path.with_file_name(&stem);
        // In the map's order all paths that begin so stand together, but for those of folders between.
        self.pending
            .range_mut(from.clone()..)
            .take_while(move |(other, _)| other.parent() == from.parent())
            .take(64)
            .filter(move |(other, _)| beside::stem(other) == stem)
    }

    fn trouble(&mut self, path: &Path, why: String) {
        let known = self.told.contains_key(path);
        if !known && self.told.len() < TOLD_MAX {
            self.told.insert(path.to_owned(), why.clone());
            self.out.push(Happening::Trouble { path: path.to_owned(), why });
        }
    }

    /// An unmounted folder must not look like one from which everything was deleted.
    /// What cannot be looked at, as of the last look.
    pub fn trouble_now(&self) -> Option<Trouble> {
        // The folder itself comes before all that is in it.
        let (path, why) = self.told.first_key_value()?;
        let is_folder = *path == self.folder.path || path.is_dir();
        let folder = if is_folder { Some(&**path) } else { path.parent() };
        let path = folder.unwrap_or(&self.folder.path).to_owned();
        Some(Trouble::Folder { path, why: why.clone(), more: self.told.len() - 1 })
    }

    fn root_is_there(&mut self) -> bool {
        let root = self.folder.path.clone();
        match std::fs::read_dir(&root) {
            Ok(_) => {
                self.told.remove(&root);
                true
            }
            Err(error) => {
                self.trouble(&root, error.to_string());
                false
            }
        }
    }
}

/// The file with a call's other side.
enum Other {
    Complete(Seen),
    Growing,
    Missing,
}

fn seen(path: PathBuf, meta: &std::fs::Metadata) -> Seen {
    let modified = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let modified_us = modified.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(0));
    Seen { path, size: meta.len(), modified_us }
}

/// A path as text in the ledger: itself, or a `file:` URL when it is not UTF-8 (names in GBK are common).
pub fn path_text(path: &Path) -> String {
    match path.to_str() {
        Some(text) => text.to_owned(),
        None => url::Url::from_file_path(path)
            .map_or_else(|()| path.display().to_string(), String::from),
    }
}

/// The path of a text in the ledger.
pub fn path_of(text: &str) -> PathBuf {
    let url = url::Url::parse(text).ok().filter(|url| url.scheme() == "file");
    url.and_then(|url| url.to_file_path().ok()).unwrap_or_else(|| text.into())
}

/// 128 bits of a file as it stands: that two files have the same is not to be feared.
pub(super) fn fingerprint(file: &Seen) -> u128 {
    let mut hash = Sha256::new();
    hash.update(file.path.as_os_str().as_encoded_bytes());
    hash.update([0]);
    hash.update(file.size.to_le_bytes());
    hash.update(file.modified_us.to_le_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    u128::from_le_bytes(half)
}

/// Whether a name is that of a recording.
pub(super) fn is_audio_name(path: &Path) -> bool {
    EXTENSIONS.contains(&super::scan::extension_of(path).as_str())
}
