//! Conversation measures: who spoke how long, how fast, how loud, over whom, and when nobody did.

use super::{Party, Span};

/// One value for each of the two parties that are measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PerParty<T> {
    /// The agent's.
    pub agent: T,
    /// The customer's.
    pub customer: T,
}

impl<T> PerParty<T> {
    /// The value of a party; none for bots and unknown voices.
    pub const fn get(&self, party: Party) -> Option<&T> {
        match party {
            Party::Agent => Some(&self.agent),
            Party::Customer => Some(&self.customer),
            Party::Bot | Party::Unknown => None,
        }
    }

    /// The value of a party, to change.
    pub const fn get_mut(&mut self, party: Party) -> Option<&mut T> {
        match party {
            Party::Agent => Some(&mut self.agent),
            Party::Customer => Some(&mut self.customer),
            Party::Bot | Party::Unknown => None,
        }
    }
}

/// 静音: a stretch in which nobody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// From the end of one utterance to the start of the next.
    pub span: Span,
    /// Whether the agent asked the customer to wait just before.
    pub announced: bool,
    /// Whether music on hold or a hold from the sidecar fills most of it.
    pub hold: bool,
}

/// 抢话: one party speaks over the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overtalk {
    /// While both speak.
    pub span: Span,
    /// Who came in while the other was speaking.
    pub by: Party,
    /// How long the other had been speaking by then, in milliseconds.
    pub after_ms: u64,
    /// A short "嗯", "right": listening, not interrupting.
    pub backchannel: bool,
}

/// 语速: how fast one utterance is said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeakingRate {
    /// The utterance's id.
    pub utterance: u32,
    /// Who speaks.
    pub party: Party,
    /// When.
    pub span: Span,
    /// Characters (Chinese) or words (others) counted.
    pub units: u32,
    /// Units per minute of speech.
    pub per_min: f32,
}

/// Loudness of one utterance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loudness {
    /// The utterance's id.
    pub utterance: u32,
    /// Who speaks.
    pub party: Party,
    /// When.
    pub span: Span,
    /// Root mean square of its speech, in dB below full scale.
    pub dbfs: f32,
}

/// How people talked to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// On the phone.
    #[default]
    Spoken,
    /// In a chat.
    Written {
        /// Whether it is known when; else utterances stand as if they were said one after the other.
        timed: bool,
    },
}

/// All measures of a call.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conversation {
    /// What a chat has no voice for is not measured.
    pub manner: Manner,
    /// Time each party speaks, in milliseconds.
    pub talk_ms: PerParty<u64>,
    /// Stretches of 2 s and more in which nobody speaks, in time order.
    pub silences: Vec<Silence>,
    /// In time order.
    pub overtalk: Vec<Overtalk>,
    /// One for each utterance that is long enough to tell, in time order.
    pub rates: Vec<SpeakingRate>,
    /// Each party's rate over its speaking time; absent where it said too little.
    pub rate_per_min: PerParty<Option<f32>>,
    /// One for each utterance, in time order.
    pub loudness: Vec<Loudness>,
    /// Music on hold and holds from the sidecar, in time order.
    pub holds: Vec<Span>,
    /// From the customer's utterance's end to the agent's next utterance, in milliseconds, in time order;
    /// in a chat from the first message that waits to the answer.
    pub response_ms: Vec<u64>,
}
