//! Drives one chat: no engine, no audio, the same outcome as of a call.
//!
//! In: a chat that was read. Out: what a driven call gives, without a waveform.

use std::time::Instant;

use super::drive::Driven;
use crate::ingest::Chat;
use crate::rubric::Plan;
use crate::session::chat::{ChatLog, judge};
use crate::wire::report::Timings;

/// Judges a chat.
pub(super) fn drive(chat: &Chat, plan: &Plan) -> Driven {
    let started = Instant::now();
    let log = ChatLog {
        info: &chat.info,
        messages: &chat.messages,
        problems: &chat.problems,
        sha256: &chat.sha256,
    };
    let (ended, scorecards) = judge(&log, plan);
    let took_s = started.elapsed().as_secs_f64();
    let timings = Timings { score_s: took_s, total_s: took_s, ..Timings::default() };
    Driven { ended, scorecards, peaks: Vec::new(), timings }
}
