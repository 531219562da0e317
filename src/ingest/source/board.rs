//! How sources are doing: what whoever looks through them last found, for people to see.
//!
//! In: the end of each look. Out: when it was, and what is in the way. Kept in memory: the next look tells it again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// How one source is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// When it was last looked through, microseconds since 1970.
    pub looked_us: Option<i64>,
    /// What is in the way.
    pub trouble: Option<Trouble>,
}

/// What is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A folder, or something in it, cannot be read.
    Folder {
        /// The folder; never a file: its name may be a customer's number.
        path: PathBuf,
        /// What the system says.
        why: String,
        /// Other things that cannot be read either.
        more: usize,
    },
    /// The bucket does not answer, or refuses.
    Bucket,
    /// The bucket's settings make no bucket.
    Settings,
    /// What was seen cannot be written down: the store does not answer.
    Ledger,
}

/// How all sources are doing. Cheap to clone: all clones are one board.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<BTreeMap<String, Status>>>);

impl Board {
    /// A source was looked through to the end.
    pub fn looked(&self, source: &str, now_us: i64, trouble: Option<Trouble>) {
        self.write(source, |status| *status = Status { looked_us: Some(now_us), trouble });
    }

    /// A source could not be looked through.
    pub fn hindered(&self, source: &str, trouble: Trouble) {
        self.write(source, |status| status.trouble = Some(trouble));
    }

    /// How a source is doing.
    pub fn of(&self, source: &str) -> Status {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(source).cloned().unwrap_or_default()
    }

    fn write(&self, source: &str, change: impl FnOnce(&mut Status)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry(source.to_owned()).or_default());
    }
}
