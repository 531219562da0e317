//! 抢话: one party speaks over the other.

use crate::rubric::scene::Scene;
use crate::rubric::stream::{Hit, Source, Stream};

/// Stretches of overtalk that begin at least `after_ms` after the other began, and last longer than
/// `longer_ms`.
pub(super) fn stream(
    after_ms: u64,
    longer_ms: u64,
    backchannels: bool,
    scene: &Scene<'_>,
) -> Stream {
    let wanted = scene.overtalk.iter().filter(|one| {
        one.after_ms >= after_ms
            && one.span.len_ms() > longer_ms
            && (backchannels || !one.backchannel)
    });
    let hits = wanted.map(|one| {
        let start = one.span.start();
        // The utterance that comes in is the one of that party that starts nearest.
        let said = scene.speech.all().iter().enumerate();
        let nearest = said.filter(|(_, said)| said.party == one.by).min_by_key(|(_, said)| {
            let at = said.utterance.span.start();
            at.since_ms(start).max(start.since_ms(at))
        });
        Hit {
            span: one.span,
            leg: nearest.map(|(_, said)| said.utterance.leg),
            party: one.by,
            utterance: None,
            turn: nearest.map_or(0, |(_, said)| said.turn),
            source: Source::Overtalk { after_ms: one.after_ms },
        }
    });
    Stream::new(hits.collect(), Vec::new(), scene.complete())
}
