//! What the index is told of a call: plain data, nothing of tantivy.
//!
//! In: what the store knows of one ended call. Out: [`CallDoc`]. Its text must be the redacted text: whatever
//! stands here can be found and shown.

use std::ops::Range;

use crate::domain::{Belongs, Direction, Party};

/// One call, as it is indexed. Put again, it replaces what was there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallDoc {
    /// The call's id in the store.
    pub call_id: String,
    /// By which facts a scope lets it be seen.
    pub belongs: Belongs,
    /// 技能组.
    pub queue: Option<String>,
    /// Who called whom.
    pub direction: Option<Direction>,
    /// Primary subtag, such as `zh`.
    pub language: Option<String>,
    /// When it began, in microseconds since 1970.
    pub started_us: i64,
    /// How long it was, in milliseconds.
    pub duration_ms: u64,
    /// `pass`, `fail`, `critical`, `undetermined`: that of the rubric that counts.
    pub verdict: Option<String>,
    /// 0 to 100.
    pub score: Option<f32>,
    /// 0 to 1000: how much there is to look at first.
    pub risk: u16,
    /// How far its review has come.
    pub review_state: Option<String>,
    /// Problems of the medium or of the analysis.
    pub problems: Vec<String>,
    /// Criteria that failed, as `rubric/criterion`.
    pub failed: Vec<String>,
    /// What was measured.
    pub measures: CallMeasures,
    /// What was said, by start.
    pub said: Vec<SaidDoc>,
}

/// Measures of a call by which it can be looked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallMeasures {
    /// The longest silence, in milliseconds.
    pub silence_longest_ms: Option<u64>,
    /// How often the agent spoke over the customer.
    pub overtalk_count: Option<u64>,
    /// The agent's characters or words a minute.
    pub rate_agent: Option<f32>,
    /// The customer's characters or words a minute.
    pub rate_customer: Option<f32>,
    /// The agent's share of the speech, 0 to 1.
    pub talk_share_agent: Option<f32>,
}

/// One utterance, redacted.
#[derive(Debug, Clone, PartialEq)]
pub struct SaidDoc {
    /// The leg it was heard on.
    pub leg: u8,
    /// Who said it.
    pub party: Party,
    /// From its first word, in milliseconds.
    pub start_ms: u64,
    /// To its last, in milliseconds.
    pub end_ms: u64,
    /// The redacted text.
    pub text: String,
    /// Where its words stand in the text and when they were said. May be empty: times are then taken in
    /// proportion to the text.
    pub words: Vec<WordAt>,
}

/// A word of an utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordAt {
    /// Its characters (not bytes) in the utterance's text.
    pub chars: Range<u32>,
    /// When it begins, in milliseconds.
    pub start_ms: u64,
    /// When it ends, in milliseconds.
    pub end_ms: u64,
}
