//! Ways of speaking that tell something about a call, found in what was said.
//!
//! In: tokens, and a lexicon of cues. Out: how often each cue was said, also as a recogniser mishears
//! it. What a cue means is for its reader to say.

use crate::text::{Token, TokenKind, sound_distance};

/// A way of speaking, and what it speaks for.
pub(super) struct Cue {
    pub(super) phrase: &'static str,
    /// Natural log-odds.
    pub(super) weight: f32,
}

pub(super) const fn cue(phrase: &'static str, weight: f32) -> Cue {
    Cue { phrase, weight }
}

/// Sounds may differ this much on average over a cue, if it is long enough to bear it.
const DISTANCE_MAX: f32 = 0.12;
const FUZZY_TOKENS_MIN: usize = 3;

/// Log-odds as a probability.
pub(super) fn probability(odds: f32) -> f32 {
    1.0 / (1.0 + (-odds).exp())
}

/// Counts cues from left to right; words taken by one cue are free for no other.
pub(super) fn count(heard: &[Token], lexicon: &[Vec<Token>], counts: &mut [usize]) {
    let mut at = 0;
    while at < heard.len() {
        let rest = &heard[at..];
        // The longest wording that fits, exact or to the ear; ties go to the first.
        let fits = |phrase: &(usize, &Vec<Token>)| exact(phrase.1, rest) || alike(phrase.1, rest);
        let hit = lexicon.iter().enumerate().rev().filter(fits).max_by_key(|p| p.1.len());
        match hit {
            Some((cue, phrase)) => {
                counts[cue] += 1;
                at += phrase.len();
            }
            None => at += 1,
        }
    }
}

fn exact(phrase: &[Token], heard: &[Token]) -> bool {
    heard.len() >= phrase.len() && phrase.iter().zip(heard).all(|(a, b)| a.text == b.text)
}

fn alike(phrase: &[Token], heard: &[Token]) -> bool {
    let long = phrase.len() >= FUZZY_TOKENS_MIN && heard.len() >= phrase.len();
    // A quick look at the first token spares nearly all comparisons.
    if !long || phrase[0].kind != heard[0].kind || phrase[0].kind == TokenKind::Number {
        return false;
    }
    let budget = DISTANCE_MAX * phrase.len() as f32;
    let mut spent = 0.0;
    phrase.iter().zip(heard).all(|(a, b)| {
        spent += sound_distance(a, b);
        spent <= budget
    })
}
