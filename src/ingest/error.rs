//! Why a recording cannot be opened, in words that name the file and say what to do.

use std::io;
use std::path::PathBuf;

use super::chat::ChatError;
use super::scan::ScanError;
use crate::audio::DecodeError;
use crate::domain::IdError;
use crate::wire::sidecar::SidecarError;

/// Why a recording cannot be opened or read. The text names the file and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not there, not allowed, or a failing disk.
    #[error("{}: cannot be read ({source}): check that the file is there and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder, a pipe, a device.
    #[error("{}: not a file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The name cannot name a call.
    #[error("{}: the file name cannot be a call's id: {source}; rename it, or set `call_id` in a sidecar", path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// Why.
        source: IdError,
    },
    /// The sidecar cannot be read.
    #[error("{}: {source}; mend it, or remove it to analyse the recording without it", path.display())]
    SidecarUnreadable {
        /// The sidecar.
        path: PathBuf,
        /// Why.
        source: ScanError,
    },
    /// The sidecar is not JSON, or says what cannot be.
    #[error("{}: {source}; mend it, or remove it to analyse the recording without it", path.display())]
    Sidecar {
        /// The sidecar.
        path: PathBuf,
        /// Where and why.
        source: SidecarError,
    },
    /// Not a recording, or not one that can be decoded.
    #[error("{}: {source}", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// Why.
        source: DecodeError,
    },
    /// Not a chat log, or one with mistakes.
    #[error("{}: {source}", path.display())]
    Chat {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: ChatError,
    },
    /// Only ffmpeg decodes it, and it is not there.
    #[error("{}: {codec} is decoded by ffmpeg, which is not installed: apt-get install ffmpeg", path.display())]
    NoFfmpeg {
        /// The file.
        path: PathBuf,
        /// The codec.
        codec: String,
    },
    /// ffmpeg could not decode it either.
    #[error("{}: {codec} was given to ffmpeg, which says: {why}", path.display())]
    Ffmpeg {
        /// The file.
        path: PathBuf,
        /// The codec.
        codec: String,
        /// Its first complaint.
        why: String,
    },
    /// One of the two files of a call has two channels itself.
    #[error("{}: it is one of two files of a call and has {channels} channels: each must be mono", path.display())]
    PairNotMono {
        /// The file.
        path: PathBuf,
        /// Channels found.
        channels: u16,
    },
    /// A sidecar names more files than a call has parties.
    #[error("{}: a call has one or two files, here are {files}", path.display())]
    TooManyFiles {
        /// The first.
        path: PathBuf,
        /// Files named.
        files: usize,
    },
}

impl OpenError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            OpenError::Unreadable { path, source } => {
                format!("{}：无法读取（{source}）：请检查文件是否存在及其权限", path.display())
            }
            OpenError::NotAFile { path } => format!("{}：不是文件", path.display()),
            OpenError::Name { path, source } => format!(
                "{}：文件名不能用作通话编号（{source}）：请改名，或在随附信息中设置 `call_id`",
                path.display()
            ),
            OpenError::SidecarUnreadable { path, source } => {
                format!("{}：{}；请修正，或删除后不带随附信息分析", path.display(), source.zh())
            }
            OpenError::Sidecar { path, source } => {
                format!("{}：{}；请修正，或删除后不带随附信息分析", path.display(), source.zh())
            }
            OpenError::Decode { path, source } => format!("{}：{}", path.display(), source.zh()),
            OpenError::Chat { path, source } => format!("{}：{}", path.display(), source.zh()),
            OpenError::NoFfmpeg { path, codec } => format!(
                "{}：{codec} 需由 ffmpeg 解码，但本机未安装：apt-get install ffmpeg",
                path.display()
            ),
            OpenError::Ffmpeg { path, codec, why } => {
                format!("{}：{codec} 已交给 ffmpeg，它报告：{why}", path.display())
            }
            OpenError::PairNotMono { path, channels } => format!(
                "{}：它是一通电话的两个文件之一，却有 {channels} 个声道：两个文件都必须是单声道",
                path.display()
            ),
            OpenError::TooManyFiles { path, files } => {
                format!("{}：一通电话只能有一个或两个文件，这里有 {files} 个", path.display())
            }
        }
    }
}
