//! What was said: words, utterances, and what the recogniser made up.

use super::{Language, LegIx, Party, Sensitive, Span};

/// One word as it was recognised: for Chinese usually one to four characters.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// The word with the punctuation that follows it.
    pub text: Sensitive<String>,
    /// When it was said.
    pub span: Span,
    /// The recogniser's probability, 0 to 1.
    pub confidence: f32,
}

/// 语句: what one speaker says between two pauses. Final: never edited afterwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    /// Position in the transcript, from zero.
    pub id: u32,
    /// The leg it was heard on.
    pub leg: LegIx,
    /// The voice: equals the leg where each party has its own, else from diarisation.
    pub speaker: u8,
    /// Who said it.
    pub party: Party,
    /// From its first word to its last.
    pub span: Span,
    /// Script-folded text with punctuation, as shown to people.
    pub text: Sensitive<String>,
    /// Mean of the words' confidences, weighted by their length in characters.
    pub confidence: f32,
    /// Its words, in time order. Their texts joined are `text` (with spaces where the language has them).
    pub words: Vec<Word>,
}

/// Why a recognised text is no evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectReason {
    /// No voice where the words are said to be.
    NoSpeech,
    /// The recogniser went round in a loop.
    Repetition,
    /// Text that recognisers invent (subtitle credits, bracketed sounds).
    Boilerplate,
    /// The other leg's voice, heard through.
    Crosstalk,
    /// Much quieter than the leg's own speech: somebody else in the room.
    Background,
    /// The recogniser itself hardly believed it.
    LowConfidence,
}

impl RejectReason {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            RejectReason::NoSpeech => "no_speech",
            RejectReason::Repetition => "repetition",
            RejectReason::Boilerplate => "boilerplate",
            RejectReason::Crosstalk => "crosstalk",
            RejectReason::Background => "background",
            RejectReason::LowConfidence => "low_confidence",
        }
    }
}

/// A recognised text that is kept visible, and counts for nothing (law 3).
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// Where it was heard.
    pub leg: LegIx,
    /// When.
    pub span: Span,
    /// What the recogniser wrote.
    pub text: Sensitive<String>,
    /// Why it is no evidence.
    pub why: RejectReason,
}

/// Which recogniser wrote a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineRef {
    /// `ctranslate2`, `whisper.cpp`, …
    pub name: String,
    /// `base`, `large-v3-turbo-q5_0`, …
    pub model: String,
    /// Of the weights, in lower-case hex.
    pub sha256: String,
}

/// 转写: all final utterances of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// The language it was recognised in.
    pub language: Language,
    /// The recogniser.
    pub engine: EngineRef,
    /// By start, then leg. Utterances of two speakers may overlap; those of one never do.
    pub utterances: Vec<Utterance>,
    /// By start, then leg.
    pub rejected: Vec<Rejected>,
}
