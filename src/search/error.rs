//! What can go wrong with an index, and what to do about it.

use std::path::{Path, PathBuf};

use super::language::QueryError;

/// Why a search, or a change of the index, did not come about.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// There is none.
    #[error("{}: no search index here; `lingting rebuild search` makes it", .0.display())]
    Missing(PathBuf),
    /// Somebody else writes to it.
    #[error("{}: the search index is being written by {holder}; stop it, or let it do the work", path.display())]
    Busy {
        /// The index's folder.
        path: PathBuf,
        /// The process that said it writes there.
        holder: String,
    },
    /// It cannot be read.
    #[error("{}: the search index is damaged ({why}); `lingting rebuild search` makes it again", path.display())]
    Damaged {
        /// The index's folder.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// Another version of this program wrote it.
    #[error(
        "{}: the search index is of form {found}, this program reads {ours}; `lingting rebuild search` makes it again",
        path.display()
    )]
    Form {
        /// The index's folder.
        path: PathBuf,
        /// What it says it is.
        found: String,
        /// What we read.
        ours: u32,
    },
    /// The disk, or the like.
    #[error("{}: {why}", path.display())]
    Io {
        /// The index's folder.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The query cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The mark of a page is not one that we gave for this order.
    #[error("the page mark is not one of this search: start again without it")]
    PageMark,
    /// What is asked for is out of its bounds.
    #[error("{what}: at most {most}")]
    TooMuch {
        /// What.
        what: &'static str,
        /// The limit.
        most: usize,
    },
}

impl SearchError {
    pub(super) fn io(path: &Path, why: impl ToString) -> Self {
        Self::Io { path: path.to_owned(), why: why.to_string() }
    }

    /// Does something that reads the index. tantivy takes the bytes of its files at their word, and panics
    /// where a length or a place in them cannot be: that is damage, and no mistake of the caller's.
    pub(super) fn reading<T>(
        path: &Path,
        read: impl FnOnce() -> Result<T, SearchError>,
    ) -> Result<T, SearchError> {
        let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
        read.unwrap_or_else(|_| {
            Err(Self::Damaged { path: path.to_owned(), why: "a file is not what it says".into() })
        })
    }

    /// What tantivy says, as something a person can act on.
    pub(super) fn of(path: &Path, error: &tantivy::TantivyError) -> Self {
        use tantivy::TantivyError as E;
        let path = path.to_owned();
        match error {
            E::DataCorruption(_)
            | E::OpenReadError(_)
            | E::IncompatibleIndex(_)
            | E::DeserializeError(_)
            | E::InternalError(_)
            | E::SchemaError(_)
            | E::FieldNotFound(_) => Self::Damaged { path, why: error.to_string() },
            E::OpenDirectoryError(_) => Self::Missing(path),
            _ => Self::Io { path, why: error.to_string() },
        }
    }
}
