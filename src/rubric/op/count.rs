//! How often, and whether that is certain.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::DoubtReason;
use crate::rubric::model::{Condition, Need, Op, Together, Unit};
use crate::rubric::scene::Scene;
use crate::rubric::stream::{Hit, Interval, Source, Stream, Truth};

use super::Outcome;

/// More than this share of a window's speech unrecognised, and the window was not heard.
const UNHEARD_SHARE_MAX: f64 = 0.4;

/// Decides from the hits; what is not there is held against how well the window was heard.
pub(super) fn outcome(
    condition: &Condition,
    need: Option<Need>,
    scene: &Scene<'_>,
    mut stream: Stream,
) -> Outcome {
    let times = condition.times;
    let count = |hits: &[Hit]| match (need, &condition.op) {
        (Some(Need::AtLeast(_) | Need::All), Op::Phrase(op)) => together(op.together, hits),
        _ => match times.unit {
            Unit::Hits => hits.len(),
            Unit::Utterances => hits.iter().map(|hit| hit.utterance).collect::<BTreeSet<_>>().len(),
            Unit::Turns => hits.iter().map(|hit| hit.turn).collect::<BTreeSet<_>>().len(),
        },
    };
    let at_least = match (need, &condition.op) {
        (Some(Need::AtLeast(n)), _) => n,
        (Some(Need::All), Op::Phrase(op)) => op.phrases.len(),
        _ => times.at_least,
    };
    let sure = count(&stream.hits);
    if let Some(most) = times.at_most
        && sure > most
    {
        return Outcome { truth: Truth::False, stream };
    }
    let enough = sure >= at_least;
    if enough && times.at_most.is_none() {
        return Outcome { truth: Truth::True, stream };
    }
    if !stream.is_complete() {
        return Outcome { truth: Truth::Pending, stream };
    }
    let all: Vec<Hit> = stream.hits.iter().chain(&stream.maybe).cloned().collect();
    let possible = count(&all);
    let by_others = possible != sure
        && (possible >= at_least) != enough | times.at_most.is_some_and(|most| possible > most);
    if by_others {
        stream.doubt = Some(DoubtReason::PartiesUnsure);
    } else if stream.doubt.is_none() && reads_words(&stream, condition) {
        stream.doubt = unheard(condition, scene, &stream.windows);
    }
    let truth = match stream.doubt {
        Some(reason) => Truth::Unknown(reason),
        None => Truth::of(enough),
    };
    Outcome { truth, stream }
}

/// Different phrases: over all hits, or the most in one utterance or turn.
fn together(place: Option<Together>, hits: &[Hit]) -> usize {
    let mut groups: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for hit in hits {
        let group = match place {
            None => Some(0),
            Some(Together::Utterance) => hit.utterance,
            Some(Together::Turn) => Some(hit.turn),
        };
        if let (Some(group), Source::Phrase { phrase, .. }) = (group, &hit.source) {
            groups.entry(group).or_default().insert(*phrase);
        }
    }
    groups.values().map(BTreeSet::len).max().unwrap_or(0)
}

/// Whether the absence of a hit says something about words.
pub(super) fn reads_words(stream: &Stream, condition: &Condition) -> bool {
    let words = |hit: &Hit| matches!(hit.source, Source::Phrase { .. } | Source::Repeat { .. });
    matches!(condition.op, Op::Phrase(_) | Op::Repeat(_)) || stream.hits.iter().any(words)
}

/// Why the window was not heard well enough to say that something is missing, if so.
pub(super) fn unheard(
    condition: &Condition,
    scene: &Scene<'_>,
    windows: &[Interval],
) -> Option<DoubtReason> {
    if scene.speech.all().is_empty() {
        return Some(DoubtReason::AudioMissing);
    }
    let confidence = scene.confidence(condition.by, windows);
    let share = scene.unheard_share(windows);
    let poor = confidence.is_some_and(|confidence| confidence < scene.confidence_min);
    (poor || share > UNHEARD_SHARE_MAX).then_some(DoubtReason::HeardTooPoorly)
}
