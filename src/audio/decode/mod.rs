//! Bytes of a recording become blocks of 16 kHz, one stream a leg.
//!
//! In: a source of bytes and the file's extension. Out: a [`Decoder`] that gives [`Block`]s, and
//! afterwards what was wrong. Memory does not grow with the recording's length. Hostile bytes end in
//! a [`DecodeError`] or a [`Problem`], never in a panic. Nothing is opened or spawned here.

mod container;
mod error;
mod mp4;
mod plain;
mod region;
mod trouble;

use std::io::{Read as _, SeekFrom};

use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::io::MediaSource;
use symphonia::core::packet::Packet;

use self::container::{TrackFacts, Tracked};
use self::error::guarded;
use self::plain::PlainPackets;
use self::region::{Patched, Region};
use self::trouble::Troubles;
use super::SAMPLE_RATE_HZ;
use super::raw::{Layout, read_au};
use super::resample::Resampler;
use super::sniff::{Container, HEAD_BYTES, Kind, sniff};
use super::wav_header::{WavForm, read_wav};
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

/// Where packets come from.
enum Packets {
    Plain(PlainPackets),
    Tracked(Tracked),
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
    troubles: Troubles,
    ended: bool,
}

/// A source that has been looked into.
struct Opened {
    packets: Packets,
    decoder: Box<dyn AudioDecoder>,
    declared_ms: Option<u64>,
    /// Frames are known to end there.
    frames: Option<u64>,
    edit: mp4::Edit,
    troubles: Troubles,
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
        while !self.ended && self.ready() < BLOCK_SAMPLES {
            self.advance(mp4::Edit::default())?;
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
            )) => {
                self.lose(packet, &error.to_string());
                Ok(())
            }
            Ok(Err(error)) => self.end_early(&error.to_string()),
            Err(error) => {
                self.lose(packet, &error.to_string());
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
        self.fill_lost()?;
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

    /// A packet that cannot be decoded leaves silence of its length, so that times stay true.
    fn lose(&mut self, packet: &Packet, why: &str) {
        let rate_hz = if self.rate_hz == 0 { 8_000 } else { self.rate_hz };
        let most = LOST_MS_MAX * u64::from(rate_hz) / 1000;
        self.lost_frames += self.packets.frames(packet, rate_hz).min(most);
        let at = self.now();
        self.troubles.lost_packet(at, why);
    }

    fn fill_lost(&mut self) -> Result<(), DecodeError> {
        let lost = std::mem::take(&mut self.lost_frames).saturating_sub(self.skip_frames);
        let mut left = lost.min(self.left_frames);
        self.left_frames -= left;
        while left > 0 {
            let piece = left.min(BLOCK_SAMPLES as u64);
            let silence = vec![vec![0.0; piece as usize]; self.out.len()];
            self.resampler.push(&silence, &mut self.out)?;
            left -= piece;
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
        self.fill_lost()?;
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

impl Packets {
    fn next(&mut self) -> Result<Option<Packet>, Error> {
        match self {
            Packets::Plain(plain) => Ok(plain.next()?),
            Packets::Tracked(tracked) => tracked.next(),
        }
    }

    fn make_decoder(&mut self) -> Result<Box<dyn AudioDecoder>, DecodeError> {
        match self {
            Packets::Plain(_) => Err(DecodeError::Corrupt("a plain stream was reset".into())),
            Packets::Tracked(tracked) => tracked.make_decoder(),
        }
    }

    fn frames(&self, packet: &Packet, rate_hz: u32) -> u64 {
        match self {
            Packets::Plain(_) => packet.dur.get(),
            Packets::Tracked(tracked) => tracked.packet_frames(packet, rate_hz),
        }
    }
}

fn open(mut source: Box<dyn MediaSource>, extension: &str) -> Result<Opened, DecodeError> {
    let mut head = Vec::new();
    (&mut *source).take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let kind = sniff(&head, extension);
    if source.is_seekable() {
        source.seek(SeekFrom::Start(0))?;
    } else {
        source = Box::new(Piped::resumed(head, source));
    }
    match kind {
        Kind::Empty => Err(DecodeError::Empty),
        Kind::Text => Err(DecodeError::Text),
        Kind::Unknown => Err(DecodeError::Unknown),
        Kind::Ffmpeg { codec, demuxer } => {
            Err(DecodeError::NeedsFfmpeg { codec: codec.to_owned(), demuxer })
        }
        Kind::Container(container) => tracked(source, container, Troubles::default()),
        Kind::Raw(form) => plain(source, &form.layout(), Troubles::default()),
        Kind::Au => {
            let layout = read_au(&mut *source).map_err(|e| match DecodeError::from(e) {
                DecodeError::NeedsFfmpeg { codec, .. } => {
                    DecodeError::NeedsFfmpeg { codec, demuxer: "au" }
                }
                other => other,
            })?;
            plain(source, &layout, Troubles::default())
        }
        Kind::Wav => {
            let wav = read_wav(&mut *source)?;
            let troubles = Troubles::of_header(wav.problems);
            match wav.form {
                WavForm::Plain(layout) => plain(source, &layout, troubles),
                WavForm::Mpeg { start, bytes } => {
                    let region = Region::new(source, start, bytes)?;
                    tracked(Box::new(region), Container::Mp3, troubles)
                }
            }
        }
    }
}

fn plain(
    source: Box<dyn MediaSource>,
    layout: &Layout,
    troubles: Troubles,
) -> Result<Opened, DecodeError> {
    let channels = usize::from(layout.channels);
    if channels > LEGS_MAX {
        return Err(DecodeError::TooManyChannels { channels });
    }
    // Before a decoder is made with it.
    Resampler::new(layout.rate_hz, 1)?;
    let decoder = container::make_decoder(&plain::parameters(layout)?)?;
    Ok(Opened {
        packets: Packets::Plain(PlainPackets::new(source, layout)?),
        decoder,
        declared_ms: layout.declared_ms(),
        frames: layout.frames,
        edit: mp4::Edit::default(),
        troubles,
    })
}

fn tracked(
    mut source: Box<dyn MediaSource>,
    container: Container,
    mut troubles: Troubles,
) -> Result<Opened, DecodeError> {
    let mut edit = mp4::Edit::default();
    if container == Container::Mp4 && source.is_seekable() {
        edit = mp4::read_edit(&mut *source)?;
        if let Some(at) = mp4::overrun(&mut *source)? {
            troubles.add(ProblemKind::Truncated, "the file ends inside its audio", AudioTime::ZERO);
            source = Box::new(Patched::new(source, at)?);
        }
        source.seek(SeekFrom::Start(0))?;
    }
    if container == Container::Ogg && container::ogg_cut_off(&mut *source)? {
        troubles.add(ProblemKind::Truncated, "the last page is missing", AudioTime::ZERO);
    }
    let mut tracked = Tracked::open(source, container)?;
    let TrackFacts { rate_hz, stated_ms, padding_stated } = tracked.facts()?;
    if let Some(rate_hz) = rate_hz {
        Resampler::new(rate_hz, 1)?;
    }
    let decoder = tracked.make_decoder()?;
    let run_up = run_up_frames(decoder.codec_info().short_name);
    if let Some(rate_hz) = rate_hz
        && !padding_stated
        && edit == mp4::Edit::default()
    {
        edit.skip_s = run_up as f64 / f64::from(rate_hz);
    }
    Ok(Opened {
        packets: Packets::Tracked(tracked),
        decoder,
        declared_ms: stated_ms,
        frames: None,
        edit,
        troubles,
    })
}

/// Frames that encoder and decoder need to get going, where the file does not say: 576 of LAME's and
/// 529 of every MP3 decoder, and the least that AAC can do with.
fn run_up_frames(codec: &str) -> u32 {
    match codec {
        "mp3" => 1_105,
        "aac" => 1_024,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
