//! The report's judgements: scorecards, findings, evidence.

use serde::{Deserialize, Serialize};

/// 评分表.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Scorecard {
    /// The rubric's id.
    pub rubric: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 over its file, in lower-case hex.
    pub digest: String,
    /// Its title in its own language.
    pub title: String,
    /// 0 to `max`, over the criteria that were decided. Absent when none applies, and when less than half
    /// of what was at stake could be decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The lowest score that it could be if everything had been decided; absent when everything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_min: Option<f64>,
    /// The highest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_max: Option<f64>,
    /// Points by the critical criteria alone; absent when none applies or one is undetermined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical_score: Option<f64>,
    /// Points that could be had.
    pub max: f64,
    /// `pass`, `fail`, `critical`, `undetermined` or `not_applicable`.
    pub verdict: String,
    /// Attributes of the call that would say whether the rubric is meant for it, and are not known; the
    /// verdict is then `undetermined`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applies_unknown: Vec<String>,
    /// One a criterion, in the rubric's order.
    pub findings: Vec<Finding>,
}

/// 命中.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The criterion's id.
    pub criterion: String,
    /// Its title in the rubric's language.
    pub title: String,
    /// `met`, `not_met`, `not_applicable` or `undetermined`.
    pub verdict: String,
    /// `info`, `minor`, `major` or `critical`.
    pub severity: String,
    /// Whether a failure fails the call whatever its score.
    pub critical: bool,
    /// Points that could be had.
    pub weight: f64,
    /// Points that were had; below zero where some were taken from the total.
    pub points: f64,
    /// How sure the verdict is, 0 to 1.
    pub confidence: f64,
    /// Only when undetermined: `heard_too_poorly`, `parties_unsure`, `fact_missing` or `audio_missing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// In time order.
    pub evidence: Vec<Evidence>,
}

impl Finding {
    /// The evidence to show when there is room for one: the first that can be played.
    pub fn main_evidence(&self) -> Option<&Evidence> {
        self.evidence.iter().find(|item| item.start_s.is_some()).or(self.evidence.first())
    }
}

/// One thing to look at or play.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// `phrase`, `absence`, `silence`, `overtalk`, `rate`, `loudness`, `metadata` or `near_miss`.
    pub kind: String,
    /// The leg to play; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<u8>,
    /// Start; absent only for facts from the sidecar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_s: Option<f64>,
    /// End.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_s: Option<f64>,
    /// What was heard, or the fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// What it was held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<String>,
    /// `exact`, `phonetic`, `regex` or `similar`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// 0: the same; 1: nothing in common.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
    /// Recognition confidence in the span, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}
