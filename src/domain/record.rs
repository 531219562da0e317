//! An ended call as it is kept: all that rules judge it by, without its audio.

use super::{CallInfo, Conversation, Span, Utterance};

/// What a report or a store holds of a call, enough to judge it again.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRecord {
    /// What is known from outside the audio; its language is set.
    pub info: CallInfo,
    /// All utterances, by start, then leg.
    pub utterances: Vec<Utterance>,
    /// The measures.
    pub conversation: Conversation,
    /// The call's length in milliseconds.
    pub duration_ms: u64,
    /// How sure the parties are, 0 to 1.
    pub parties_confidence: f32,
    /// Speech that was not recognised, or not believed, in time order.
    pub unheard: Vec<Span>,
}
