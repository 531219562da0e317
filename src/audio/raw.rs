//! Audio without packets: samples or small blocks, one after the other.
//!
//! In: an extension, or the header of a Sun `.au` file. Out: a [`Layout`], which says how the bytes
//! are to be read. Reading them is [`super::decode`]'s work.

use std::io::{self, Read};

/// How one sample, or one block of samples, is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it: sign or float, bits, byte order")]
pub enum Samples {
    U8,
    S8,
    S16Le,
    S16Be,
    S24Le,
    S24Be,
    S32Le,
    S32Be,
    F32Le,
    F32Be,
    F64Le,
    F64Be,
    Alaw,
    Mulaw,
    AdpcmMs,
    AdpcmIma,
}

impl Samples {
    /// The short name that reports show, spelled as ffmpeg spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Samples::U8 => "pcm_u8",
            Samples::S8 => "pcm_s8",
            Samples::S16Le => "pcm_s16le",
            Samples::S16Be => "pcm_s16be",
            Samples::S24Le => "pcm_s24le",
            Samples::S24Be => "pcm_s24be",
            Samples::S32Le => "pcm_s32le",
            Samples::S32Be => "pcm_s32be",
            Samples::F32Le => "pcm_f32le",
            Samples::F32Be => "pcm_f32be",
            Samples::F64Le => "pcm_f64le",
            Samples::F64Be => "pcm_f64be",
            Samples::Alaw => "pcm_alaw",
            Samples::Mulaw => "pcm_mulaw",
            Samples::AdpcmMs => "adpcm_ms",
            Samples::AdpcmIma => "adpcm_ima_wav",
        }
    }

    /// Bytes of one sample; `None` where samples come in blocks.
    pub const fn bytes(self) -> Option<usize> {
        Some(match self {
            Samples::U8 | Samples::S8 | Samples::Alaw | Samples::Mulaw => 1,
            Samples::S16Le | Samples::S16Be => 2,
            Samples::S24Le | Samples::S24Be => 3,
            Samples::S32Le | Samples::S32Be | Samples::F32Le | Samples::F32Be => 4,
            Samples::F64Le | Samples::F64Be => 8,
            Samples::AdpcmMs | Samples::AdpcmIma => return None,
        })
    }
}

/// A raw format: what its extension stands for. Always one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawForm {
    /// How samples are written.
    pub codec: Samples,
    /// Samples a second.
    pub rate_hz: u32,
}

impl RawForm {
    /// What a lower-case extension stands for, by Asterisk's and sox's usage.
    pub fn of_extension(extension: &str) -> Option<Self> {
        let (codec, rate_hz) = match extension {
            "al" | "alaw" => (Samples::Alaw, 8_000),
            "ul" | "ulaw" | "mu" | "mulaw" => (Samples::Mulaw, 8_000),
            "sln" | "slin" | "pcm" | "raw" => (Samples::S16Le, 8_000),
            other => {
                let thousands = other.strip_prefix("slin").or_else(|| other.strip_prefix("sln"))?;
                let rate_hz = match thousands {
                    "12" => 12_000,
                    "16" => 16_000,
                    "24" => 24_000,
                    "32" => 32_000,
                    "44" => 44_100,
                    "48" => 48_000,
                    "96" => 96_000,
                    "192" => 192_000,
                    _ => return None,
                };
                (Samples::S16Le, rate_hz)
            }
        };
        Some(Self { codec, rate_hz })
    }

    /// The whole file is one run of samples.
    pub const fn layout(self) -> Layout {
        Layout {
            samples: self.codec,
            rate_hz: self.rate_hz,
            channels: 1,
            block_bytes: match self.codec.bytes() {
                Some(bytes) => bytes,
                None => 1,
            },
            block_frames: 1,
            start: 0,
            bytes: None,
            frames: None,
        }
    }
}

/// Where the samples of a file are, and how they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// How they are written.
    pub samples: Samples,
    /// Frames a second.
    pub rate_hz: u32,
    /// Samples in a frame.
    pub channels: u16,
    /// Bytes that must stay together: a frame, or a block of ADPCM. Never zero.
    pub block_bytes: usize,
    /// Frames in such a block. Never zero.
    pub block_frames: u64,
    /// Offset of the first block in the file, in bytes.
    pub start: u64,
    /// Bytes from there, when the header says it and can be believed; else to the end.
    pub bytes: Option<u64>,
    /// Frames in all, where the last block may hold fewer than the others.
    pub frames: Option<u64>,
}

impl Layout {
    /// Length in milliseconds, when the header says it.
    pub fn declared_ms(&self) -> Option<u64> {
        let whole = self.bytes.map(|b| (b / self.block_bytes as u64) * self.block_frames);
        let frames = match (self.frames, whole) {
            (Some(frames), Some(whole)) => frames.min(whole),
            (frames, whole) => frames.or(whole)?,
        };
        Some(frames.saturating_mul(1000) / u64::from(self.rate_hz.max(1)))
    }
}

/// Why a header cannot be used. The text is for people.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// It contradicts itself, or says what cannot be.
    #[error("{0}")]
    Bad(String),
    /// It is sound, but only ffmpeg decodes what it announces.
    #[error("{codec} is not decoded in-process")]
    Foreign {
        /// The name people know.
        codec: String,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for HeaderError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            HeaderError::Bad("the file ends inside its header".into())
        } else {
            HeaderError::Io(error)
        }
    }
}

/// Reads the header of a Sun `.au` file from its first byte.
///
/// # Errors
/// [`HeaderError`] when it is cut off, absurd, or announces a coding that is not read here.
pub fn read_au(source: &mut dyn Read) -> Result<Layout, HeaderError> {
    let mut head = [0u8; 24];
    source.read_exact(&mut head)?;
    let word = |ix: usize| {
        u32::from_be_bytes([head[ix * 4], head[ix * 4 + 1], head[ix * 4 + 2], head[ix * 4 + 3]])
    };
    let (start, size, coding, rate_hz, channels) = (word(1), word(2), word(3), word(4), word(5));
    if start < 24 {
        return Err(HeaderError::Bad(format!(
            "the .au header says its audio starts at byte {start}"
        )));
    }
    let samples = match coding {
        1 => Samples::Mulaw,
        2 => Samples::S8,
        3 => Samples::S16Be,
        4 => Samples::S24Be,
        5 => Samples::S32Be,
        6 => Samples::F32Be,
        7 => Samples::F64Be,
        27 => Samples::Alaw,
        23..=26 => return Err(HeaderError::Foreign { codec: "G.72x ADPCM in .au".into() }),
        other => return Err(HeaderError::Bad(format!("the .au header names coding {other}"))),
    };
    let channels = u16::try_from(channels)
        .ok()
        .filter(|c| *c > 0)
        .ok_or_else(|| HeaderError::Bad(format!("the .au header says {channels} channels")))?;
    Ok(Layout {
        samples,
        rate_hz,
        channels,
        block_bytes: samples.bytes().unwrap_or(1) * usize::from(channels),
        block_frames: 1,
        start: u64::from(start),
        // All ones is the format's own word for "not known".
        bytes: (size != u32::MAX && size != 0).then_some(u64::from(size)),
        frames: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_au_header_says_where_and_how() {
        let mut au = b".snd".to_vec();
        for word in [32u32, 1600, 27, 8000, 1] {
            au.extend(word.to_be_bytes());
        }
        let layout = read_au(&mut &au[..]).unwrap();
        assert_eq!((layout.samples, layout.start, layout.channels), (Samples::Alaw, 32, 1));
        assert_eq!(layout.declared_ms(), Some(200));
        assert!(matches!(read_au(&mut &au[..20]), Err(HeaderError::Bad(_))));
    }

    #[test]
    fn sln_names_its_rate() {
        for (extension, rate) in [("sln", 8_000), ("slin16", 16_000), ("sln44", 44_100)] {
            assert_eq!(RawForm::of_extension(extension).map(|f| f.rate_hz), Some(rate));
        }
        assert_eq!(RawForm::of_extension("sln17"), None);
        assert_eq!(RawForm::of_extension("wav"), None);
    }
}
