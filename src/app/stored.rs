//! Reports of earlier runs, read for work on what was really said.
//!
//! In: a report's path. Out: the report in clear, as far as its private file is there and allowed to be
//! read; else as it stands, masked.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::outputs::PRIVATE_SUFFIX;
use crate::wire::report::{Private, PrivateError, ReadError, Report};

/// Why a stored report cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// Not there, or not allowed.
    #[error("{}: cannot be read ({source}): check that the file is there and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No report.
    #[error("{}: {source}", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// A private file that does not fit.
    #[error("{}: {source}; remove it to read the report masked", path.display())]
    Private {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PrivateError,
    },
}

/// A stored report, in clear where its private file stands beside it and may be read.
///
/// # Errors
/// [`StoredError`] naming the file.
pub fn stored_report(path: &Path) -> Result<Report, StoredError> {
    let unreadable = |source| StoredError::Unreadable { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let report = Report::from_json(&text)
        .map_err(|source| StoredError::Report { path: path.to_owned(), source })?;
    in_clear(path, report)
}

/// A report that was read from `path`, in clear where its private file stands beside it and may be read.
///
/// # Errors
/// [`StoredError`] when that file belongs to another report.
pub fn in_clear(path: &Path, report: Report) -> Result<Report, StoredError> {
    if !report.masked {
        return Ok(report);
    }
    let beside = path.with_extension(PRIVATE_SUFFIX.trim_start_matches('.'));
    // Who may not read it works with the masked report: that is what the rights are for.
    let Ok(text) = fs::read_to_string(&beside) else { return Ok(report) };
    Private::from_json(&text)
        .and_then(|private| private.restore(report))
        .map_err(|source| StoredError::Private { path: beside, source })
}

/// Whether a report shows stars where something was said that rules may ask for.
pub fn hides(report: &Report) -> bool {
    let starred = |text: &str| text.contains('*');
    report.masked
        && (report.transcript.utterances.iter().any(|one| starred(&one.text))
            || report.call.extra.values().any(|value| starred(&value.to_string())))
}
