//! Words: what the plan's one pass over the speech found for a condition's phrases.

use crate::rubric::model::PhraseOp;
use crate::rubric::plan::Asked;
use crate::rubric::scene::Scene;
use crate::rubric::stream::{Hit, Source, Stream};

/// Hits of its phrases, without those that an exception covers or a guard rules out.
pub(super) fn stream(op: &PhraseOp, asked: &Asked, scene: &Scene<'_>) -> Stream {
    let found = |phrase: &usize| scene.hits.get(phrase).into_iter().flatten();
    let personal = |phrase: &usize| scene.matcher.is_personal(*phrase);
    let mut complete = scene.speech_complete();
    if asked.phrases.iter().chain(&asked.except).any(personal) {
        complete = complete.min(scene.personal_complete);
    }
    // An exception may run on into words that are still to come: until then it is open.
    let certain = |hit: &Hit| asked.except.is_empty() || hit.span.start() < complete;
    let mut hits: Vec<Hit> = asked
        .phrases
        .iter()
        .flat_map(found)
        .filter(|hit| certain(hit) && !ruled_out(op, hit))
        .filter(|hit| !asked.except.iter().flat_map(found).any(|except| overlap(hit, except)))
        .cloned()
        .collect();
    hits.sort_by_key(|hit| (hit.span, hit.leg));
    Stream::new(hits, Vec::new(), complete)
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
