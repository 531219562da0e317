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
    if name.is_empty() || !may_be_said(name, spoken) {
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

/// Whether a name of characters can come near enough anywhere: not where too many of them sound like nothing that was said.
/// A call names its company once or twice, and is asked in each utterance whether it does.
fn may_be_said(name: &[Token], spoken: &[&Spoken]) -> bool {
    if name.iter().any(|token| token.kind != TokenKind::Hanzi) {
        return true;
    }
    let vowels: Vec<u64> = spoken.iter().map(|one| one.token.sound.vowels()).collect();
    let most = (DISTANCE_MAX + ROUNDING) * name.len() as f32;
    let mut least = 0.0;
    name.iter().all(|wanted| {
        let near = wanted.sound.near_vowels();
        let others = spoken.iter().zip(&vowels).filter(|(_, vowels)| near & **vowels != 0);
        let apart = others.map(|(one, _)| sound_distance(wanted, &one.token));
        least += apart.fold(1.0, f32::min);
        least <= most
    })
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
    let letter = |c: char| 1u64 << (u32::from(c) % u64::BITS);
    let of_name: Vec<u64> = wanted.chars().map(letter).collect();
    let known = of_name.iter().fold(0, |all, one| all | one);
    // Of each word: how many letters, how many that the name does not have, and which, one bit each.
    let letters_of = |one: &&Spoken| {
        one.token.text.chars().map(letter).fold((0usize, 0usize, 0u64), |(all, strange, set), c| {
            (all + 1, strange + usize::from(known & c == 0), set | c)
        })
    };
    let words: Vec<(usize, usize, u64)> = spoken.iter().map(letters_of).collect();
    let ranges = (0..spoken.len()).flat_map(move |start| {
        let longest = (start + name.len() + 1).min(spoken.len());
        (start + 1..=longest).map(move |end| start..end)
    });
    // So many letters more or less, or on one side only, are as many edits: most words are ruled out without reading them.
    let may_be = move |range: &Range<usize>| {
        let all = words[range.clone()].iter();
        let (heard, strange, set) =
            all.fold((0, 0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1, sum.2 | one.2));
        let missing = of_name.iter().filter(|&&c| set & c == 0).count();
        let edits = heard.abs_diff(length).max(strange).max(missing);
        let share = edits as f32 / heard.max(length).max(1) as f32;
        share * BY_CHANCE <= DISTANCE_MAX + ROUNDING
    };
    let scored = ranges.filter(may_be).map(move |range| {
        let heard = letters(&mut spoken[range.clone()].iter().map(|s| s.token.text.as_str()));
        let distance = 1.0 - strsim::normalized_levenshtein(&wanted, &heard) as f32;
        (range, distance * BY_CHANCE)
    });
    Some(scored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rubric::speech::read;
    use crate::text::tokens;
    use proptest::prelude::*;

    proptest! {
        // Few sounds and letters, so that names are often nearly said.
        #[test]
        fn a_name_that_is_ruled_out_is_nowhere(name in "[信心新行杏航石十康抗]{1,5}", said in "[信心新行杏航石十康抗好的]{0,12}") {
            let (name, said) = (tokens(&name), read(&said));
            let said: Vec<&Spoken> = said.iter().collect();
            let nearest = places(&name, &said, sound_distance).map(|(_, distance)| distance);
            let near = nearest.filter(|distance| *distance <= DISTANCE_MAX).count();
            prop_assert!(may_be_said(&name, &said) || near == 0);
        }

        #[test]
        fn a_spelling_that_is_ruled_out_is_another(name in "[aber]{1,6}( [aber]{1,6})?", said in "[abeor]{1,7}( [abeor]{1,7}){0,3}") {
            let (name, said) = (tokens(&name), read(&said));
            let said: Vec<&Spoken> = said.iter().collect();
            let letters = |tokens: &mut dyn Iterator<Item = &Token>| -> String {
                tokens.map(|token| token.text.as_str()).collect()
            };
            let wanted = letters(&mut name.iter());
            let tried: Vec<Range<usize>> =
                spellings(&name, &said).into_iter().flatten().map(|(range, _)| range).collect();
            for start in 0..said.len() {
                for end in start + 1..=(start + name.len() + 1).min(said.len()) {
                    let heard = letters(&mut said[start..end].iter().map(|one| &one.token));
                    let alike = strsim::normalized_levenshtein(&wanted, &heard) as f32;
                    let near = (1.0 - alike) * BY_CHANCE <= DISTANCE_MAX;
                    prop_assert!(!near || tried.contains(&(start..end)), "{heard}");
                }
            }
        }
    }
}
