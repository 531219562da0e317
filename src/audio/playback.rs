//! The call's audio in a form that every browser plays.
//!
//! In: legs in step, 16 kHz, in pieces of any size. Out: a WAV in G.711 mu-law, written as it comes,
//! its header completed at the end. 8 kHz for a telephone recording, 16 kHz when the source had more
//! band; 8 or 16 kB a second a leg. Files are opened by the caller.

use std::io::{self, Seek, SeekFrom, Write};

use super::SAMPLE_RATE_HZ;
use super::halve::Halver;

pub(super) const HEADER_BYTES: u64 = 58;
/// Of the RIFF header, which counts in 32 bits.
const RIFF_BYTES_MAX: u64 = u32::MAX as u64 - 64;

/// How much of the band to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// 8 kHz: telephone recordings.
    Narrow,
    /// 16 kHz.
    Wide,
}

impl Band {
    /// The band that a recording at `rate_hz` deserves.
    pub const fn of_source(rate_hz: u32) -> Self {
        if rate_hz > 8000 { Band::Wide } else { Band::Narrow }
    }

    /// Samples a second.
    pub const fn rate_hz(self) -> u32 {
        match self {
            Band::Narrow => SAMPLE_RATE_HZ / 2,
            Band::Wide => SAMPLE_RATE_HZ,
        }
    }
}

/// Why there is no playback audio.
#[derive(Debug, thiserror::Error)]
pub enum PlaybackError {
    /// The rest of the call cannot be played. Told once; what was written before stands.
    #[error("playback audio is over its limit of {limit_bytes} bytes: the rest cannot be played")]
    TooLarge {
        /// What was allowed.
        limit_bytes: u64,
    },
    /// A mistake of the caller's: all legs of a call go in together, equally long.
    #[error("{given} legs of equal length expected, not what was pushed")]
    Legs {
        /// How many the playback was made for.
        given: usize,
    },
    /// The target refused.
    #[error("playback audio cannot be written ({0}): check free space and permissions")]
    Io(#[from] io::Error),
}

impl PlaybackError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            PlaybackError::TooLarge { limit_bytes } => {
                format!("回放音频超过上限 {limit_bytes} 字节：其余部分无法播放")
            }
            PlaybackError::Legs { given } => format!("内部错误：回放需要等长的 {given} 路音频"),
            PlaybackError::Io(e) => format!("回放音频无法写入（{e}）：请检查剩余空间和权限"),
        }
    }
}

/// Writes one call.
pub struct Playback<W: Write + Seek> {
    target: W,
    band: Band,
    halvers: Vec<Halver>,
    lines: Vec<Vec<f32>>,
    bytes: Vec<u8>,
    written: u64,
    limit_bytes: u64,
    /// Nothing is written any more: what is shorter and would fit again would stand at a wrong time.
    full: bool,
}

impl<W: Write + Seek> Playback<W> {
    /// Begins a WAV of `legs` channels on `target`, at most `limit_bytes` long in all (4 GiB at the
    /// most).
    ///
    /// # Errors
    /// [`PlaybackError::Io`] when the target refuses.
    pub fn new(
        mut target: W,
        legs: usize,
        band: Band,
        limit_bytes: Option<u64>,
    ) -> Result<Self, PlaybackError> {
        target.write_all(&header(legs as u16, band, 0))?;
        Ok(Self {
            target,
            band,
            halvers: vec![Halver::new(); legs],
            lines: vec![Vec::new(); legs],
            bytes: Vec::new(),
            written: 0,
            limit_bytes: limit_bytes.unwrap_or(RIFF_BYTES_MAX).min(RIFF_BYTES_MAX),
            full: false,
        })
    }

    /// Takes the next samples of every leg, equally many.
    ///
    /// # Errors
    /// [`PlaybackError::TooLarge`] when they do not fit, once: nothing of them and of what comes later is
    /// written, and the file is still completed by [`Playback::finish`].
    pub fn push(&mut self, legs: &[&[f32]]) -> Result<(), PlaybackError> {
        let equal = legs.windows(2).all(|pair| pair[0].len() == pair[1].len());
        if legs.len() != self.lines.len() || !equal {
            return Err(PlaybackError::Legs { given: self.lines.len() });
        }
        for ((line, halver), samples) in self.lines.iter_mut().zip(&mut self.halvers).zip(legs) {
            line.clear();
            match self.band {
                Band::Narrow => halver.push(samples, line),
                Band::Wide => line.extend_from_slice(samples),
            }
        }
        self.write_lines()
    }

    /// Writes what is left and completes the header. Gives the target back.
    ///
    /// # Errors
    /// As for [`Playback::push`].
    pub fn finish(mut self) -> Result<W, PlaybackError> {
        for (line, halver) in self.lines.iter_mut().zip(&mut self.halvers) {
            line.clear();
            if self.band == Band::Narrow {
                halver.finish(line);
            }
        }
        self.write_lines()?;
        if self.written % 2 == 1 {
            self.target.write_all(&[0])?;
        }
        self.target.seek(SeekFrom::Start(0))?;
        self.target.write_all(&header(self.lines.len() as u16, self.band, self.written as u32))?;
        self.target.seek(SeekFrom::End(0))?;
        self.target.flush()?;
        Ok(self.target)
    }

    fn write_lines(&mut self) -> Result<(), PlaybackError> {
        if self.full {
            return Ok(());
        }
        let frames = self.lines.first().map_or(0, Vec::len);
        let more = (frames * self.lines.len()) as u64;
        // One byte is kept for the padding of an odd length.
        if HEADER_BYTES + self.written + more + 1 > self.limit_bytes {
            self.full = true;
            return Err(PlaybackError::TooLarge { limit_bytes: self.limit_bytes });
        }
        self.bytes.clear();
        for ix in 0..frames {
            self.bytes.extend(self.lines.iter().map(|line| mu_law(line[ix])));
        }
        self.target.write_all(&self.bytes)?;
        self.written += more;
        Ok(())
    }
}

/// RIFF, fmt, fact and the head of data, for `data_bytes` of mu-law.
fn header(channels: u16, band: Band, data_bytes: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES as usize);
    let rate = band.rate_hz();
    let padded = data_bytes + data_bytes % 2;
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(padded + HEADER_BYTES as u32 - 8).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&18u32.to_le_bytes());
    out.extend_from_slice(&7u16.to_le_bytes());
    out.extend_from_slice(&channels.to_le_bytes());
    out.extend_from_slice(&rate.to_le_bytes());
    out.extend_from_slice(&(rate * u32::from(channels)).to_le_bytes());
    out.extend_from_slice(&channels.to_le_bytes());
    out.extend_from_slice(&8u16.to_le_bytes());
    out.extend_from_slice(&0u16.to_le_bytes());
    out.extend_from_slice(b"fact");
    out.extend_from_slice(&4u32.to_le_bytes());
    out.extend_from_slice(&(data_bytes / u32::from(channels.max(1))).to_le_bytes());
    out.extend_from_slice(b"data");
    out.extend_from_slice(&data_bytes.to_le_bytes());
    out
}

/// G.711 mu-law of a sample.
pub(super) fn mu_law(sample: f32) -> u8 {
    const BIAS: i32 = 132;
    const CLIP: i32 = 32_635;
    let linear = (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i32;
    let sign = if linear < 0 { 0x80 } else { 0 };
    let magnitude = linear.abs().min(CLIP) + BIAS;
    // The highest set bit is 7 to 14, as the bias is 132 and the clip below 32768 - 132.
    let exponent = 31 - magnitude.leading_zeros() as i32 - 7;
    let mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    !(sign | (exponent << 4) | mantissa) as u8
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// ITU-T G.711, for the tests alone.
    fn linear(code: u8) -> f32 {
        let code = !code;
        let magnitude = (((i32::from(code & 0x0f) << 3) + 132) << ((code >> 4) & 7)) - 132;
        let signed = if code & 0x80 != 0 { -magnitude } else { magnitude };
        signed as f32 / 32_768.0
    }

    fn written(legs: &[&[f32]], band: Band, cut: usize) -> Vec<u8> {
        let mut playback = Playback::new(Cursor::new(Vec::new()), legs.len(), band, None).unwrap();
        for start in (0..legs[0].len()).step_by(cut) {
            let end = (start + cut).min(legs[0].len());
            playback.push(&legs.iter().map(|leg| &leg[start..end]).collect::<Vec<_>>()).unwrap();
        }
        playback.finish().unwrap().into_inner()
    }

    fn voice_like(samples: usize) -> Vec<f32> {
        (0..samples)
            .map(|n| {
                let t = n as f32 / 16_000.0;
                let lines = (1..12).map(|h| (std::f32::consts::TAU * 190.0 * h as f32 * t).sin());
                0.05 * lines.sum::<f32>() * (1.2 + (std::f32::consts::TAU * 4.0 * t).sin()) / 2.2
            })
            .collect()
    }

    fn u32_at(bytes: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    }

    #[track_caller]
    fn check(samples: usize, legs: usize, band: Band, frames: u32) {
        let signal = voice_like(samples);
        let bytes = written(&vec![&signal[..]; legs], band, 333);
        assert_eq!(&bytes[..4], b"RIFF");
        assert_eq!(u32_at(&bytes, 4) as usize + 8, bytes.len());
        assert_eq!(u32_at(&bytes, 24), band.rate_hz());
        assert_eq!(u32_at(&bytes, 46), frames);
        assert_eq!(u32_at(&bytes, 54), frames * legs as u32);
        assert!(bytes.len().is_multiple_of(2));
    }

    #[test]
    fn lengths_are_exact() {
        check(16_000, 2, Band::Narrow, 8000);
        check(16_001, 1, Band::Narrow, 8001);
        check(16_001, 2, Band::Wide, 16_001);
        check(1, 1, Band::Narrow, 1);
        check(0, 2, Band::Narrow, 0);
    }

    #[test]
    fn the_round_trip_keeps_36_db() {
        let signal = voice_like(32_000);
        for (band, step) in [(Band::Narrow, 2), (Band::Wide, 1)] {
            let bytes = written(&[&signal], band, 4096);
            let (mut power, mut error) = (0.0f64, 0.0f64);
            for (n, code) in bytes[HEADER_BYTES as usize..].iter().enumerate().skip(200) {
                let Some(want) = signal.get(n * step) else { break };
                power += f64::from(want * want);
                error += f64::from((linear(*code) - want).powi(2));
            }
            let snr_db = 10.0 * (power / error).log10();
            assert!(snr_db > 36.0, "{snr_db} {band:?}");
        }
    }

    #[test]
    fn extremes_are_safe() {
        for (sample, code) in
            [(0.0, 0xff), (1.0, 0x80), (9.0, 0x80), (-1.0, 0x00), (f32::NAN, 0xff)]
        {
            assert_eq!(mu_law(sample), code, "{sample}");
        }
    }

    #[test]
    fn a_limit_is_kept_and_the_file_still_whole() {
        for (band, samples) in [(Band::Wide, 900), (Band::Narrow, 1800)] {
            let mut playback = Playback::new(Cursor::new(Vec::new()), 1, band, Some(1000)).unwrap();
            playback.push(&[&vec![0.1; samples]]).unwrap();
            let refused = playback.push(&[&vec![0.1; samples]]);
            assert!(matches!(refused, Err(PlaybackError::TooLarge { limit_bytes: 1000 })));
            // It would fit, but what goes before it is missing; nor does the end need to fit.
            playback.push(&[&[0.1; 20]]).unwrap();
            let bytes = playback.finish().unwrap().into_inner();
            assert_eq!(bytes.len() as u64, HEADER_BYTES + u64::from(u32_at(&bytes, 54)));
            assert!((850..=900).contains(&u32_at(&bytes, 54)), "{band:?}");
        }
    }

    proptest! {
        #[test]
        fn cutting_changes_nothing(cut in 1usize..500, wide in any::<bool>()) {
            let band = if wide { Band::Wide } else { Band::Narrow };
            let signal = voice_like(1501);
            prop_assert_eq!(
                written(&[&signal, &signal], band, cut),
                written(&[&signal, &signal], band, 5000)
            );
        }
    }
}
