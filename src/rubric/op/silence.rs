//! 静音: nobody speaks for too long.

use crate::domain::Party;
use crate::rubric::scene::Scene;
use crate::rubric::stream::{Hit, Source, Stream};

/// Silences longer than a bound; `announced` and `hold` ask for those that are, or are not.
pub(super) fn stream(
    longer_ms: u64,
    announced: Option<bool>,
    hold: Option<bool>,
    scene: &Scene<'_>,
) -> Stream {
    let wanted = scene.silences.iter().filter(|silence| {
        silence.span.len_ms() > longer_ms
            && announced.is_none_or(|want| silence.announced == want)
            && hold.is_none_or(|want| silence.hold == want)
    });
    let hits = wanted.map(|silence| {
        let start = silence.span.start();
        let said = scene.speech.all();
        let before = said.partition_point(|said| said.utterance.span.start() < start);
        Hit {
            span: silence.span,
            leg: None,
            party: Party::Unknown,
            utterance: None,
            turn: before.checked_sub(1).map_or(0, |i| said[i].turn),
            source: Source::Silence,
        }
    });
    Stream::new(hits.collect(), Vec::new(), scene.complete())
}
