//! 重复: somebody says again what he, or the other party, has said before.
//!
//! Utterances are compared by their tokens: 1 − edits ÷ length. Each is held against a bounded number
//! of earlier ones, so that the cost grows with the call and no faster.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::rubric::model::{Extent, RepeatOf, RepeatOp};
use crate::rubric::plan::Asked;
use crate::rubric::scene::Scene;
use crate::rubric::speech::Said;
use crate::rubric::stream::{Hit, Source, Stream};

/// Earlier utterances that are looked at, whatever the distance asked for.
pub(crate) const LOOK_BACK_MAX: usize = 50;
/// Tokens of an utterance that are compared.
const TOKENS_MAX: usize = 120;

/// Utterances that say again what an earlier one said; one hit each, for the latest one it is like.
pub(super) fn stream(op: &RepeatOp, asked: &Asked, scene: &Scene<'_>) -> Stream {
    let complete = scene.speech_complete(None);
    let all = scene.speech.all();
    let known = all.partition_point(|said| said.utterance.span.start() < complete);
    let read: Vec<Read<'_>> = all[..known].iter().map(Read::of).collect();
    let excused: BTreeSet<usize> =
        scene.hits.of_all(&asked.except).filter_map(|hit| hit.utterance).collect();
    let counts = |i: &usize| read[*i].tokens.len() >= op.units_min.max(1);
    let hits = (0..known).filter(counts).filter(|i| !excused.contains(i)).filter_map(|i| {
        let near = (i.saturating_sub(LOOK_BACK_MAX)..i).rev();
        let near = near.take_while(|&k| reaches(op.within, &all[k], &all[i], i - k));
        let mut mates = near.filter(counts).filter(|&k| whose(op.of, &all[k], &all[i]));
        let (earlier, alike) = mates.find_map(|k| Some((k, alike(&read[k], &read[i], op)?)))?;
        let said = &all[i];
        Some(Hit {
            span: said.utterance.span,
            leg: Some(said.utterance.leg),
            party: said.party,
            utterance: Some(i),
            turn: said.turn,
            source: Source::Repeat { earlier, alike },
        })
    });
    Stream::new(hits.collect(), Vec::new(), complete)
}

fn reaches(within: Extent, earlier: &Said<'_>, later: &Said<'_>, utterances: usize) -> bool {
    match within {
        Extent::Utterances(n) => utterances <= n,
        Extent::Turns(n) => later.turn - earlier.turn <= n,
        Extent::Ms(ms) => later.utterance.span.start().since_ms(earlier.utterance.span.end()) <= ms,
        Extent::Words(_) | Extent::Percent(_) => false,
    }
}

/// Whether the earlier words are those that are looked for: one's own or the other's.
fn whose(of: RepeatOf, earlier: &Said<'_>, later: &Said<'_>) -> bool {
    (earlier.voice() == later.voice()) == (of == RepeatOf::Own)
}

/// An utterance's tokens, in order and sorted.
struct Read<'a> {
    tokens: Vec<&'a str>,
    bag: Vec<&'a str>,
}

impl<'a> Read<'a> {
    fn of(said: &'a Said<'_>) -> Self {
        let text = said.spoken.iter().map(|spoken| spoken.token.text.as_str());
        let tokens: Vec<&str> = text.take(TOKENS_MAX).collect();
        let mut bag = tokens.clone();
        bag.sort_unstable();
        Self { tokens, bag }
    }
}

/// How alike two utterances are, if enough.
fn alike(earlier: &Read<'_>, later: &Read<'_>, op: &RepeatOp) -> Option<f32> {
    let longer = earlier.tokens.len().max(later.tokens.len()).max(1) as f32;
    // No more tokens than they share can stand in the same place.
    if (shared(&earlier.bag, &later.bag) as f32) < op.at_least * longer {
        return None;
    }
    let edits = strsim::generic_levenshtein(&earlier.tokens, &later.tokens);
    let alike = 1.0 - edits as f32 / longer;
    (alike >= op.at_least).then_some(alike)
}

/// How many tokens two sorted lists share.
fn shared(a: &[&str], b: &[&str]) -> usize {
    let (mut i, mut k, mut count) = (0, 0, 0);
    while let (Some(left), Some(right)) = (a.get(i), b.get(k)) {
        match left.cmp(right) {
            Ordering::Less => i += 1,
            Ordering::Greater => k += 1,
            Ordering::Equal => {
                (i, k, count) = (i + 1, k + 1, count + 1);
            }
        }
    }
    count
}
