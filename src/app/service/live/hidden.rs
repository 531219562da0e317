//! Which stretches of a call are kept from who listens without personal data.
//!
//! In: what was heard of a call by now. Out: the stretches in which personal data is said, by the rules by which recordings are muted
//! (`audio::redact`), and those of which nobody knows what is said in them.

use crate::api::live::Hidden;
use crate::audio::redact::{PAD_MS, mutes};
use crate::domain::{EndedCall, RejectReason, Span};

/// Stretches that ended so long before what is known last are forgotten, in milliseconds: sound is held back for less, unless
/// recognition is further behind than anybody waits.
const FORGOTTEN_MS: u64 = 120_000;

/// In time order.
pub(super) fn hidden(call: &EndedCall) -> Vec<Hidden> {
    let personal = mutes(call, |_| true).into_iter().map(|mute| Hidden {
        leg: Some(mute.leg.0),
        from_ms: mute.span.start().ms(),
        to_ms: mute.span.end().ms(),
    });
    // The other party's voice, heard through: it was understood on its own leg.
    let through = |span: &Span| {
        let mut rejected = call.transcript.rejected.iter();
        rejected.any(|one| one.why == RejectReason::Crosstalk && one.span == *span)
    };
    let unknown = call.unheard.iter().filter(|span| !through(span)).map(|span| Hidden {
        leg: None,
        from_ms: span.start().ms().saturating_sub(PAD_MS),
        to_ms: span.end().ms() + PAD_MS,
    });
    let from_ms = call.media.duration_ms.saturating_sub(FORGOTTEN_MS);
    let mut all: Vec<Hidden> = personal.chain(unknown).filter(|one| one.to_ms >= from_ms).collect();
    all.sort_unstable_by_key(|one| (one.from_ms, one.to_ms, one.leg));
    all
}
