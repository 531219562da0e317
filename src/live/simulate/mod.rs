//! Recordings played as live calls: the demo without a PBX, and the load test.
//!
//! In: recordings as [`Reel`]s, and where to play them. Out: calls at real pace over a media stream or SIPREC, and
//! figures: what was sent, what the service heard of it, and how late. It keeps no state at the service, and everything
//! that the service says is read as a stranger's word.

mod call;
mod chirp;
mod dialect;
mod figures;
mod listen;
mod media_stream;
mod offer;
mod pace;
mod reel;
mod run;
mod sip;
mod siprec;
#[cfg(test)]
mod siprec_tests;
mod sse;
mod tally;
mod target;
mod watch;
#[cfg(test)]
mod watch_tests;
#[cfg(test)]
mod ways_tests;
mod why;

pub use call::Desk;
pub use chirp::{CHIRP_AT_MS, CHIRP_MS};
pub use figures::{Calls, Frames, Heard, Latest, Listening, Outcome, Row, Trouble};
pub use listen::{LISTENERS_MAX, listen};
pub use pace::{Faults, Pace};
pub use reel::{Codec, Reel, ReelMaker};
pub use run::{AT_ONCE_MAX, Simulation};
pub use tally::{Standing, Tally};
pub use target::{SipTarget, Target, TargetError, Transport};
pub use watch::{Watch, WatchError};
pub use why::Why;

/// Reads any bytes as a stream of events, in two cuts, for a fuzzer.
pub fn fuzz(bytes: &[u8]) {
    let read = |size: usize| {
        let mut reader = sse::SseReader::default();
        bytes.chunks(size).flat_map(|piece| reader.push(piece)).collect::<Vec<_>>()
    };
    assert_eq!(read(1), read(37), "events do not depend on how they are cut");
}
