//! `lingting rubric`: remarks on rubric files.

use std::path::Path;

use super::args::{RubricAction, RubricArgs};
use super::say::Say;
use crate::rubric::{Level, Rubric, check, library, load};

/// A rubric larger than this is none.
const FILE_BYTES_MAX: u64 = 4 << 20;

pub(super) fn run(args: &RubricArgs, say: Say) -> bool {
    let RubricAction::Check { files } = &args.action;
    if files.is_empty() {
        return match crate::rubric::built_in() {
            Ok(rubrics) => {
                rubrics.iter().for_each(|rubric| summary(rubric, say));
                true
            }
            Err(error) => say.failed(&error),
        };
    }
    // Every file is looked at, whatever the others are like.
    let sound: Vec<bool> = files.iter().map(|file| check_file(file, say)).collect();
    sound.into_iter().all(|sound| sound)
}

fn check_file(path: &Path, say: Say) -> bool {
    let text = match read(path) {
        Ok(text) => text,
        Err(why) => return say.failed(&why),
    };
    let name = path.display().to_string();
    let remarks = check(&name, &text, &library());
    remarks.iter().for_each(|remark| say.line(&remark.to_string()));
    let sound = remarks.iter().all(|remark| remark.level != Level::Error);
    if sound && let Ok(rubric) = load(&name, &text, &library()) {
        summary(&rubric, say);
    }
    sound
}

fn summary(rubric: &Rubric, say: Say) {
    let sound = say.either("sound", "无误");
    let criteria = say.either("criteria", "个评分项");
    say.line(&format!(
        "{} v{}: {sound}, {} {criteria}",
        rubric.id,
        rubric.version,
        rubric.criteria.len()
    ));
}

/// Loads rubric files, or the built-in packs where none is named.
///
/// # Errors
/// All remarks on the first file that cannot be used.
pub(super) fn rubrics(files: &[std::path::PathBuf]) -> Result<Vec<Rubric>, String> {
    if files.is_empty() {
        return crate::rubric::built_in().map_err(|error| error.to_string());
    }
    let open = |path: &std::path::PathBuf| {
        load(&path.display().to_string(), &read(path)?, &library()).map_err(|e| e.to_string())
    };
    files.iter().map(open).collect()
}

fn read(path: &Path) -> Result<String, String> {
    use std::io::Read;
    let mut text = String::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text));
    read.map_err(|error| format!("{}: {error}", path.display())).map(|_| text)
}
