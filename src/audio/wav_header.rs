//! The header of a WAV file, read as recorders write it and not as the standard wishes.
//!
//! In: a source at its first byte. Out: a [`Wav`]: where the audio is, how it is written, and what
//! had to be mended. A recorder that died leaves sizes of zero; a pipe leaves all ones; others
//! forget to update one of the two sizes. In all these the audio is read to the file's end.
//! Nothing is allocated by what the header claims.

use std::io::{self, Read as _, SeekFrom};

use symphonia::core::io::MediaSource;

use super::raw::{HeaderError, Layout, Samples};
use crate::domain::ProblemKind;

/// What a WAV header says, as far as it can be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wav {
    /// How the audio is written.
    pub form: WavForm,
    /// What was wrong with the header: kind and detail.
    pub problems: Vec<(ProblemKind, String)>,
}

/// What is inside a WAV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WavForm {
    /// Samples or blocks of ADPCM.
    Plain(Layout),
    /// MPEG audio frames.
    Mpeg {
        /// Offset of the first, in bytes.
        start: u64,
        /// Bytes from there; absent: to the end.
        bytes: Option<u64>,
    },
}

/// Chunks looked at before the audio; recorders write fewer than ten.
const CHUNKS_MAX: usize = 256;
/// Sizes from here up are a recorder's word for "not known yet" where the file is shorter.
const PLACEHOLDER_BYTES: u64 = 0x7fff_f000;
/// How far the two sizes may differ (chunks behind the audio) before they contradict each other.
const SIZES_DIFFER_BYTES_MAX: u64 = 1 << 16;

/// Reads the header. The source is left somewhere behind it.
///
/// # Errors
/// [`HeaderError`] when there is no audio, the format is absurd, or only ffmpeg decodes it.
pub fn read_wav(source: &mut dyn MediaSource) -> Result<Wav, HeaderError> {
    let file_bytes = if source.is_seekable() { source.byte_len() } else { None };
    let mut chunks = Chunks { source, at: 0 };
    let head = chunks.read::<12>()?;
    let riff_bytes = u64::from(u32_le(&head[4..]));
    let (mut format, mut fact, mut data64) = (None, None, None);
    for _ in 0..CHUNKS_MAX {
        let head = chunks.read::<8>()?;
        let bytes = u64::from(u32_le(&head[4..]));
        match &head[..4] {
            b"fmt " => format = Some(chunks.format(bytes)?),
            b"fact" if bytes >= 4 => {
                fact = Some(u64::from(u32_le(&chunks.read::<4>()?)));
                chunks.skip(bytes + bytes % 2 - 4)?;
            }
            b"ds64" if bytes >= 24 => {
                data64 = Some(u64_le(&chunks.read::<24>()?[8..]));
                chunks.skip(bytes + bytes % 2 - 24)?;
            }
            b"data" => {
                let Some(format) = format else {
                    return Err(HeaderError::Bad(
                        "the WAV has no fmt chunk before its audio".into(),
                    ));
                };
                let sizes = Sizes {
                    riff: riff_bytes,
                    data: data64.filter(|_| bytes == u64::from(u32::MAX)).unwrap_or(bytes),
                    start: chunks.at,
                    file: file_bytes,
                };
                return found(format, fact, sizes, &mut chunks);
            }
            _ => chunks.skip(bytes + bytes % 2)?,
        }
    }
    Err(HeaderError::Bad("the WAV has no audio in its first 256 chunks".into()))
}

fn found(
    format: Format,
    fact: Option<u64>,
    sizes: Sizes,
    chunks: &mut Chunks<'_>,
) -> Result<Wav, HeaderError> {
    let start = sizes.start;
    let (bytes, problems) = sizes.judge(chunks)?;
    let form = match format.layout(start, bytes)? {
        None => WavForm::Mpeg { start, bytes },
        Some(mut layout) => {
            // Only ADPCM needs it: its last block is rarely full. Elsewhere it is often wrong.
            let whole = bytes.map(|b| b / layout.block_bytes as u64 * layout.block_frames);
            layout.frames = fact.filter(|_| layout.block_frames > 1).filter(|frames| {
                whole.is_some_and(|w| *frames <= w && *frames + layout.block_frames > w)
            });
            WavForm::Plain(layout)
        }
    };
    Ok(Wav { form, problems })
}

/// What is said about sizes, in bytes.
struct Sizes {
    riff: u64,
    data: u64,
    start: u64,
    file: Option<u64>,
}

type Judged = (Option<u64>, Vec<(ProblemKind, String)>);

impl Sizes {
    /// How many bytes of audio there are, and what the header got wrong.
    fn judge(&self, chunks: &mut Chunks<'_>) -> Result<Judged, HeaderError> {
        let placeholder = self.data == 0 || self.data >= PLACEHOLDER_BYTES;
        let Some(file) = self.file else {
            // From a pipe: nothing to hold it against, and placeholders are the rule.
            return Ok(((!placeholder).then_some(self.data), Vec::new()));
        };
        let there = file.saturating_sub(self.start);
        if there == 0 {
            return Err(HeaderError::Bad("the WAV ends where its audio should begin".into()));
        }
        let repaired = |why: String| (ProblemKind::HeaderRepaired, why);
        let to_end = |why: String| Ok((Some(there), vec![repaired(why)]));
        if self.data > there {
            let says = format!("the header says {} bytes of audio, there are {there}", self.data);
            let riff_agrees =
                (self.riff + 8).abs_diff(self.start + self.data) <= SIZES_DIFFER_BYTES_MAX;
            return match placeholder || !riff_agrees {
                true => to_end(says),
                false => Ok((Some(there), vec![(ProblemKind::Truncated, says)])),
            };
        }
        if self.data == 0 && !chunks.chunk_at(self.start, file)? {
            return to_end(format!("the header says no audio, there are {there} bytes"));
        }
        let end = self.start + self.data + self.data % 2;
        if file > end + 8
            && !chunks.chunk_at(end, file)?
            && !chunks.chunk_at(end - self.data % 2, file)?
        {
            return to_end(format!(
                "the header says {} bytes of audio, and audio goes on for {there}",
                self.data
            ));
        }
        if self.data == 0 {
            return Err(HeaderError::Bad("the WAV holds no audio".into()));
        }
        let short = self.riff + 8 + 1 < self.start + self.data && self.riff < PLACEHOLDER_BYTES;
        let problems = short.then(|| {
            repaired(format!("the RIFF size is {}, the audio is {}", self.riff, self.data))
        });
        Ok((Some(self.data), problems.into_iter().collect()))
    }
}

/// The fields of `fmt `.
struct Format {
    tag: u16,
    channels: u16,
    rate_hz: u32,
    block_bytes: u16,
    bits: u16,
}

impl Format {
    /// The layout; `None` for MPEG audio, which brings its own frames.
    fn layout(&self, start: u64, bytes: Option<u64>) -> Result<Option<Layout>, HeaderError> {
        if self.channels == 0 {
            return Err(HeaderError::Bad("the WAV header says 0 channels".into()));
        }
        let per_channel = usize::from(self.block_bytes) / usize::from(self.channels);
        let samples = match (self.tag, self.bits) {
            (1, 1..=8) => Samples::U8,
            (1, 9..=16) => Samples::S16Le,
            (1, 17..=24) if per_channel == 4 => Samples::S32Le,
            (1, 17..=24) => Samples::S24Le,
            (1, 25..=32) => Samples::S32Le,
            (3, 32) => Samples::F32Le,
            (3, 64) => Samples::F64Le,
            (6, _) => Samples::Alaw,
            (7, _) => Samples::Mulaw,
            (2, 4) => Samples::AdpcmMs,
            (0x11, 4) => Samples::AdpcmIma,
            (0x50 | 0x55, _) => return Ok(None),
            (1 | 2 | 3 | 0x11, bits) => {
                return Err(HeaderError::Bad(format!("the WAV header says {bits} bits a sample")));
            }
            (tag, _) => return Err(HeaderError::Foreign { codec: codec_of_tag(tag) }),
        };
        let channels = usize::from(self.channels);
        let (block_bytes, block_frames) = match samples.bytes() {
            Some(bytes) => (bytes * channels, 1),
            None => self.adpcm_block(samples, channels)?,
        };
        Ok(Some(Layout {
            samples,
            rate_hz: self.rate_hz,
            channels: self.channels,
            block_bytes,
            block_frames,
            start,
            bytes,
            frames: None,
        }))
    }

    /// Bytes and frames of an ADPCM block, from its size: the header's own count may lie.
    fn adpcm_block(&self, samples: Samples, channels: usize) -> Result<(usize, u64), HeaderError> {
        let (head, extra) = if samples == Samples::AdpcmMs { (7, 2) } else { (4, 1) };
        let bytes = usize::from(self.block_bytes);
        let body =
            bytes.checked_sub(head * channels).filter(|body| *body > 0).ok_or_else(|| {
                HeaderError::Bad(format!("the WAV header says ADPCM blocks of {bytes} bytes"))
            })?;
        Ok((bytes, (body * 2 / channels + extra) as u64))
    }
}

/// The name people know a WAV's codec by.
fn codec_of_tag(tag: u16) -> String {
    let name = match tag {
        0x14 | 0x40 | 0x45 | 0x64 => "G.726",
        0x22 => "TrueSpeech",
        0x31 => "GSM 6.10",
        0x42 | 0x111 => "G.723.1",
        0x65 | 0x28f => "G.722",
        0x83 | 0x133 | 0x1500..=0x15ff => "G.729",
        0x57 | 0x7361 | 0x7362 => "AMR",
        0xff | 0x1600 | 0x1601 | 0x1602 | 0x1610 => "AAC",
        0x160..=0x163 => "WMA",
        0xa109 => "Speex",
        other => return format!("WAV codec 0x{other:04x}"),
    };
    format!("{name} in WAV")
}

/// Walks over chunks without trusting their sizes.
struct Chunks<'a> {
    source: &'a mut dyn MediaSource,
    at: u64,
}

impl Chunks<'_> {
    fn read<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        if self.source.is_seekable() {
            self.source.seek(SeekFrom::Start(self.at.saturating_add(bytes)))?;
        } else if io::copy(&mut (&mut *self.source).take(bytes), &mut io::sink())? < bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at = self.at.saturating_add(bytes);
        Ok(())
    }

    fn format(&mut self, bytes: u64) -> Result<Format, HeaderError> {
        if bytes < 14 {
            return Err(HeaderError::Bad(format!("the WAV's fmt chunk has {bytes} bytes")));
        }
        let mut head = [0u8; 40];
        let take = bytes.min(40) as usize;
        self.source.read_exact(&mut head[..take])?;
        self.at += take as u64;
        self.skip(bytes + bytes % 2 - take as u64)?;
        let tag = u16_le(&head);
        // EXTENSIBLE: the tag is the first two bytes of the GUID.
        let tag = if tag == 0xfffe && take == 40 { u16_le(&head[24..]) } else { tag };
        Ok(Format {
            tag,
            channels: u16_le(&head[2..]),
            rate_hz: u32_le(&head[4..]),
            block_bytes: u16_le(&head[12..]),
            bits: u16_le(&head[14..]),
        })
    }

    /// Whether a chunk that fits into the file starts at `at`, by name and size.
    fn chunk_at(&mut self, at: u64, file: u64) -> io::Result<bool> {
        let mut head = [0u8; 8];
        self.source.seek(SeekFrom::Start(at))?;
        match self.source.read_exact(&mut head) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(true),
            Err(e) => return Err(e),
        }
        let name = head[..4].iter().all(|b| b.is_ascii_alphanumeric() || b" _".contains(b));
        Ok(head[..3] == *b"TAG" || name && at + 8 + u64::from(u32_le(&head[4..])) <= file + 1)
    }
}

fn u16_le(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

fn u32_le(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn u64_le(bytes: &[u8]) -> u64 {
    u64::from(u32_le(bytes)) | u64::from(u32_le(&bytes[4..])) << 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::fixture::Wave;

    /// Says how a header with these two sizes before 1600 bytes of audio is taken.
    #[track_caller]
    fn check(riff: u32, data: u32, tail: &[u8], bytes: u64, problem: Option<ProblemKind>) {
        let mut file = Wave::alaw(&[0xd5; 1600]).bytes();
        file[4..8].copy_from_slice(&riff.to_le_bytes());
        let at = file.len() - 1604;
        file[at..at + 4].copy_from_slice(&data.to_le_bytes());
        file.extend(tail);
        let wav = read_wav(&mut io::Cursor::new(file)).unwrap();
        let WavForm::Plain(layout) = wav.form else { panic!("not plain") };
        assert_eq!(layout.bytes, Some(bytes));
        assert_eq!(wav.problems.first().map(|p| p.0), problem, "{:?}", wav.problems);
    }

    #[test]
    fn sizes_are_believed_only_where_they_can_be() {
        use ProblemKind::{HeaderRepaired, Truncated};
        let good = Wave::alaw(&[0xd5; 1600]).bytes().len() as u32 - 8;
        check(good, 1600, b"", 1600, None);
        check(good + 12, 1600, b"LIST\x04\0\0\0INFO", 1600, None);
        check(0, 0, b"", 1600, Some(HeaderRepaired));
        check(u32::MAX, u32::MAX, b"", 1600, Some(HeaderRepaired));
        check(good, 0x7fff_ffff, b"", 1600, Some(HeaderRepaired));
        check(17, 900_000, b"", 1600, Some(HeaderRepaired));
        check(good + 400, 2000, b"", 1600, Some(Truncated));
        check(good - 600, 1000, b"", 1600, Some(HeaderRepaired));
        check(17, 1600, b"", 1600, Some(HeaderRepaired));
    }

    #[test]
    fn a_foreign_codec_is_named() {
        let mut file = Wave::alaw(&[0; 65]).bytes();
        file[20] = 0x31;
        let error = read_wav(&mut io::Cursor::new(file)).unwrap_err();
        assert!(matches!(error, HeaderError::Foreign { codec } if codec == "GSM 6.10 in WAV"));
    }
}
