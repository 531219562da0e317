//! The report of one call: the contract `lingting/report/1`, described by `schemas/report.schema.json`.
//!
//! In: an ended call with its scorecards. Out: a value that serialises with its fields in the order
//! written here, and reads back. Times are seconds from the call's first sample, to the millisecond;
//! what is unknown is left out. It holds call text, so it is never printed: `Debug` shows the id only.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

mod call;
mod convert;
mod finding;
mod private;
mod record;

pub use call::{Agent, Call, Customer, Media, MediaLeg, Problem, Source};
pub use finding::{Evidence, Finding, Scorecard};
pub use private::{ClearText, PRIVATE_SCHEMA, Private, PrivateError};
pub use record::RecordError;

/// The contract's name; the first field of every report.
pub const SCHEMA: &str = "lingting/report/1";

/// Everything that is known about one analysed call.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// What wrote it.
    pub tool: Tool,
    /// What was known from outside the audio.
    pub call: Call,
    /// The recording.
    pub media: Media,
    /// What was said.
    pub transcript: Transcript,
    /// How it was said.
    pub conversation: Conversation,
    /// One a rubric, in the order applied.
    pub scorecards: Vec<Scorecard>,
    /// Personal data, in time order.
    pub pii: Vec<Pii>,
    /// Whether personal data is starred out of all texts of this report.
    #[serde(default)]
    pub masked: bool,
    /// What a person should know about the analysis itself, one sentence each. Never call text.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Where the time went.
    pub timings: Timings,
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Report({})", self.call.call_id)
    }
}

/// Why a text is no report of ours.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not JSON, or not of this shape.
    #[error("not a report: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Another contract, or a later version of this one.
    #[error("the report's schema is not {SCHEMA}")]
    OtherSchema,
}

impl Report {
    /// Reads a finished report.
    ///
    /// # Errors
    /// [`ReadError`] when it is not JSON, lacks a field, or follows another contract.
    pub fn from_json(json: &str) -> Result<Self, ReadError> {
        let report: Self = serde_json::from_str(json)?;
        if report.schema == SCHEMA { Ok(report) } else { Err(ReadError::OtherSchema) }
    }

    /// The report as indented JSON with a final line break.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self)
            .expect("all keys are text and all numbers were made finite");
        json.push('\n');
        json
    }
}

/// The program that wrote a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `lingting`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The recogniser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Engine {
    /// `ctranslate2`, `whisper.cpp`, …
    pub name: String,
    /// The model's short name.
    pub model: String,
    /// Of the weights, in lower-case hex.
    pub sha256: String,
}

/// 转写.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// Primary subtag.
    pub language: String,
    /// The recogniser.
    pub engine: Engine,
    /// By start, then leg.
    pub utterances: Vec<Utterance>,
    /// What the recogniser made up; evidence for nothing.
    pub rejected: Vec<Rejected>,
    /// Speech that was not recognised, or not believed: no absence is proved by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unheard: Option<Vec<Stretch>>,
    /// How sure it is who is who, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parties_confidence: Option<f64>,
}

/// 语句.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    /// Position in the transcript.
    pub id: u32,
    /// The leg it was heard on.
    pub leg: u8,
    /// The voice: the leg, or what diarisation told apart.
    pub speaker: u8,
    /// `agent`, `customer`, `bot` or `unknown`.
    pub party: String,
    /// First word's start.
    pub start_s: f64,
    /// Last word's end.
    pub end_s: f64,
    /// With punctuation.
    pub text: String,
    /// 0 to 1.
    pub confidence: f64,
    /// In time order.
    pub words: Vec<Word>,
}

/// One recognised word.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// With the punctuation that follows it.
    pub text: String,
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// 0 to 1.
    pub confidence: f64,
}

/// A recognised text that counts for nothing.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Rejected {
    /// The leg.
    pub leg: u8,
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// What the recogniser wrote.
    pub text: String,
    /// `no_speech`, `repetition`, `boilerplate`, `crosstalk`, `background` or `low_confidence`.
    pub why: String,
}

/// Conversation measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Seconds each party speaks.
    pub talk_s: BTreeMap<String, f64>,
    /// Stretches in which nobody speaks.
    pub silences: Vec<Silence>,
    /// One party over the other.
    pub overtalk: Vec<Overtalk>,
    /// Characters (Chinese) or words a minute by party, where enough was said.
    pub rate_per_min: BTreeMap<String, f64>,
    /// Music on hold, and holds from the sidecar.
    pub holds: Vec<Stretch>,
    /// Speaking rate by utterance.
    #[serde(default)]
    pub rates: Vec<Rate>,
    /// Loudness by utterance.
    #[serde(default)]
    pub loudness: Vec<Loudness>,
    /// From the customer's last word to the agent's first, turn by turn.
    #[serde(default)]
    pub response_s: Vec<f64>,
    /// The same in three figures; absent where nothing was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
}

/// How long the customer waited for answers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// For the first.
    pub first_s: f64,
    /// On average.
    pub average_s: f64,
    /// At most.
    pub longest_s: f64,
}

/// A stretch of the call.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
}

/// 静音.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// The agent had asked the customer to wait.
    #[serde(default)]
    pub announced: bool,
    /// The call was on hold.
    #[serde(default)]
    pub hold: bool,
}

/// 抢话.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overtalk {
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// Who came in.
    pub by: String,
    /// Seconds the other had been speaking by then.
    #[serde(default)]
    pub after_s: f64,
    /// A listener's short "嗯", "right".
    #[serde(default)]
    pub backchannel: bool,
}

/// 语速 of one utterance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// The utterance's id.
    pub utterance: u32,
    /// Who speaks.
    pub party: String,
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// Characters or words counted.
    pub units: u32,
    /// A minute of speech.
    pub per_min: f64,
}

/// Loudness of one utterance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loudness {
    /// The utterance's id.
    pub utterance: u32,
    /// Who speaks.
    pub party: String,
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// dB below full scale.
    pub dbfs: f64,
}

/// Personal data, its value starred out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pii {
    /// `phone`, `id_card`, `bank_card`, `ssn`, `email` or `cvv`.
    pub kind: String,
    /// The leg it is heard on.
    pub leg: u8,
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// `199****6136`.
    pub masked: String,
}

/// Seconds of work by stage.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Timings {
    /// Reading and resampling.
    pub decode_s: f64,
    /// Listening: voice activity, what is wrong with the recording, voices told apart.
    pub vad_s: f64,
    /// Recognition.
    pub asr_s: f64,
    /// Measures and rubrics.
    pub score_s: f64,
    /// From opening the file to this report.
    pub total_s: f64,
}
