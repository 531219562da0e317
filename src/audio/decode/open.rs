//! Looking into a source: what it is, where its packets come from, and who decodes them.

use std::io::{Read as _, SeekFrom};

use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::io::MediaSource;
use symphonia::core::packet::Packet;

use super::container::{TrackFacts, Tracked};
use super::plain::PlainPackets;
use super::region::{Patched, Piped, Region};
use super::trouble::Troubles;
use super::{DecodeError, LEGS_MAX, container, mp4, plain as plain_form};
use crate::audio::raw::{Layout, read_au};
use crate::audio::resample::Resampler;
use crate::audio::sniff::{Container, HEAD_BYTES, Kind, sniff};
use crate::audio::wav_header::{WavForm, read_wav};
use crate::domain::{AudioTime, ProblemKind};

/// Where packets come from.
pub(super) enum Packets {
    Plain(PlainPackets),
    Tracked(Tracked),
}

/// A source that has been looked into.
pub(super) struct Opened {
    pub(super) packets: Packets,
    pub(super) decoder: Box<dyn AudioDecoder>,
    pub(super) declared_ms: Option<u64>,
    /// Frames are known to end there.
    pub(super) frames: Option<u64>,
    pub(super) edit: mp4::Edit,
    pub(super) troubles: Troubles,
}

impl Packets {
    pub(super) fn next(&mut self) -> Result<Option<Packet>, Error> {
        match self {
            Packets::Plain(plain) => Ok(plain.next()?),
            Packets::Tracked(tracked) => tracked.next(),
        }
    }

    pub(super) fn make_decoder(&mut self) -> Result<Box<dyn AudioDecoder>, DecodeError> {
        match self {
            Packets::Plain(_) => Err(DecodeError::Corrupt("a plain stream was reset".into())),
            Packets::Tracked(tracked) => tracked.make_decoder(),
        }
    }

    pub(super) fn frames(&self, packet: &Packet, rate_hz: u32) -> u64 {
        match self {
            Packets::Plain(_) => packet.dur.get(),
            Packets::Tracked(tracked) => tracked.packet_frames(packet, rate_hz),
        }
    }
}

pub(super) fn open(
    mut source: Box<dyn MediaSource>,
    extension: &str,
) -> Result<Opened, DecodeError> {
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
    let decoder = container::make_decoder(&plain_form::parameters(layout)?)?;
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
