//! 评分项 decided: a verdict on one criterion, with the proof that a person can replay.

use super::scorecard::Points;
use super::{CriterionId, LegIx, Sensitive, Severity, Span};

/// What a piece of evidence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceKind {
    /// Words that were said.
    Phrase,
    /// A window that was searched in vain.
    Absence,
    /// Nobody spoke.
    Silence,
    /// One party spoke over the other.
    Overtalk,
    /// How fast it was said.
    Rate,
    /// How loud it was said.
    Loudness,
    /// A fact from the sidecar.
    Metadata,
    /// What came closest to the words that were not said.
    NearMiss,
    /// Another measure: an answer, a hold, a share of talk, the call's length.
    Measure,
}

impl EvidenceKind {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            EvidenceKind::Phrase => "phrase",
            EvidenceKind::Absence => "absence",
            EvidenceKind::Silence => "silence",
            EvidenceKind::Overtalk => "overtalk",
            EvidenceKind::Rate => "rate",
            EvidenceKind::Loudness => "loudness",
            EvidenceKind::Metadata => "metadata",
            EvidenceKind::NearMiss => "near_miss",
            EvidenceKind::Measure => "measure",
        }
    }
}

/// How a phrase was found in what was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// The same letters after normalisation.
    Exact,
    /// The same sounds, or nearly.
    Phonetic,
    /// A regular expression.
    Regex,
    /// Nearly the same letters.
    Similar,
    /// What it is: an amount, a date, a promise of a time.
    Entity,
}

impl How {
    /// The word used in reports and rubrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            How::Exact => "exact",
            How::Phonetic => "phonetic",
            How::Regex => "regex",
            How::Similar => "similar",
            How::Entity => "entity",
        }
    }
}

/// One thing a person can look at or play to check a verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// The leg to play; absent: all of them.
    pub leg: Option<LegIx>,
    /// The seconds to play; absent only for facts from the sidecar.
    pub span: Option<Span>,
    /// What was heard there, or the fact: `rings = 6`.
    pub quote: Option<Sensitive<String>>,
    /// What it was held against: a phrase of the rubric, or a bound.
    pub matched: Option<String>,
    /// How a phrase was found.
    pub how: Option<How>,
    /// 0: the same; 1: nothing in common.
    pub distance: Option<f32>,
    /// Recognition confidence inside the span, 0 to 1.
    pub confidence: Option<f32>,
}

/// Evidence for a verdict. Invariant: not empty; in time order, facts without a time first.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof(Vec<Evidence>);

impl Proof {
    /// Evidence per finding that is kept; the earliest win.
    pub const EVIDENCE_MAX: usize = 64;

    /// Returns `None` when there is nothing to show.
    pub fn new(mut evidence: Vec<Evidence>) -> Option<Self> {
        if evidence.is_empty() {
            return None;
        }
        evidence.sort_by_key(|item| (item.span, item.kind, item.leg));
        evidence.truncate(Self::EVIDENCE_MAX);
        Some(Self(evidence))
    }

    /// The evidence, in time order.
    pub fn evidence(&self) -> &[Evidence] {
        &self.0
    }
}

/// Why a criterion could not be decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubt {
    /// In one sentence, for a person, without call text.
    pub reason: DoubtReason,
    /// What was looked at, if anything.
    pub evidence: Vec<Evidence>,
}

/// The reasons for a doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoubtReason {
    /// The window was not heard well enough.
    HeardTooPoorly,
    /// Who speaks is not sure enough.
    PartiesUnsure,
    /// The sidecar does not say.
    FactMissing,
    /// The recording lacks a part that is needed.
    AudioMissing,
}

impl DoubtReason {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            DoubtReason::HeardTooPoorly => "heard_too_poorly",
            DoubtReason::PartiesUnsure => "parties_unsure",
            DoubtReason::FactMissing => "fact_missing",
            DoubtReason::AudioMissing => "audio_missing",
        }
    }
}

/// What one criterion concluded about one call (law 2: no verdict without proof).
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The criterion is fulfilled.
    Met(Proof),
    /// It is not. For "was never said", the proof is the window that was searched.
    NotMet(Proof),
    /// The call gave no occasion.
    NotApplicable,
    /// A person must decide.
    Undetermined(Doubt),
}

impl Verdict {
    /// The word used in reports.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Verdict::Met(_) => "met",
            Verdict::NotMet(_) => "not_met",
            Verdict::NotApplicable => "not_applicable",
            Verdict::Undetermined(_) => "undetermined",
        }
    }

    /// What a person can look at.
    pub fn evidence(&self) -> &[Evidence] {
        match self {
            Verdict::Met(proof) | Verdict::NotMet(proof) => proof.evidence(),
            Verdict::Undetermined(doubt) => &doubt.evidence,
            Verdict::NotApplicable => &[],
        }
    }
}

/// 命中: a criterion's verdict with its points. Never edited: a reviewer's decision is a new record.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The criterion.
    pub criterion: CriterionId,
    /// Its title in the rubric's language.
    pub title: String,
    /// What was concluded.
    pub verdict: Verdict,
    /// How grave a failure is on this call.
    pub severity: Severity,
    /// Points that could be had.
    pub weight: Points,
    /// Points that were had.
    pub points: Points,
    /// How sure the verdict is, 0 to 1.
    pub confidence: f32,
}
