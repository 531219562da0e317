//! Packets out of symphonia's containers, and what containers say about length and padding.

use std::io::{self, Read as _, SeekFrom};

use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_OPUS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::common::Limit;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType, probe::Hint};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

use super::DecodeError;
use crate::audio::sniff::Container;

/// A tag or picture over this size is skipped, not kept.
const TAG_BYTES_MAX: usize = 64 * 1024;

/// The audio track of a container.
pub(super) struct Tracked {
    reader: Box<dyn FormatReader>,
    container: Container,
    track_id: u32,
    time_base: Option<TimeBase>,
}

/// What a track says of itself.
pub(super) struct TrackFacts {
    /// Frames a second, if known before decoding.
    pub(super) rate_hz: Option<u32>,
    /// Length, where the container states it and does not guess it.
    pub(super) stated_ms: Option<u64>,
    /// Whether it says what its encoder put before the first sample.
    pub(super) padding_stated: bool,
}

impl Tracked {
    pub(super) fn open(
        source: Box<dyn MediaSource>,
        container: Container,
    ) -> Result<Self, DecodeError> {
        let stream = MediaSourceStream::new(source, Default::default());
        let mut hint = Hint::new();
        hint.with_extension(container.names().1);
        let limits = MetadataOptions::default()
            .limit_tag_bytes(Limit::Maximum(TAG_BYTES_MAX))
            .limit_visual_bytes(Limit::Maximum(TAG_BYTES_MAX));
        let reader = symphonia::default::get_probe()
            .probe(&hint, stream, FormatOptions::default(), limits)
            .map_err(|error| damaged(container, error))?;
        let mut tracked = Self { reader, container, track_id: 0, time_base: None };
        let track = tracked.track()?;
        (tracked.track_id, tracked.time_base) = (track.id, track.time_base);
        Ok(tracked)
    }

    fn track(&self) -> Result<&Track, DecodeError> {
        self.reader.default_track(TrackType::Audio).ok_or(DecodeError::NoAudio)
    }

    pub(super) fn facts(&self) -> Result<TrackFacts, DecodeError> {
        let track = self.track()?;
        let rate_hz = parameters(track)?.sample_rate;
        let frames_ms =
            |rate: u32| track.num_frames.map(|n| n.saturating_mul(1000) / u64::from(rate.max(1)));
        let ticks_ms = || {
            let time = track.time_base?.calc_duration(track.duration?)?;
            u64::try_from(time.as_millis()).ok()
        };
        // Without a LAME tag the length of an MP3 is a guess from its first frames.
        let guessed = match self.container {
            Container::Mp3 => track.delay.is_none(),
            Container::Adts => true,
            _ => false,
        };
        let stated_ms = (!guessed).then(|| rate_hz.and_then(frames_ms).or_else(ticks_ms)).flatten();
        Ok(TrackFacts { rate_hz, stated_ms, padding_stated: track.delay.is_some() })
    }

    /// A decoder for the track as it is now.
    pub(super) fn make_decoder(&mut self) -> Result<Box<dyn AudioDecoder>, DecodeError> {
        let track = self.track()?;
        let (id, time_base) = (track.id, track.time_base);
        let parameters = parameters(track)?.clone();
        (self.track_id, self.time_base) = (id, time_base);
        if let Some(channels) = parameters.channels.as_ref().map(|c| c.count()).filter(|n| *n > 2) {
            return Err(DecodeError::TooManyChannels { channels });
        }
        make_decoder(&parameters).map_err(|error| match error {
            Error::Unsupported(_) => self.foreign(&parameters),
            other => other.into(),
        })
    }

    fn foreign(&self, parameters: &AudioCodecParameters) -> DecodeError {
        let (name, _) = self.container.names();
        let codec = match parameters.codec {
            CODEC_ID_OPUS => format!("Opus in {name} (built without the feature `opus`)"),
            CODEC_ID_AAC => "HE-AAC".to_owned(),
            _ => format!("what this {name} file holds"),
        };
        DecodeError::NeedsFfmpeg { codec, demuxer: self.container.demuxer() }
    }

    pub(super) fn next(&mut self) -> Result<Option<Packet>, Error> {
        loop {
            match self.reader.next_packet()? {
                Some(packet) if packet.track_id == self.track_id => return Ok(Some(packet)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    /// Frames that a packet stands for, at `rate_hz`.
    pub(super) fn packet_frames(&self, packet: &Packet, rate_hz: u32) -> u64 {
        let ticks = u128::from(packet.dur.get());
        let Some(base) = self.time_base else { return packet.dur.get() };
        let frames = ticks * u128::from(base.numer.get()) * u128::from(rate_hz)
            / u128::from(base.denom.get());
        u64::try_from(frames).unwrap_or(u64::MAX)
    }
}

fn parameters(track: &Track) -> Result<&AudioCodecParameters, DecodeError> {
    track.codec_params.as_ref().and_then(|p| p.audio()).ok_or(DecodeError::NoAudio)
}

/// A decoder from symphonia's registry, with Opus where it is built in.
pub(super) fn make_decoder(
    parameters: &AudioCodecParameters,
) -> Result<Box<dyn AudioDecoder>, Error> {
    let mut registry = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut registry);
    #[cfg(feature = "opus")]
    registry.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
    registry.make_audio_decoder(parameters, &AudioDecoderOptions::default())
}

fn damaged(container: Container, error: Error) -> DecodeError {
    let (name, _) = container.names();
    match error {
        Error::IoError(e) if e.kind() != io::ErrorKind::UnexpectedEof => DecodeError::Io(e),
        Error::IoError(_) if container == Container::Mp4 => {
            DecodeError::Corrupt("the MP4 ends before its index: the recorder was stopped".into())
        }
        Error::IoError(_) => DecodeError::Corrupt(format!("the {name} ends inside its header")),
        other => DecodeError::Corrupt(format!("{name}: {other}")),
    }
}

/// Whether an Ogg stream lacks its last page, which its writer marks.
pub(super) fn ogg_cut_off(source: &mut dyn MediaSource) -> io::Result<bool> {
    /// A page is at most this long.
    const PAGE_BYTES_MAX: u64 = 65_307;
    let Some(bytes) = source.byte_len().filter(|_| source.is_seekable()) else { return Ok(false) };
    source.seek(SeekFrom::Start(bytes.saturating_sub(PAGE_BYTES_MAX)))?;
    let mut tail = Vec::new();
    (&mut *source).take(PAGE_BYTES_MAX).read_to_end(&mut tail)?;
    source.seek(SeekFrom::Start(0))?;
    let last = tail.windows(4).rposition(|w| w == b"OggS");
    let whole = last.and_then(|at| {
        let page = &tail[at..];
        let segments = usize::from(*page.get(26)?);
        let body: usize = page.get(27..27 + segments)?.iter().map(|b| usize::from(*b)).sum();
        Some(page[5] & 4 != 0 && page.len() >= 27 + segments + body)
    });
    Ok(whole != Some(true))
}
