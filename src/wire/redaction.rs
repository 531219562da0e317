//! The timeline of what was muted in a call's audio: `<call_id>.redaction.json`, contract
//! `lingting/redaction/1`, described by `schemas/redaction.schema.json`.
//!
//! In: mutes. Out: a value that serialises. It names kinds and masked values, never a number.

use serde::Serialize;

/// The contract's name.
pub const REDACTION_SCHEMA: &str = "lingting/redaction/1";

/// What was muted in one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Redaction {
    /// Always [`REDACTION_SCHEMA`].
    pub schema: String,
    /// The call.
    pub call_id: String,
    /// Of the recording, as its report has it.
    pub source_sha256: String,
    /// The muted audio.
    pub audio: RedactedAudio,
    /// In time order.
    pub muted: Vec<Muted>,
}

/// The muted audio's form.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RedactedAudio {
    /// The file beside the report; absent: it is inside the page only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Of that audio, in lower-case hex.
    pub sha256: String,
    /// `pcm_mulaw`.
    pub codec: String,
    /// 8000 for recordings of the telephone's band, else 16000.
    pub sample_rate_hz: u32,
    /// As many as the recording has.
    pub channels: u16,
}

/// A stretch of one leg.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Muted {
    /// The leg.
    pub leg: u8,
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// As in the report's `pii`.
    pub kind: String,
    /// `199****6136`.
    pub masked: String,
    /// `said`, `crosstalk` or `echo`.
    pub why: String,
}
