//! `lingting rubric check`: remarks on rubric files.

use std::path::{Path, PathBuf};

use super::read;
use crate::cli::say::Say;
use crate::rubric::{Level, Rubric, check, dialogue, library, load};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CheckArgs {
    /// Rubric files [default: the built-in packs]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &CheckArgs, say: Say) -> bool {
    let files = &args.files;
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
    if name.ends_with(".tests.yaml") {
        return check_dialogues(&name, &text, say);
    }
    let remarks = check(&name, &text, &library());
    remarks.iter().for_each(|remark| say.line(&remark.to_string()));
    let sound = remarks.iter().all(|remark| remark.level != Level::Error);
    if sound && let Ok(rubric) = load(&name, &text, &library()) {
        summary(&rubric, say);
    }
    sound
}

/// Dialogues that a rubric is tested with stand beside it; a folder is checked as a whole.
fn check_dialogues(name: &str, text: &str, say: Say) -> bool {
    match dialogue::read(name, text, None) {
        Ok(_) => {
            let sound = say.either("sound dialogues", "对话无误");
            say.line(&format!("{name}: {sound}"));
            true
        }
        Err(error) => say.failed(&error),
    }
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
