//! `lingting rubric fmt`: one way to write a rubric file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::read;
use crate::cli::say::Say;
use crate::rubric::format;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct FmtArgs {
    /// Rubric files, or files of phrase lists
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write nothing; fail where a file is not in its canonical form
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &FmtArgs, say: Say) -> bool {
    // Every file is looked at, whatever the others are like.
    let well: Vec<bool> = args.files.iter().map(|file| one(file, args.check, say)).collect();
    well.into_iter().all(|well| well)
}

fn one(path: &Path, check: bool, say: Say) -> bool {
    let text = match read(path) {
        Ok(text) => text,
        Err(why) => return say.failed(&why),
    };
    let name = path.display().to_string();
    let out = match format(&name, &text) {
        Ok(out) => out,
        Err(remark) => {
            say.line(&remark.to_string());
            return false;
        }
    };
    if out == text {
        return true;
    }
    if check {
        say.line(&format!("{name}: {}", say.either("not formatted", "格式不规范")));
        return false;
    }
    match replace(path, &out) {
        Ok(()) => {
            say.line(&format!("{name}: {}", say.either("formatted", "已整理")));
            true
        }
        Err(error) => say.failed(&format!("{name}: {error}")),
    }
}

/// Puts a new text into a file, whole or not at all; its rights stay, and so does a link to it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::with_prefix_in(".lingting-", folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(path.metadata()?.permissions())?;
    file.as_file().sync_data()?;
    file.persist(&path)?;
    Ok(())
}
