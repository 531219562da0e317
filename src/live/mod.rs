//! Live calls: what a telephone system sends while a call goes on becomes [`Ingest`] events.
//!
//! In: the wire protocols of PBXs, session border controllers and carriers, one file or folder each. Out: events
//! on the call's [`Line`], in one form whatever the protocol. Nothing here records, recognises or judges: who takes the
//! events is behind [`Exchange`]. All that comes from the network is hostile until it has been read: every
//! size has a limit, and what cannot be read is counted, told, and ends no other call.

pub mod asterisk;
pub mod audiohook;
pub mod audiosocket;
mod clock;
mod event;
mod exchange;
mod intake;
mod json;
mod known;
pub mod l16;
pub mod media_stream;
mod payload;
mod pieces;
pub mod rtp;
pub mod rtpengine;
pub mod simulate;
pub mod sip;
pub mod siprec;
mod socket;
pub mod tape;

pub use event::{
    CallKey, CallStart, EndCause, Facts, GapCause, HoldReason, Ingest, LEGS_MAX, LegId, LegRole,
    Quality,
};
pub use exchange::{Command, Exchange, LINE_EVENTS_MAX, Line, LineEnds, Refused};
