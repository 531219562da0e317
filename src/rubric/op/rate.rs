//! 语速: too fast or too slow, by utterance or over the call.

use crate::domain::{Party, Span};
use crate::rubric::scene::Scene;
use crate::rubric::stream::{Hit, Source, Stream};

/// One of them is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) above: Option<f32>,
    pub(super) below: Option<f32>,
}

impl Bounds {
    fn crossed(self, per_min: f32) -> bool {
        self.above.is_some_and(|bound| per_min > bound)
            || self.below.is_some_and(|bound| per_min < bound)
    }
}

/// Utterances outside the bounds; with `average`, the party's whole speech, known at the end.
pub(super) fn stream(bounds: Bounds, units_min: u32, average: bool, scene: &Scene<'_>) -> Stream {
    if average {
        return over_call(bounds, scene);
    }
    let wanted =
        scene.rates.iter().filter(|rate| rate.units >= units_min && bounds.crossed(rate.per_min));
    let hits = wanted.map(|rate| {
        let said = scene.speech.all();
        let place = said.iter().position(|said| said.utterance.id == rate.utterance);
        Hit {
            span: rate.span,
            leg: place.map(|i| said[i].utterance.leg),
            party: rate.party,
            utterance: place,
            turn: place.map_or(0, |i| said[i].turn),
            source: Source::Rate { per_min: rate.per_min },
        }
    });
    Stream::new(hits.collect(), Vec::new(), scene.complete())
}

fn over_call(bounds: Bounds, scene: &Scene<'_>) -> Stream {
    let Some(end) = scene.end else {
        return Stream::new(Vec::new(), Vec::new(), crate::domain::AudioTime::ZERO);
    };
    let start = scene.first_speech().unwrap_or_default();
    let parties = [Party::Agent, Party::Customer].into_iter();
    let hits = parties.filter_map(|party| {
        let per_min = scene.rate_per_min.get(party).copied().flatten()?;
        bounds.crossed(per_min).then(|| Hit {
            span: Span::at_least_1_ms(start, end),
            leg: None,
            party,
            utterance: None,
            turn: 0,
            source: Source::Rate { per_min },
        })
    });
    Stream::new(hits.collect(), Vec::new(), crate::rubric::stream::FOREVER)
}
