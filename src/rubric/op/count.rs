//! How often, and whether that is certain.

use std::collections::BTreeSet;

use crate::domain::DoubtReason;
use crate::rubric::model::{Condition, Need, Op, Unit};
use crate::rubric::scene::Scene;
use crate::rubric::stream::{Hit, Source, Stream, Truth};

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
        (Some(Need::AtLeast(_) | Need::All), _) => phrases(hits),
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
        stream.doubt = unheard(condition, scene, &stream);
    }
    let truth = match stream.doubt {
        Some(reason) => Truth::Unknown(reason),
        None => Truth::of(enough),
    };
    Outcome { truth, stream }
}

fn phrases(hits: &[Hit]) -> usize {
    let numbers = hits.iter().filter_map(|hit| match hit.source {
        Source::Phrase { phrase, .. } => Some(phrase),
        _ => None,
    });
    numbers.collect::<BTreeSet<usize>>().len()
}

/// Whether the absence of a hit says something about words.
fn reads_words(stream: &Stream, condition: &Condition) -> bool {
    let phrase = |hit: &Hit| matches!(hit.source, Source::Phrase { .. });
    matches!(condition.op, Op::Phrase(_)) || stream.hits.iter().any(phrase)
}

/// Why the window was not heard well enough to say that something is missing, if so.
fn unheard(condition: &Condition, scene: &Scene<'_>, stream: &Stream) -> Option<DoubtReason> {
    if scene.speech.all().is_empty() {
        return Some(DoubtReason::AudioMissing);
    }
    let confidence = scene.confidence(condition.by, &stream.windows);
    let (heard, missed) = scene.heard_and_unheard_ms(&stream.windows);
    let share = missed as f64 / (heard + missed).max(1) as f64;
    let poor = confidence.is_some_and(|confidence| confidence < scene.confidence_min);
    (poor || share > UNHEARD_SHARE_MAX).then_some(DoubtReason::HeardTooPoorly)
}
