//! Names that the sidecar gives, heard as a recogniser spells what it does not know.
//!
//! In: a name's tokens and a stretch of speech. Out: where it is said. It must not know other phrases.

use std::ops::Range;

use super::Spoken;
use super::nearest::{nearest, places};
use super::trie::Found;
use crate::text::{Token, TokenKind, rough_distance, sound_distance};

/// How much of a name may differ that stands anywhere.
const DISTANCE_MAX: f32 = 0.45;
/// Letters agree by chance more often than sounds do: so much farther are they taken to be.
const BY_CHANCE: f32 = 1.5;
/// More than two ways to work out a distance differ by.
const ROUNDING: f32 = 0.01;
/// The same as [`DISTANCE_MAX`], by the rough ear, where a phrase has words right before and after it.
const FRAMED_DISTANCE_MAX: f32 = 0.4;

/// A name's occurrences, the nearest and those as near: recognisers spell names as they please, so nearly half may differ.
pub(super) fn find_name(name: &[Token], spoken: &[&Spoken]) -> Vec<Found> {
    if name.is_empty() {
        return Vec::new();
    }
    let spelled = spellings(name, spoken).into_iter().flatten();
    let all = places(name, spoken, sound_distance).chain(spelled);
    let mut found: Vec<_> = all.filter(|(_, distance)| *distance <= DISTANCE_MAX).collect();
    let best = found.iter().fold(f32::INFINITY, |best, (_, distance)| best.min(*distance));
    found.retain(|(_, distance)| *distance <= best);
    found.sort_by_key(|(tokens, _)| (tokens.start, tokens.end));
    found.dedup();
    found.into_iter().map(|(tokens, distance)| as_found(name, tokens, distance)).collect()
}

/// A name where words before it end and words after it must begin: that something is said there is
/// known, and only what is in question, so that it may be heard worse than a name that stands anywhere.
pub(super) fn framed_names(
    name: &[Token],
    spoken: &[&Spoken],
    start: usize,
) -> impl Iterator<Item = Found> {
    let shortest = start + name.len().saturating_sub(1).max(1);
    let ends = (shortest..=start + name.len() + 1).filter(|&end| end <= spoken.len());
    ends.filter_map(move |end| {
        let (_, distance) = nearest(name, &spoken[start..end], rough_distance)?;
        (distance <= FRAMED_DISTANCE_MAX).then(|| as_found(name, start..end, distance))
    })
}

fn as_found(name: &[Token], tokens: Range<usize>, distance: f32) -> Found {
    Found {
        piece: usize::MAX,
        start: tokens.start,
        end: tokens.end,
        cost: distance * name.len() as f32,
        // A name is one fact: if it is near enough, it is the name.
        literal: name.len(),
        exact: distance == 0.0,
    }
}

/// Words whose letters, run together, may be like a name's: `Harborbank` for `Harbor Bank`.
fn spellings(
    name: &[Token],
    spoken: &[&Spoken],
) -> Option<impl Iterator<Item = (Range<usize>, f32)>> {
    if name.iter().any(|token| token.kind == TokenKind::Hanzi) {
        return None;
    }
    let letters = |tokens: &mut dyn Iterator<Item = &str>| tokens.collect::<String>();
    let wanted = letters(&mut name.iter().map(|token| token.text.as_str()));
    let length = wanted.chars().count();
    let lengths: Vec<usize> = spoken.iter().map(|one| one.token.text.chars().count()).collect();
    let ranges = (0..spoken.len()).flat_map(move |start| {
        let longest = (start + name.len() + 1).min(spoken.len());
        (start + 1..=longest).map(move |end| start..end)
    });
    // So many letters more or less are as many edits: most words are ruled out without reading them.
    let may_be = move |range: &Range<usize>| {
        let heard: usize = lengths[range.clone()].iter().sum();
        let share = heard.abs_diff(length) as f32 / heard.max(length).max(1) as f32;
        share * BY_CHANCE <= DISTANCE_MAX + ROUNDING
    };
    let scored = ranges.filter(may_be).map(move |range| {
        let heard = letters(&mut spoken[range.clone()].iter().map(|s| s.token.text.as_str()));
        let distance = 1.0 - strsim::normalized_levenshtein(&wanted, &heard) as f32;
        (range, distance * BY_CHANCE)
    });
    Some(scored)
}
