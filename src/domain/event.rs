//! What happens to a call: the one thing that is stored, published, indexed and streamed.

use super::{
    CallInfo, Conversation, InferredDirection, Media, Pii, Rejected, Scorecard, Span, Transcript,
    Utterance,
};

/// An event of a call. A closed set: what consumes it must say what it does with each.
#[derive(Debug, Clone, PartialEq)]
pub enum CallEvent {
    /// The call is known.
    Started(Box<CallInfo>),
    /// Something was said. Final.
    Utterance(Utterance),
    /// The recogniser wrote what nobody said. Final.
    Rejected(Rejected),
    /// All audio has been heard and recognised.
    Ended(Box<EndedCall>),
    /// A rubric was applied.
    Scored(Scorecard),
}

/// A call as a whole, once it has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct EndedCall {
    /// The recording.
    pub media: Media,
    /// What was said.
    pub transcript: Transcript,
    /// How it was said.
    pub conversation: Conversation,
    /// What must be masked.
    pub pii: Vec<Pii>,
    /// Who called whom, where it was not known and the opening tells.
    pub direction: Option<InferredDirection>,
    /// Speech that was not recognised, or not believed, in time order: no absence is proved by it.
    pub unheard: Vec<Span>,
    /// How sure the parties are, 0 to 1.
    pub parties_confidence: f32,
}
