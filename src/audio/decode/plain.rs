//! Packets for audio that has none of its own: runs of samples, or of ADPCM blocks.
//!
//! In: a source and a [`Layout`]. Out: packets of whole blocks. Reads a fixed amount at a time,
//! whatever the header claims.

use std::io::{self, Read as _, SeekFrom};

use symphonia::core::audio::{Channels, Position};
use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::{AudioCodecParameters, well_known as id};
use symphonia::core::io::MediaSource;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::DecodeError;
use crate::audio::raw::{Layout, Samples};

/// Frames in a packet, at least one block.
const PACKET_FRAMES: u64 = 4096;

pub(super) struct PlainPackets {
    source: Box<dyn MediaSource>,
    block_bytes: usize,
    block_frames: u64,
    blocks: usize,
    left_bytes: u64,
    at_frames: u64,
    buffer: Vec<u8>,
}

impl PlainPackets {
    pub(super) fn new(
        mut source: Box<dyn MediaSource>,
        layout: &Layout,
    ) -> Result<Self, DecodeError> {
        if source.is_seekable() {
            source.seek(SeekFrom::Start(layout.start))?;
        }
        let blocks = usize::try_from((PACKET_FRAMES / layout.block_frames).max(1)).unwrap_or(1);
        Ok(Self {
            source,
            block_bytes: layout.block_bytes,
            block_frames: layout.block_frames,
            blocks,
            left_bytes: layout.bytes.unwrap_or(u64::MAX),
            at_frames: 0,
            buffer: Vec::new(),
        })
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Packet>> {
        let wanted = (self.blocks * self.block_bytes) as u64;
        self.buffer.clear();
        (&mut *self.source).take(wanted.min(self.left_bytes)).read_to_end(&mut self.buffer)?;
        self.left_bytes -= self.buffer.len() as u64;
        let blocks = self.buffer.len() / self.block_bytes;
        if blocks == 0 {
            return Ok(None);
        }
        let frames = blocks as u64 * self.block_frames;
        let data = &self.buffer[..blocks * self.block_bytes];
        let start = Timestamp::new(i64::try_from(self.at_frames).unwrap_or(i64::MAX));
        self.at_frames += frames;
        Ok(Some(Packet::new(0, start, Duration::new(frames), data)))
    }
}

/// What symphonia's decoders want to know about a layout.
pub(super) fn parameters(layout: &Layout) -> Result<AudioCodecParameters, DecodeError> {
    let channels = Position::from_count(u32::from(layout.channels))
        .map(Channels::Positioned)
        .ok_or(DecodeError::TooManyChannels { channels: usize::from(layout.channels) })?;
    let mut parameters = AudioCodecParameters::new();
    parameters
        .for_codec(codec(layout.samples))
        .with_sample_rate(layout.rate_hz)
        .with_channels(channels)
        .with_max_frames_per_packet(PACKET_FRAMES.max(layout.block_frames))
        .with_frames_per_block(layout.block_frames);
    Ok(parameters)
}

const fn codec(samples: Samples) -> AudioCodecId {
    match samples {
        Samples::U8 => id::CODEC_ID_PCM_U8,
        Samples::S8 => id::CODEC_ID_PCM_S8,
        Samples::S16Le => id::CODEC_ID_PCM_S16LE,
        Samples::S16Be => id::CODEC_ID_PCM_S16BE,
        Samples::S24Le => id::CODEC_ID_PCM_S24LE,
        Samples::S24Be => id::CODEC_ID_PCM_S24BE,
        Samples::S32Le => id::CODEC_ID_PCM_S32LE,
        Samples::S32Be => id::CODEC_ID_PCM_S32BE,
        Samples::F32Le => id::CODEC_ID_PCM_F32LE,
        Samples::F32Be => id::CODEC_ID_PCM_F32BE,
        Samples::F64Le => id::CODEC_ID_PCM_F64LE,
        Samples::F64Be => id::CODEC_ID_PCM_F64BE,
        Samples::Alaw => id::CODEC_ID_PCM_ALAW,
        Samples::Mulaw => id::CODEC_ID_PCM_MULAW,
        Samples::AdpcmMs => id::CODEC_ID_ADPCM_MS,
        Samples::AdpcmIma => id::CODEC_ID_ADPCM_IMA_WAV,
    }
}
