//! The report's outer facts: the call as the sidecar told it, and the recording.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A call's attributes.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Names the call.
    pub call_id: String,
    /// `inbound` or `outbound`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// `sidecar`, or `evidence`: how the two open the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction_from: Option<String>,
    /// How sure the evidence is, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction_confidence: Option<f64>,
    /// 乙方.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// 甲方.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// 项目.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// 技能组.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// 班组.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// 坐席.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Agent>,
    /// The other party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// Seconds of ringing before the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring_s: Option<f64>,
    /// Ring tones before the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rings: Option<u32>,
    /// What else the sidecar said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, serde_json::Value>,
    /// The recording's file.
    pub source: Source,
}

/// Who answers for the company.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// Staff number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The customer, without the number itself: reports travel further than recordings do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// The telephone number with its middle starred out.
    pub masked: String,
}

/// The recording's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// As the user named it.
    pub file: String,
    /// Over its bytes, in lower-case hex.
    pub sha256: String,
    /// Over everything else that decides the report: sidecar, recogniser, rubrics, version. A second
    /// run leaves a call alone while both digests stay.
    #[serde(default)]
    pub settings: String,
}

/// The recording's form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// Decoded length.
    pub duration_s: f64,
    /// Short name, such as `pcm_alaw`.
    pub codec: String,
    /// Before resampling.
    pub sample_rate_hz: u32,
    /// In the file.
    pub channels: u16,
    /// In order.
    pub legs: Vec<MediaLeg>,
    /// In time order.
    pub problems: Vec<Problem>,
}

/// One leg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaLeg {
    /// Which, from zero.
    pub leg: u8,
    /// Who speaks on it.
    pub party: String,
    /// `sidecar`, `evidence` or `nothing`.
    pub party_from: String,
    /// 0 to 1.
    pub party_confidence: f64,
    /// Speech above noise, in dB; absent where nobody spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snr_db: Option<f64>,
    /// Speech level, in dB below full scale; absent where nobody spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech_dbfs: Option<f64>,
}

/// One thing wrong with a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// Such as `clipping`.
    pub kind: String,
    /// On which leg; absent: on the whole recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<u8>,
    /// Start; absent: throughout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_s: Option<f64>,
    /// End.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_s: Option<f64>,
    /// What was measured.
    pub detail: String,
}
