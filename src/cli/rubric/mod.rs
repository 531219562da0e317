//! `lingting rubric`: what a rubric's author does with it, one file a subcommand.
//!
//! In: arguments. Out: lines for the person, and whether all is well.

mod backtest;
mod check;
mod diff;
mod explain;
mod fmt;
mod show;
mod test;
mod test_report;

use std::io::Read;
use std::path::{Path, PathBuf};

use super::args::{RubricAction, RubricArgs};
use super::say::Say;
use crate::rubric::{Outline, Rubric, library, load};

pub(super) use backtest::BacktestArgs;
pub(super) use check::CheckArgs;
pub(super) use diff::DiffArgs;
pub(super) use explain::ExplainArgs;
pub(super) use fmt::FmtArgs;
pub(super) use show::ShowArgs;
pub(super) use test::TestArgs;

/// A rubric larger than this is none.
const FILE_BYTES_MAX: u64 = 4 << 20;

pub(super) fn run(args: &RubricArgs, say: Say) -> bool {
    match &args.action {
        RubricAction::Check(options) => check::run(options, say),
        RubricAction::Show(options) => show::run(options, say),
        RubricAction::Diff(options) => diff::run(options, say),
        RubricAction::Explain(options) => explain::run(options, say),
        RubricAction::Fmt(options) => fmt::run(options, say),
        RubricAction::Backtest(options) => backtest::run(options, say),
        RubricAction::Test(options) => test::run(options, say),
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

/// A rubric by its file, or a built-in one by its id.
fn outline(name: &str) -> Result<Outline, String> {
    let path = Path::new(name);
    let (file, text) = match crate::rubric::built_in_file(name) {
        Some((file, text)) if !path.exists() => (file, text.to_owned()),
        None if !path.exists() => {
            let known: Vec<&str> = crate::rubric::built_in_ids().collect();
            return Err(format!(
                "{name}: no such file, and no built-in rubric of {}",
                known.join(", ")
            ));
        }
        _ => (name.to_owned(), read(path)?),
    };
    Outline::read(&file, &text, &library()).map_err(|error| error.to_string())
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
