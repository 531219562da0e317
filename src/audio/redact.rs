//! Muting personal data in audio: which stretches of which legs, and the samples themselves.
//!
//! In: an ended call; a playback file. Out: a list of mutes with their reasons, and the same file with a
//! soft tone in their place. Where in doubt it mutes more: a moment lost is cheaper than a number kept.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::playback::{HEADER_BYTES, mu_law};
use crate::domain::{AudioTime, EndedCall, LegIx, Pii, PiiKind, ProblemKind, RejectReason, Span};

/// Muted before and after a number, in milliseconds: recognisers' times are off by up to about this.
pub const PAD_MS: u64 = 300;

/// Edges fade over this, in milliseconds, so that they do not click.
const FADE_MS: u64 = 10;

/// The tone in place of what was said: soft, and none of those that telephone networks use.
const TONE_HZ: f64 = 1_000.0;

/// Its amplitude: 36 dB below full scale.
const TONE_LEVEL: f64 = 0.016;

/// Frames worked on at once.
const CHUNK_FRAMES: u64 = 8_000;

/// Why a leg is mute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MuteReason {
    /// It is said, or keyed, on this leg.
    Said,
    /// The other leg's voice is known to be heard on this one.
    Crosstalk,
    /// Nobody speaks on this leg meanwhile: what may be heard on it could only be the other's voice.
    Echo,
}

impl MuteReason {
    /// The word used in timelines.
    pub const fn as_str(self) -> &'static str {
        match self {
            MuteReason::Said => "said",
            MuteReason::Crosstalk => "crosstalk",
            MuteReason::Echo => "echo",
        }
    }
}

/// What is mute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MuteKind {
    /// Personal data that is said.
    Pii(PiiKind),
    /// Keys of the telephone: their tones say which, and card numbers and security codes are entered so.
    Keys,
}

impl MuteKind {
    /// The word used in timelines.
    pub const fn as_str(self) -> &'static str {
        match self {
            MuteKind::Pii(kind) => kind.as_str(),
            MuteKind::Keys => "keys",
        }
    }
}

/// A stretch of one leg that is to be mute.
#[derive(Debug, Clone, PartialEq)]
pub struct Mute {
    /// The leg.
    pub leg: LegIx,
    /// With what is added before and after.
    pub span: Span,
    /// What is to be heard there.
    pub kind: MuteKind,
    /// Its value, starred; of keys how many.
    pub masked: String,
    /// Why this leg.
    pub why: MuteReason,
}

/// Why a file cannot be muted.
#[derive(Debug, thiserror::Error)]
pub enum RedactError {
    /// It cannot be read or written.
    #[error("the audio cannot be muted: {0}")]
    Io(#[from] io::Error),
    /// Not a file of ours.
    #[error("the audio cannot be muted: no playback file")]
    OtherForm,
}

/// What must be mute, in time order. `wanted` chooses the personal data; keys are mute whatever is wanted, since nobody may
/// keep a security code (PCI DSS 3.3.1) and a tone does not say what it is part of.
pub fn mutes(ended: &EndedCall, wanted: impl Fn(&Pii) -> bool) -> Vec<Mute> {
    let legs = ended.media.legs.len().max(1);
    let end = AudioTime::from_ms(ended.media.duration_ms);
    let mut out = Vec::new();
    let said = ended.pii.iter().filter(|pii| wanted(pii));
    let said = said.map(|pii| (pii.leg, pii.span, MuteKind::Pii(pii.kind), &pii.masked));
    let keys = ended.media.problems.iter().filter(|problem| problem.kind == ProblemKind::Dtmf);
    let keys = keys.filter_map(|one| Some((one.leg?, one.span?, MuteKind::Keys, &one.detail)));
    for (own, span, kind, masked) in said.chain(keys) {
        let last = span.end().plus_ms(PAD_MS).min(end);
        let Some(span) = Span::new(span.start().minus_ms(PAD_MS), last) else { continue };
        let one = |leg, span, why| Mute { leg, span, kind, masked: masked.clone(), why };
        out.push(one(own, span, MuteReason::Said));
        for leg in (0..legs as u8).map(LegIx).filter(|leg| *leg != own) {
            if is_heard_through(ended, leg, span) {
                out.push(one(leg, span, MuteReason::Crosstalk));
            } else {
                let quiet = silent_parts(ended, leg, span);
                out.extend(quiet.into_iter().map(|part| one(leg, part, MuteReason::Echo)));
            }
        }
    }
    out.sort_by_key(|mute| (mute.span, mute.leg, mute.kind));
    out
}

/// Whether the other leg's voice is known to be on this one.
fn is_heard_through(ended: &EndedCall, leg: LegIx, span: Span) -> bool {
    let everywhere = |kind| matches!(kind, ProblemKind::Crosstalk | ProblemKind::MonoAsStereo);
    ended.media.problems.iter().any(|problem| everywhere(problem.kind))
        || ended.transcript.rejected.iter().any(|one| {
            one.leg == leg && one.why == RejectReason::Crosstalk && one.span.overlap(span).is_some()
        })
}

/// The parts of a span in which nothing was understood on a leg.
fn silent_parts(ended: &EndedCall, leg: LegIx, span: Span) -> Vec<Span> {
    let mut said: Vec<Span> = ended
        .transcript
        .utterances
        .iter()
        .filter(|one| one.leg == leg)
        .filter_map(|one| one.span.overlap(span))
        .collect();
    said.sort_unstable();
    let mut out = Vec::new();
    let mut from = span.start();
    for one in said {
        out.extend(Span::new(from, one.start()));
        from = from.max(one.end());
    }
    out.extend(Span::new(from, span.end()));
    out
}

/// Mutes a playback file in place.
///
/// # Errors
/// [`RedactError`]; then the file must not be shown to anybody.
pub fn redact<F: Read + Write + Seek>(file: &mut F, mutes: &[Mute]) -> Result<(), RedactError> {
    let mut header = [0u8; HEADER_BYTES as usize];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut header)?;
    let u16_at = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let u32_at = |at: usize| {
        u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let (coding, channels, rate_hz) = (u16_at(20), u64::from(u16_at(22)), u64::from(u32_at(24)));
    if &header[..4] != b"RIFF" || coding != 7 || channels == 0 || rate_hz == 0 {
        return Err(RedactError::OtherForm);
    }
    let frames = u64::from(u32_at(54)) / channels;
    for mute in mutes.iter().filter(|mute| u64::from(mute.leg.0) < channels) {
        let at = |time: AudioTime| (time.ms() * rate_hz / 1000).min(frames);
        let (from, to) = (at(mute.span.start()), at(mute.span.end()));
        let mut chunk = from;
        while chunk < to {
            let until = (chunk + CHUNK_FRAMES).min(to);
            let mut bytes = vec![0u8; ((until - chunk) * channels) as usize];
            let place = SeekFrom::Start(HEADER_BYTES + chunk * channels);
            file.seek(place)?;
            file.read_exact(&mut bytes)?;
            let own = bytes.iter_mut().skip(mute.leg.ix()).step_by(channels as usize);
            for (frame, byte) in (chunk..until).zip(own) {
                *byte = muted(*byte, frame - from, to - frame - 1, frame, rate_hz);
            }
            file.seek(place)?;
            file.write_all(&bytes)?;
            chunk = until;
        }
    }
    file.flush()?;
    Ok(())
}

/// The tone, and near the edges a rest of what was there.
fn muted(byte: u8, after_start: u64, before_end: u64, frame: u64, rate_hz: u64) -> u8 {
    let fade = (FADE_MS * rate_hz / 1000).max(1);
    let share = (after_start.min(before_end).min(fade)) as f64 / fade as f64;
    // Cosine edges: no kink in the envelope either.
    let share = 0.5 - 0.5 * (std::f64::consts::PI * share).cos();
    let phase = std::f64::consts::TAU * TONE_HZ * (frame % rate_hz) as f64 / rate_hz as f64;
    let tone = TONE_LEVEL * phase.sin();
    mu_law((share * tone + (1.0 - share) * f64::from(linear(byte))) as f32)
}

/// ITU-T G.711 mu-law.
fn linear(code: u8) -> f32 {
    let code = !code;
    let magnitude = (((i32::from(code & 0x0f) << 3) + 132) << ((code >> 4) & 7)) - 132;
    (if code & 0x80 == 0 { magnitude } else { -magnitude }) as f32 / 32_768.0
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::playback::{Band, Playback};
    use super::*;
    use proptest::prelude::*;

    fn noise(samples: usize) -> Vec<f32> {
        let mut state = 1u32;
        (0..samples)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1u32 << 24) as f32 - 0.5
            })
            .collect()
    }

    fn file(legs: usize, ms: usize, band: Band) -> Vec<u8> {
        let signal = noise(16 * ms);
        let mut playback = Playback::new(Cursor::new(Vec::new()), legs, band, None).unwrap();
        playback.push(&vec![&signal[..]; legs]).unwrap();
        playback.finish().unwrap().into_inner()
    }

    fn mute(leg: u8, from_ms: u64, to_ms: u64) -> Mute {
        let span = Span::from_ms(from_ms, to_ms).unwrap();
        let why = MuteReason::Said;
        Mute { leg: LegIx(leg), span, kind: MuteKind::Pii(PiiKind::Phone), masked: "*".into(), why }
    }

    fn redacted(bytes: &[u8], mutes: &[Mute]) -> Vec<u8> {
        let mut cursor = Cursor::new(bytes.to_vec());
        redact(&mut cursor, mutes).unwrap();
        cursor.into_inner()
    }

    #[test]
    fn a_number_is_gone_and_the_rest_is_untouched() {
        for (band, rate) in [(Band::Narrow, 8), (Band::Wide, 16)] {
            let before = file(2, 3000, band);
            let after = redacted(&before, &[mute(1, 1000, 2200)]);
            assert_eq!(before.len(), after.len());
            let frames = |bytes: &[u8], leg: usize| -> Vec<u8> {
                bytes[HEADER_BYTES as usize..].iter().skip(leg).step_by(2).copied().collect()
            };
            assert_eq!(frames(&before, 0), frames(&after, 0), "the other leg");
            let (was, is) = (frames(&before, 1), frames(&after, 1));
            assert_eq!(was[..1000 * rate], is[..1000 * rate]);
            assert_eq!(was[2200 * rate..], is[2200 * rate..]);
            let inside = &is[1015 * rate..2185 * rate];
            assert!(inside.iter().all(|byte| linear(*byte).abs() < 0.02), "only the soft tone");
        }
    }

    #[test]
    fn edges_do_not_click() {
        // A loud constant: any step is the edge's own.
        let mut playback = Playback::new(Cursor::new(Vec::new()), 1, Band::Wide, None).unwrap();
        playback.push(&[&vec![0.5; 16_000]]).unwrap();
        let bytes = redacted(&playback.finish().unwrap().into_inner(), &[mute(0, 200, 700)]);
        let samples: Vec<f32> = bytes[HEADER_BYTES as usize..]
            .iter()
            .skip(1600)
            .take(12_000)
            .map(|b| linear(*b))
            .collect();
        let step = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(step < 0.03, "{step}");
    }

    #[test]
    fn a_strange_file_is_refused() {
        let mut cursor = Cursor::new(vec![0u8; 100]);
        assert!(matches!(redact(&mut cursor, &[]), Err(RedactError::OtherForm)));
    }

    proptest! {
        #[test]
        fn any_span_is_taken(from in 0u64..2000, len in 1u64..4000, leg in 0u8..3) {
            let before = file(2, 500, Band::Narrow);
            let after = redacted(&before, &[mute(leg, from, from + len)]);
            prop_assert_eq!(before.len(), after.len());
            prop_assert_eq!(&before[..58], &after[..58]);
        }
    }
}
