//! Bytes of a recording become blocks of 16 kHz, one stream a leg.
//!
//! In: a source of bytes and the file's extension. Out: a [`Decoder`] that gives [`Block`]s, and
//! afterwards what was wrong. Memory does not grow with the recording's length. Hostile bytes end in
//! a [`DecodeError`] or a [`Problem`], never in a panic. Nothing is opened or spawned here.

mod container;
mod error;
mod mp4;
mod open;
mod plain;
mod region;
mod trouble;

use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::io::MediaSource;
use symphonia::core::packet::Packet;

use self::error::guarded;
use self::open::{Packets, open};
use self::trouble::Troubles;
use super::SAMPLE_RATE_HZ;
use super::resample::Resampler;
use crate::domain::{AudioTime, Problem, ProblemKind};

pub use self::error::DecodeError;
pub use self::region::Piped;

/// Samples in every block but the last: half a second.
pub const BLOCK_SAMPLES: usize = 8_000;

/// Legs that a recording may have.
const LEGS_MAX: usize = 2;

/// How much shorter than stated a recording may come out before it counts as cut off.
const SHORT_MS_MAX: u64 = 100;

/// Silence put in for one lost packet lasts no longer, whatever the packet claims.
const LOST_MS_MAX: u64 = 200;

/// After so much in which nothing can be decoded the rest is left out: three bytes may claim to be a packet.
const LOST_RUN_MS_MAX: u64 = 300_000;

/// The recording's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// The codec's short name, such as `pcm_alaw`.
    pub codec: String,
    /// The file's sample rate, in Hz, before resampling.
    pub sample_rate_hz: u32,
    /// Channels in the file: 1 or 2.
    pub channels: u16,
    /// Length in milliseconds where the file states it; what comes out may be less.
    pub declared_ms: Option<u64>,
}

/// A stretch of all legs.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its first sample's time.
    pub at: AudioTime,
    /// 16 kHz mono, full scale ±1; one a leg, all equally long, at most [`BLOCK_SAMPLES`].
    pub legs: Vec<Vec<f32>>,
}

/// Decodes one recording, from its first sample to its last, once.
pub struct Decoder {
    format: Format,
    packets: Packets,
    decoder: Box<dyn AudioDecoder>,
    resampler: Resampler,
    /// Samples of the last packet, one list a channel of the file.
    planes: Vec<Vec<f32>>,
    /// 16 kHz, waiting to fill a block.
    out: Vec<Vec<f32>>,
    emitted: u64,
    /// The rate that comes in now, in Hz; a chained stream may change it.
    rate_hz: u32,
    /// Frames still to be cut from the start.
    skip_frames: u64,
    /// Frames still to be let through.
    left_frames: u64,
    /// Silence to put in for lost packets, in frames.
    lost_frames: u64,
    /// Frames lost since anything was decoded.
    lost_run: u64,
    troubles: Troubles,
    ended: bool,
}

impl Decoder {
    /// Looks into a source, by its content; `extension` only tells raw formats apart. Decodes up to
    /// the first sample, so that a decoder that exists has something to say.
    ///
    /// # Errors
    /// [`DecodeError`] when it is no recording, none that is decoded here, or none that can be.
    pub fn new(source: Box<dyn MediaSource>, extension: &str) -> Result<Self, DecodeError> {
        let opened = guarded(|| open(source, extension))??;
        let mut decoder = Self {
            format: Format {
                codec: opened.decoder.codec_info().short_name.to_owned(),
                sample_rate_hz: 0,
                channels: 0,
                declared_ms: opened.declared_ms,
            },
            packets: opened.packets,
            decoder: opened.decoder,
            resampler: Resampler::new(SAMPLE_RATE_HZ, 1)?,
            planes: Vec::new(),
            out: Vec::new(),
            emitted: 0,
            rate_hz: 0,
            skip_frames: 0,
            left_frames: opened.frames.unwrap_or(u64::MAX),
            lost_frames: 0,
            lost_run: 0,
            troubles: opened.troubles,
            ended: false,
        };
        while !decoder.ended && decoder.rate_hz == 0 {
            decoder.advance(opened.edit)?;
        }
        if decoder.rate_hz == 0 {
            return Err(match decoder.troubles.first_loss() {
                Some(why) => DecodeError::Corrupt(format!("none of it can be decoded ({why})")),
                None => DecodeError::NoAudio,
            });
        }
        Ok(decoder)
    }

    /// The recording's form.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// What is wrong with the recording, as far as it has been decoded; complete once
    /// [`Decoder::next_block`] has returned `None`.
    pub fn problems(&self) -> &[Problem] {
        self.troubles.problems()
    }

    /// The next half second, or what is left; `None` at the end.
    ///
    /// # Errors
    /// [`DecodeError`] when the source can no longer be read. Damage inside it is no error: it
    /// becomes silence and a problem.
    pub fn next_block(&mut self) -> Result<Option<Block>, DecodeError> {
        // Silence for what was lost comes before what is decoded next, and piece by piece: much of it may be asked for.
        while self.ready() < BLOCK_SAMPLES && (self.lost_frames > 0 || !self.ended) {
            match self.lost_frames {
                0 => self.advance(mp4::Edit::default())?,
                _ => self.fill_lost()?,
            }
        }
        let samples = self.ready().min(BLOCK_SAMPLES);
        if samples == 0 {
            return Ok(None);
        }
        let at = AudioTime::from_samples(self.emitted, SAMPLE_RATE_HZ);
        self.emitted += samples as u64;
        Ok(Some(Block {
            at,
            legs: self.out.iter_mut().map(|l| l.drain(..samples).collect()).collect(),
        }))
    }

    fn ready(&self) -> usize {
        self.out.first().map_or(0, Vec::len)
    }

    /// Decodes one packet, or ends.
    fn advance(&mut self, edit: mp4::Edit) -> Result<(), DecodeError> {
        match guarded(|| self.packets.next()) {
            Ok(Ok(Some(packet))) => self.take(&packet, edit),
            Ok(Ok(None)) => self.end(),
            Ok(Err(Error::ResetRequired)) => match guarded(|| self.packets.make_decoder()) {
                Ok(Ok(decoder)) => {
                    self.decoder = decoder;
                    Ok(())
                }
                Ok(Err(error)) | Err(error) => self.end_early(&error.to_string()),
            },
            Ok(Err(Error::IoError(e))) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                let at = self.now();
                self.troubles.add(ProblemKind::Truncated, "the file ends inside a packet", at);
                self.end()
            }
            Ok(Err(Error::IoError(error))) => Err(DecodeError::Io(error)),
            Ok(Err(error)) => self.end_early(&error.to_string()),
            Err(error) => self.end_early(&error.to_string()),
        }
    }

    fn take(&mut self, packet: &Packet, edit: mp4::Edit) -> Result<(), DecodeError> {
        let planes = &mut self.planes;
        let decoded = guarded(|| {
            self.decoder.decode(packet).map(|buffer| {
                buffer.copy_to_vecs_planar(planes);
                (buffer.spec().rate(), buffer.spec().channels().count())
            })
        });
        match decoded {
            Ok(Ok((rate_hz, channels))) => self.accept(rate_hz, channels, edit),
            Ok(Err(
                error @ (Error::IoError(_) | Error::DecodeError(_) | Error::Unsupported(_)),
            )) => self.lose(packet, &error.to_string()),
            Ok(Err(error)) => self.end_early(&error.to_string()),
            Err(error) => {
                self.lose(packet, &error.to_string())?;
                self.end_early(&error.to_string())
            }
        }
    }

    /// Takes the samples in `planes`.
    fn accept(
        &mut self,
        rate_hz: u32,
        channels: usize,
        edit: mp4::Edit,
    ) -> Result<(), DecodeError> {
        let frames = self.planes.first().map_or(0, Vec::len);
        if frames == 0 || channels == 0 {
            return Ok(());
        }
        if self.rate_hz == 0 {
            self.begin(rate_hz, channels, edit)?;
        } else if self.rate_hz != rate_hz {
            self.resampler.finish(&mut self.out)?;
            self.resampler = Resampler::new(rate_hz, self.out.len())?;
            self.rate_hz = rate_hz;
        }
        // A chained stream may change its channels; the call's legs stay as they began.
        self.planes.truncate(self.out.len());
        while self.planes.len() < self.out.len() {
            let copy = self.planes[0].clone();
            self.planes.push(copy);
        }
        // Left from before the first samples, or from other settings.
        while self.lost_frames > 0 {
            self.fill_lost()?;
        }
        self.lost_run = 0;
        let cut = usize::try_from(self.skip_frames).map_or(frames, |skip| skip.min(frames));
        self.skip_frames -= cut as u64;
        let keep = usize::try_from(self.left_frames).map_or(frames - cut, |n| n.min(frames - cut));
        self.left_frames -= keep as u64;
        for plane in &mut self.planes {
            plane.truncate(cut + keep);
            plane.drain(..cut);
            for sample in plane {
                // Float files may hold anything; a NaN would poison the filter for good.
                *sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
            }
        }
        Ok(self.resampler.push(&self.planes, &mut self.out)?)
    }

    /// The first samples say what the stream really is.
    fn begin(&mut self, rate_hz: u32, channels: usize, edit: mp4::Edit) -> Result<(), DecodeError> {
        if channels > LEGS_MAX {
            return Err(DecodeError::TooManyChannels { channels });
        }
        self.resampler = Resampler::new(rate_hz, channels)?;
        self.out = vec![Vec::new(); channels];
        self.rate_hz = rate_hz;
        self.format.sample_rate_hz = rate_hz;
        self.format.channels = channels as u16;
        let frames = |seconds: f64| (seconds * f64::from(rate_hz)).round() as u64;
        self.skip_frames = frames(edit.skip_s);
        if let Some(length_s) = edit.length_s {
            self.left_frames = self.left_frames.min(frames(length_s));
            self.format.declared_ms = Some((length_s * 1000.0).round() as u64);
        }
        Ok(())
    }

    /// A packet that cannot be decoded leaves silence of its length, so that times stay true. After minutes of nothing else
    /// the rest is left out.
    fn lose(&mut self, packet: &Packet, why: &str) -> Result<(), DecodeError> {
        let rate_hz = if self.rate_hz == 0 { 8_000 } else { self.rate_hz };
        let frames = |ms: u64| ms * u64::from(rate_hz) / 1000;
        let lost = self.packets.frames(packet, rate_hz).min(frames(LOST_MS_MAX));
        self.lost_frames += lost;
        self.lost_run += lost;
        let at = self.now();
        self.troubles.lost_packet(at, why);
        if self.lost_run > frames(LOST_RUN_MS_MAX) {
            return self.end_early("nothing was decoded for five minutes");
        }
        Ok(())
    }

    /// A piece of silence for what was lost.
    fn fill_lost(&mut self) -> Result<(), DecodeError> {
        let skipped = self.lost_frames.min(self.skip_frames);
        self.skip_frames -= skipped;
        self.lost_frames = (self.lost_frames - skipped).min(self.left_frames);
        let piece = self.lost_frames.min(BLOCK_SAMPLES as u64);
        (self.lost_frames, self.left_frames) = (self.lost_frames - piece, self.left_frames - piece);
        if piece > 0 {
            let silence = vec![vec![0.0; piece as usize]; self.out.len()];
            self.resampler.push(&silence, &mut self.out)?;
        }
        Ok(())
    }

    fn end_early(&mut self, why: &str) -> Result<(), DecodeError> {
        let at = self.now();
        self.troubles.add(ProblemKind::CorruptData, &format!("left out from here on: {why}"), at);
        self.end()
    }

    fn end(&mut self) -> Result<(), DecodeError> {
        self.ended = true;
        if self.rate_hz == 0 {
            return Ok(());
        }
        while self.lost_frames > 0 {
            self.fill_lost()?;
        }
        self.resampler.finish(&mut self.out)?;
        let at = self.now();
        if let Some(declared_ms) = self.format.declared_ms
            && at.ms() + SHORT_MS_MAX < declared_ms
        {
            let detail = format!("{declared_ms} ms are stated, {} ms are there", at.ms());
            self.troubles.add(ProblemKind::Truncated, &detail, at);
        }
        self.troubles.close();
        Ok(())
    }

    /// How far the decoded audio reaches.
    fn now(&self) -> AudioTime {
        AudioTime::from_samples(self.emitted + self.ready() as u64, SAMPLE_RATE_HZ)
    }
}

#[cfg(test)]
mod tests;
