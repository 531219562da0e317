//! Why a recording cannot be decoded, in words that say what to do.

use std::io;

use crate::audio::raw::HeaderError;
use crate::audio::resample::ResampleError;

/// Why a recording cannot be decoded. One variant per thing a caller does about it.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// 0 bytes.
    #[error("the file is empty (0 bytes): the recorder wrote nothing; export the recording again")]
    Empty,
    /// Letters, whatever the name says.
    #[error("this is text, not audio, whatever its name says; export the recording again")]
    Text,
    /// No known mark in the first bytes, and no extension that stands for raw audio.
    #[error(
        "not a recording in any form that is known here; raw telephone audio is recognised by its \
         extension (.al .ul .sln .pcm), anything else: convert it to WAV"
    )]
    Unknown,
    /// Sound, but only ffmpeg decodes it: hand the file to it.
    #[error("{codec} is decoded by ffmpeg")]
    NeedsFfmpeg {
        /// The name people know.
        codec: String,
        /// The name of ffmpeg's demuxer, which must be forced.
        demuxer: &'static str,
    },
    /// More channels than a call has parties here.
    #[error(
        "the recording has {channels} channels; one (mixed) or two (one a party) are understood: \
         split it into a file for each call"
    )]
    TooManyChannels {
        /// Channels found.
        channels: usize,
    },
    /// The header is cut off, contradicts itself, or says what cannot be.
    #[error("the header cannot be used: {0}; export the recording again, or convert it to WAV")]
    Header(String),
    /// The container is sound and holds no sound.
    #[error("there is no audio in the file; export the recording again")]
    NoAudio,
    /// Nothing of it could be decoded.
    #[error("the file is damaged: {0}; copy it again from where it was recorded")]
    Corrupt(String),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[source] io::Error),
}

impl DecodeError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            DecodeError::Empty => {
                "文件为空（0 字节）：录音设备没有写入任何内容；请重新导出录音".into()
            }
            DecodeError::Text => "这是文本，不是音频，与文件名无关；请重新导出录音".into(),
            DecodeError::Unknown => {
                "不是已知格式的录音；裸语音数据按扩展名识别（.al .ul .sln .pcm），\
                                     其他格式请先转换为 WAV"
                    .into()
            }
            DecodeError::NeedsFfmpeg { codec, .. } => format!("{codec} 需由 ffmpeg 解码"),
            DecodeError::TooManyChannels { channels } => format!(
                "录音有 {channels} 个声道；只支持单声道（混音）或双声道（每方一个）：请按通话拆分文件"
            ),
            DecodeError::Header(why) => {
                format!("文件头无法使用：{why}；请重新导出录音，或转换为 WAV")
            }
            DecodeError::NoAudio => "文件中没有音频；请重新导出录音".into(),
            DecodeError::Corrupt(why) => format!("文件已损坏：{why}；请从录音来源重新复制"),
            DecodeError::Io(e) => format!("文件无法读取：{e}"),
        }
    }
}

impl From<io::Error> for DecodeError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            DecodeError::Corrupt("it ends too early".into())
        } else {
            DecodeError::Io(error)
        }
    }
}

impl From<HeaderError> for DecodeError {
    fn from(error: HeaderError) -> Self {
        match error {
            HeaderError::Bad(why) => DecodeError::Header(why),
            HeaderError::Foreign { codec } => DecodeError::NeedsFfmpeg { codec, demuxer: "wav" },
            HeaderError::Io(error) => error.into(),
        }
    }
}

impl From<ResampleError> for DecodeError {
    fn from(error: ResampleError) -> Self {
        match error {
            ResampleError::Rate(_) => DecodeError::Header(error.to_string()),
            ResampleError::Filter(why) => DecodeError::Corrupt(why),
        }
    }
}

impl From<symphonia::core::errors::Error> for DecodeError {
    fn from(error: symphonia::core::errors::Error) -> Self {
        match error {
            symphonia::core::errors::Error::IoError(error) => error.into(),
            other => DecodeError::Corrupt(other.to_string()),
        }
    }
}

/// Runs a decoder on bytes that may be hostile: should it panic, that is damage to the file and no
/// end of the process. The decoder must not be used afterwards.
pub(super) fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, DecodeError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
        .map_err(|_| DecodeError::Corrupt("the decoder gave up on its contents".into()))
}
