//! What payloads are, and their samples.
//!
//! In: a payload and what its type stands for. Out: 16-bit mono samples at the codec's own rate. A payload that its codec
//! cannot read is an error, never noise.

use std::panic::{AssertUnwindSafe, catch_unwind};

use audio_codec::Decoder as _;

/// Codecs that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722 at 64 kbit/s: its RTP clock runs at 8,000 though it holds 16,000 samples a second (RFC 3551, 4.5.2).
    G722,
    /// Opus, decoded at 16 kHz; frames of up to 20 ms.
    Opus,
    /// 16-bit linear, big-endian, mono, 8 or 16 kHz (RFC 3551, 4.5.11).
    L16 {
        /// Samples a second.
        rate_hz: u32,
    },
}

impl Codec {
    /// By encoding name and clock of an `a=rtpmap` (RFC 8866, 6.6). Names are compared without case.
    pub fn named(name: &str, clock_hz: u32, channels: u8) -> Option<Self> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        match (clock_hz, channels) {
            (8_000, 1) if is("PCMU") => Some(Codec::Pcmu),
            (8_000, 1) if is("PCMA") => Some(Codec::Pcma),
            // Some write the true rate.
            (8_000 | 16_000, 1) if is("G722") => Some(Codec::G722),
            (48_000, 1 | 2) if is("opus") => Some(Codec::Opus),
            (8_000 | 16_000, 1) if is("L16") => Some(Codec::L16 { rate_hz: clock_hz }),
            _ => None,
        }
    }

    /// By static payload type (RFC 3551, table 4).
    pub fn fixed(payload_type: u8) -> Option<Self> {
        match payload_type {
            0 => Some(Codec::Pcmu),
            8 => Some(Codec::Pcma),
            9 => Some(Codec::G722),
            _ => None,
        }
    }

    /// Units a second of its RTP timestamps.
    pub const fn clock_hz(self) -> u32 {
        match self {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => 8_000,
            Codec::Opus => 48_000,
            Codec::L16 { rate_hz } => rate_hz,
        }
    }

    /// Samples a second of what is decoded.
    pub const fn rate_hz(self) -> u32 {
        match self {
            Codec::Pcmu | Codec::Pcma => 8_000,
            Codec::G722 | Codec::Opus => 16_000,
            Codec::L16 { rate_hz } => rate_hz,
        }
    }

    /// Its name as a recording's report tells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Codec::Pcmu => "pcm_mulaw",
            Codec::Pcma => "pcm_alaw",
            Codec::G722 => "g722",
            Codec::Opus => "opus",
            Codec::L16 { .. } => "pcm_s16be",
        }
    }

    /// Its `a=rtpmap` after the payload type.
    pub fn rtpmap(self) -> String {
        match self {
            Codec::Pcmu => "PCMU/8000".into(),
            Codec::Pcma => "PCMA/8000".into(),
            Codec::G722 => "G722/8000".into(),
            Codec::Opus => "opus/48000/2".into(),
            Codec::L16 { rate_hz } => format!("L16/{rate_hz}"),
        }
    }

    /// Which of several is taken: the higher. G.711 first, since nothing is lost on the way of telephone speech, and it
    /// costs least.
    pub const fn liking(self) -> u8 {
        match self {
            Codec::Pcma => 5,
            Codec::Pcmu => 4,
            Codec::G722 => 3,
            Codec::L16 { .. } => 2,
            Codec::Opus => 1,
        }
    }
}

/// What a payload type stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Speech.
    Audio(Codec),
    /// Keys (RFC 4733).
    Keys,
    /// A description of silence (RFC 3389).
    Comfort,
    /// Something else.
    Other,
}

/// A payload's codec cannot read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload cannot be decoded")]
pub struct Undecodable;

/// Bytes of a payload that are decoded: 100 ms of L16 at 16 kHz.
const PAYLOAD_BYTES_MAX: usize = 3_200;

enum State {
    Pcmu(audio_codec::pcmu::PcmuDecoder),
    Pcma(audio_codec::pcma::PcmaDecoder),
    G722(Box<audio_codec::g722::G722Decoder>),
    Opus(Guarded),
    L16,
}

/// Panics of a decoder after which a stream is not decoded any more: each is told on standard error.
const PANICS_MAX: u8 = 4;

/// An Opus decoder that panics on some bytes that are none (found by fuzzing): then they are undecodable, and it begins anew.
struct Guarded {
    decoder: Box<audio_codec::opus::OpusDecoder>,
    panics: u8,
}

impl Guarded {
    fn new() -> Self {
        Self { decoder: Box::new(Self::decoder()), panics: 0 }
    }

    fn decoder() -> audio_codec::opus::OpusDecoder {
        audio_codec::opus::OpusDecoder::new(16_000, 1)
    }

    fn decode(
        &mut self,
        payload: &[u8],
        out: &mut [i16],
    ) -> Result<usize, audio_codec::CodecError> {
        if self.panics >= PANICS_MAX {
            return Ok(0);
        }
        let decode = AssertUnwindSafe(|| self.decoder.decode_into(payload, out));
        catch_unwind(decode).unwrap_or_else(|_| {
            *self.decoder = Self::decoder();
            self.panics += 1;
            Ok(0)
        })
    }
}

/// Decodes one stream.
pub struct Decoder {
    codec: Codec,
    state: State,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("codec", &self.codec).finish_non_exhaustive()
    }
}

impl Decoder {
    /// A decoder that has heard nothing yet.
    pub fn new(codec: Codec) -> Self {
        let state = match codec {
            Codec::Pcmu => State::Pcmu(audio_codec::pcmu::PcmuDecoder::new()),
            Codec::Pcma => State::Pcma(audio_codec::pcma::PcmaDecoder::new()),
            Codec::G722 => State::G722(Box::default()),
            Codec::Opus => State::Opus(Guarded::new()),
            Codec::L16 { .. } => State::L16,
        };
        Self { codec, state }
    }

    /// What it decodes.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Puts a payload's samples into `out`, over what was there.
    ///
    /// # Errors
    /// [`Undecodable`]; `out` is empty then.
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) -> Result<(), Undecodable> {
        out.clear();
        if payload.is_empty() || payload.len() > PAYLOAD_BYTES_MAX {
            return Err(Undecodable);
        }
        if matches!(self.state, State::L16) {
            out.extend(payload.as_chunks::<2>().0.iter().map(|two| i16::from_be_bytes(*two)));
            return Ok(());
        }
        let room = match self.codec {
            Codec::G722 => payload.len() * 2,
            Codec::Opus => 640,
            _ => payload.len(),
        };
        out.resize(room, 0);
        let done = match &mut self.state {
            State::Pcmu(decoder) => decoder.decode_into(payload, out),
            State::Pcma(decoder) => decoder.decode_into(payload, out),
            State::G722(decoder) => decoder.decode_into(payload, out),
            State::Opus(opus) => opus.decode(payload, out),
            State::L16 => Ok(0),
        };
        let count = done.unwrap_or(0);
        out.truncate(count);
        if count == 0 {
            return Err(Undecodable);
        }
        if let State::Opus(opus) = &self.state
            && opus.decoder.channels() == 2
        {
            to_mono(out);
        }
        Ok(())
    }
}

/// Two interleaved channels to their mean.
fn to_mono(samples: &mut Vec<i16>) {
    let mut kept = 0;
    for at in 0..samples.len() / 2 {
        let pair = samples.get(2 * at..2 * at + 2).map(|p| p.iter().map(|s| i32::from(*s)).sum());
        let sum: i32 = pair.unwrap_or(0);
        if let Some(place) = samples.get_mut(at) {
            *place = (sum / 2) as i16;
            kept = at + 1;
        }
    }
    samples.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use audio_codec::Encoder as _;

    fn tone(rate_hz: u32, count: usize) -> Vec<i16> {
        let step = std::f32::consts::TAU * 440.0 / rate_hz as f32;
        (0..count).map(|n| ((n as f32 * step).sin() * 8_000.0) as i16).collect()
    }

    fn energy(pcm: &[i16]) -> f64 {
        let sum: f64 = pcm.iter().map(|s| f64::from(*s).powi(2)).sum();
        (sum / pcm.len().max(1) as f64).sqrt()
    }

    /// A tone of 20 ms frames keeps its length and level through a codec.
    #[track_caller]
    fn check(codec: Codec, mut encode: impl FnMut(&[i16]) -> Vec<u8>, source_hz: u32) {
        let mut decoder = Decoder::new(codec);
        let frame = source_hz as usize / 50;
        let pcm = tone(source_hz, frame * 10);
        let (mut out, mut all) = (Vec::new(), Vec::new());
        for frame in pcm.chunks(frame) {
            decoder.decode(&encode(frame), &mut out).unwrap();
            assert_eq!(out.len(), codec.rate_hz() as usize / 50, "{codec:?}");
            all.extend_from_slice(&out);
        }
        let level = energy(&all[all.len() / 2..]) / energy(&pcm);
        assert!((0.8..1.2).contains(&level), "{codec:?}: {level}");
    }

    #[test]
    fn a_tone_comes_through_each_codec() {
        check(Codec::Pcmu, |pcm| audio_codec::pcmu::PcmuEncoder::new().encode(pcm), 8_000);
        check(Codec::Pcma, |pcm| audio_codec::pcma::PcmaEncoder::new().encode(pcm), 8_000);
        let mut g722 = audio_codec::g722::G722Encoder::new();
        check(Codec::G722, |pcm| g722.encode(pcm), 16_000);
        let big = |pcm: &[i16]| pcm.iter().flat_map(|s| s.to_be_bytes()).collect();
        check(Codec::L16 { rate_hz: 16_000 }, big, 16_000);
        let mut opus = audio_codec::opus::OpusEncoder::new_default();
        check(Codec::Opus, |pcm| opus.encode(pcm), 48_000);
    }

    proptest::proptest! {
        #[test]
        fn any_payload_is_decoded_or_refused(
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)
        ) {
            let mut out = Vec::new();
            for codec in [Codec::Pcmu, Codec::G722, Codec::Opus, Codec::L16 { rate_hz: 8_000 }] {
                let mut decoder = Decoder::new(codec);
                for _ in 0..2 {
                    let done = decoder.decode(&bytes, &mut out);
                    proptest::prop_assert!(done.is_ok() || out.is_empty());
                }
            }
        }
    }
}
