//! Words: what the plan's one pass over the speech found for a condition's phrases.

use crate::domain::{DoubtReason, Party};
use crate::rubric::model::{Part, Phrase, PhraseOp, Segment};
use crate::rubric::plan::Asked;
use crate::rubric::scene::Scene;
use crate::rubric::stream::{Hit, Source, Stream};

/// Hits of its phrases, without those that an exception covers or a guard rules out; all that are known, up to where those of a
/// party are complete.
pub(super) fn stream(op: &PhraseOp, by: Option<Party>, asked: &Asked, scene: &Scene<'_>) -> Stream {
    let mut complete = scene.speech_complete(by);
    if asked.personal {
        complete = complete.min(scene.personal_complete);
    }
    // An exception may run on into words that are still to come: until then it is open.
    let certain = |hit: &Hit| asked.except.is_empty() || hit.span.start() < complete;
    let mut said = scene.hits.of_all(&asked.phrases).peekable();
    let except: Vec<&Hit> = match said.peek() {
        Some(_) => scene.hits.of_all(&asked.except).collect(),
        None => Vec::new(),
    };
    let mut hits: Vec<Hit> = said
        .filter(|hit| certain(hit) && !ruled_out(op, hit))
        .filter(|hit| !except.iter().any(|except| overlap(hit, except)))
        .cloned()
        .collect();
    hits.sort_by_key(|hit| (hit.span, hit.leg));
    let mut stream = Stream::new(hits, Vec::new(), complete);
    if op.phrases.iter().all(|phrase| unknowable(phrase, scene)) {
        stream.doubt = Some(DoubtReason::FactMissing);
    }
    stream
}

/// Whether a phrase asks for what the sidecar does not say: `{client}` of a call whose client nobody
/// named may have been said all the same.
fn unknowable(phrase: &Phrase, scene: &Scene<'_>) -> bool {
    let missing =
        |part: &Part| matches!(part, Part::Attribute(name) if scene.info.attribute(name).is_none());
    let silent = |segment: &Segment| segment.ways.iter().all(|way| way.iter().any(missing));
    phrase.segments.iter().any(silent)
}

fn ruled_out(op: &PhraseOp, hit: &Hit) -> bool {
    let Source::Phrase { guard, .. } = &hit.source else { return false };
    (op.skip_quoted && guard.quoted)
        || (op.skip_negated && guard.negated)
        || (op.skip_asked && guard.asked)
}

/// Whether two hits share a token.
fn overlap(a: &Hit, b: &Hit) -> bool {
    let (Source::Phrase { from, to, .. }, Source::Phrase { from: other_from, to: other_to, .. }) =
        (&a.source, &b.source)
    else {
        return false;
    };
    a.leg == b.leg && from <= other_to && other_from <= to
}
