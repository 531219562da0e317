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

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{CallId, CallInfo, EngineRef, LegIx, Pii, PiiKind, Rejected};
    use crate::rubric::Plan;
    use crate::session::{CallSession, Ears, MediaForm, SessionConfig};

    fn span(start_ms: u64, end_ms: u64) -> Span {
        Span::from_ms(start_ms, end_ms).unwrap()
    }

    /// A call of 200 s of which nothing is known.
    pub(in super::super) fn call() -> EndedCall {
        let engine = EngineRef { name: "none".into(), model: "none".into(), sha256: String::new() };
        let form = MediaForm { codec: "pcm_s16le".into(), sample_rate_hz: 8_000, channels: 2 };
        let ears = Ears { vads: Vec::new(), embedder: None };
        let config = Arc::new(SessionConfig::new(engine));
        let plan = Arc::new(Plan::compile(Vec::new()));
        let info = CallInfo::unknown(CallId::new("c1").unwrap());
        let mut call = CallSession::new(info, form, ears, config, plan).so_far().call;
        call.media.duration_ms = 200_000;
        call
    }

    fn shown(call: &EndedCall) -> Vec<(Option<u8>, u64, u64)> {
        hidden(call).into_iter().map(|one| (one.leg, one.from_ms, one.to_ms)).collect()
    }

    #[test]
    fn personal_data_and_what_nobody_understood_are_hidden() {
        let mut call = call();
        assert_eq!(shown(&call), []);
        let (kind, leg) = (PiiKind::Phone, LegIx(0));
        let pii = |from, to| Pii { kind, leg, span: span(from, to), masked: "199****6136".into() };
        // The first is long past.
        call.pii = vec![pii(1_000, 2_000), pii(150_000, 152_000)];
        call.unheard = vec![span(160_000, 161_000), span(170_000, 171_000)];
        // Understood on the other leg.
        call.transcript.rejected = vec![Rejected {
            leg: LegIx(1),
            span: span(170_000, 171_000),
            text: "x".to_owned().into(),
            why: RejectReason::Crosstalk,
        }];
        let expected = [
            (Some(0), 150_000 - PAD_MS, 152_000 + PAD_MS),
            (None, 160_000 - PAD_MS, 161_000 + PAD_MS),
        ];
        assert_eq!(shown(&call), expected);
    }
}
