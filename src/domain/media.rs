//! The recording itself: its form, its legs, and what is wrong with it.

use super::{Party, Span};

/// Which leg of a call, counted from zero in the order of the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegIx(pub u8);

impl LegIx {
    /// As an index into per-leg lists.
    pub const fn ix(self) -> usize {
        self.0 as usize
    }
}

/// How a party was found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartyFrom {
    /// The sidecar said so.
    Sidecar,
    /// What was said and when.
    Evidence,
    /// Nothing told the parties apart.
    Nothing,
}

/// One leg: one channel of the recording, one party's audio (both parties' on a mono recording).
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// Which.
    pub leg: LegIx,
    /// Who speaks on it; unknown when the leg holds several parties.
    pub party: Party,
    /// How that is known.
    pub party_from: PartyFrom,
    /// How surely, 0 to 1.
    pub party_confidence: f32,
    /// Speech level above the noise floor, in dB; absent where there was no speech.
    pub snr_db: Option<f32>,
    /// Speech level, in dB below full scale; absent where there was no speech.
    pub speech_dbfs: Option<f32>,
}

/// The recording's form.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    /// Decoded length in milliseconds.
    pub duration_ms: u64,
    /// The codec's short name, such as `pcm_alaw`.
    pub codec: String,
    /// The file's sample rate, in Hz, before resampling.
    pub sample_rate_hz: u32,
    /// Channels in the file.
    pub channels: u16,
    /// The legs, in order.
    pub legs: Vec<Leg>,
    /// What is wrong with the recording, in time order.
    pub problems: Vec<Problem>,
}

impl Media {
    /// The codec of a chat.
    pub const CHAT: &'static str = "chat";

    /// Whether it was written and not spoken.
    pub fn is_chat(&self) -> bool {
        self.codec == Self::CHAT
    }
}

/// What can be wrong with a recording, or must be known before it is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The sidecar's parties are on the wrong channels, as far as the evidence goes.
    SwappedLegs,
    /// Two channels with the same content: a mono recording sold as stereo.
    MonoAsStereo,
    /// One leg is heard on the other.
    Crosstalk,
    /// Samples at full scale.
    Clipping,
    /// One leg has no speech while the other has.
    OneWayAudio,
    /// Nobody speaks.
    NoSpeech,
    /// Digital silence or a dead line over a long stretch.
    Silence,
    /// Ring-back tone.
    RingTone,
    /// Music on hold.
    HoldMusic,
    /// A key was pressed.
    Dtmf,
    /// The file ends before its header says.
    Truncated,
    /// The header was missing, zero or absurd, and was mended.
    HeaderRepaired,
    /// Parts of the stream could not be decoded and were left out.
    CorruptData,
    /// The sidecar and the recording disagree.
    SidecarMismatch,
    /// The speakers of a mono recording could not be told apart surely.
    SpeakersUnsure,
    /// Recognition failed on a stretch of speech, so nothing is known of its words.
    NotRecognised,
    /// Messages of a chat that were not in order of time.
    OutOfOrder,
    /// Messages of a chat without a text, such as pictures, which were left out.
    EmptyTexts,
    /// A chat whose messages have no times.
    NoTimes,
}

impl ProblemKind {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            ProblemKind::SwappedLegs => "swapped_legs",
            ProblemKind::MonoAsStereo => "mono_as_stereo",
            ProblemKind::Crosstalk => "crosstalk",
            ProblemKind::Clipping => "clipping",
            ProblemKind::OneWayAudio => "one_way_audio",
            ProblemKind::NoSpeech => "no_speech",
            ProblemKind::Silence => "silence",
            ProblemKind::RingTone => "ring_tone",
            ProblemKind::HoldMusic => "hold_music",
            ProblemKind::Dtmf => "dtmf",
            ProblemKind::Truncated => "truncated",
            ProblemKind::HeaderRepaired => "header_repaired",
            ProblemKind::CorruptData => "corrupt_data",
            ProblemKind::SidecarMismatch => "sidecar_mismatch",
            ProblemKind::SpeakersUnsure => "speakers_unsure",
            ProblemKind::NotRecognised => "not_recognised",
            ProblemKind::OutOfOrder => "out_of_order",
            ProblemKind::EmptyTexts => "empty_texts",
            ProblemKind::NoTimes => "no_times",
        }
    }
}

/// One thing wrong with a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// What.
    pub kind: ProblemKind,
    /// On which leg; absent: on the whole recording.
    pub leg: Option<LegIx>,
    /// Where; absent: throughout.
    pub span: Option<Span>,
    /// What was measured, such as `-31.2 dB`. Never call text.
    pub detail: String,
}
