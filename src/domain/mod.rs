//! The nouns of a monitored call and the invariants they keep.
//!
//! In: nothing. Out: types. No serde, no IO, no async, no clock; whatever leaves the process is
//! converted in [`crate::wire`].

mod access;
mod call;
mod chat;
mod conversation;
mod event;
mod finding;
mod id;
mod interval;
mod media;
mod pii;
mod record;
mod scorecard;
mod sensitive;
mod time;
mod transcript;

pub use access::{Belongs, Grant, Role, Scope};
pub use call::{Attribute, CallInfo, Direction, InferredDirection, Party};
pub use chat::Message;
pub use conversation::{Conversation, Loudness, Manner, Overtalk, PerParty, Silence, SpeakingRate};
pub use event::{CallEvent, EndedCall};
pub use finding::{Doubt, DoubtReason, Evidence, EvidenceKind, Finding, How, Proof, Verdict};
pub use id::{CallId, CriterionId, IdError, Language, RubricId};
pub use interval::Share;
pub use media::{Leg, LegIx, Media, PartyFrom, Problem, ProblemKind};
pub use pii::{Pii, PiiKind};
pub use record::CallRecord;
pub use scorecard::{CallVerdict, Points, RubricRef, Scorecard, Severity};
pub use sensitive::Sensitive;
pub use time::{AudioTime, Span};
pub use transcript::{EngineRef, RejectReason, Rejected, Transcript, Utterance, Word};
