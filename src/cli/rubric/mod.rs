//! `lingting rubric`: what a rubric's author does with it, one file a subcommand.
//!
//! In: arguments. Out: lines for the person, and whether all is well.

mod check;
mod fmt;

use std::io::Read;
use std::path::{Path, PathBuf};

use super::args::{RubricAction, RubricArgs};
use super::say::Say;
use crate::rubric::{Rubric, library, load};

pub(super) use check::CheckArgs;
pub(super) use fmt::FmtArgs;

/// A rubric larger than this is none.
const FILE_BYTES_MAX: u64 = 4 << 20;

pub(super) fn run(args: &RubricArgs, say: Say) -> bool {
    match &args.action {
        RubricAction::Check(options) => check::run(options, say),
        RubricAction::Fmt(options) => fmt::run(options, say),
    }
}

/// Loads rubric files, or the built-in packs where none is named.
///
/// # Errors
/// All remarks on the first file that cannot be used.
pub(super) fn rubrics(files: &[PathBuf]) -> Result<Vec<Rubric>, String> {
    if files.is_empty() {
        return crate::rubric::built_in().map_err(|error| error.to_string());
    }
    let open = |path: &PathBuf| {
        load(&path.display().to_string(), &read(path)?, &library()).map_err(|e| e.to_string())
    };
    files.iter().map(open).collect()
}

/// The text of a rubric file.
fn read(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text));
    match read {
        Ok(bytes) if bytes as u64 > FILE_BYTES_MAX => {
            Err(format!("{}: over {FILE_BYTES_MAX} bytes, which is no rubric", path.display()))
        }
        Ok(_) => Ok(text),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}
