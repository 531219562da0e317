//! How far what was heard may be from what is wanted.
//!
//! In: a piece of a phrase. Out: [`Terms`], by its length and by what stands beside it. The bounds were
//! set on dialogues misheard on purpose (`lingting rubric test --corrupt`), against false alarms on real calls.

use crate::rubric::model::Match;
use crate::text::{Token, TokenKind, denies, means_little, says_who};

/// What a piece allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Terms {
    /// Greatest sum of sound distances and edits; 0: the same tokens only.
    pub(crate) budget: f32,
    /// Tokens that must be the very same.
    pub(crate) literal_min: usize,
    /// Budget where fewer are; below 0: never.
    pub(crate) stranger_budget: f32,
    /// Whether sound counts at all.
    pub(crate) phonetic: bool,
}

impl Terms {
    /// The greatest sum with so many tokens the very same.
    pub(super) fn allowed(self, literal: usize) -> f32 {
        if literal >= self.literal_min { self.budget } else { self.stranger_budget }
    }
}

/// Letters from which on a word is told from others by its sound alone.
const LONG_WORD: usize = 5;
/// The same for words of two that stand alone, and for one beside others.
const MIDDLE_WORD: usize = 4;

/// Least cost of an edit.
pub(crate) const EDIT_COST_MIN: f32 = 0.3;

/// Letters of a word that tells what is meant whatever stands beside it: `I understand`, `welcome to`.
const TELLING_WORD: usize = 7;

/// Another vowel in a long word: `a menute`. Less than what makes another word of one, as `not read` of `not ready`.
const VOWEL: f32 = 0.075;

/// Cost of leaving out, or letting in, who is spoken of: both together are more than a short phrase allows.
const WHO_COST: f32 = 0.45;

/// Short phrases must be nearly the same; some tokens must be the very same, because a recogniser that
/// writes none of them right has, as a rule, heard something else (外科部指导您 is not 不知道). A piece
/// that is not `alone` is held to that together with its neighbours.
pub(super) fn terms(wanted: &[Token], mode: Match, alone: bool) -> Terms {
    let len = wanted.len();
    let exact = Terms { budget: 0.0, literal_min: len, stranger_budget: -1.0, phonetic: false };
    let hanzi = wanted.iter().all(|token| token.kind == TokenKind::Hanzi);
    let letters = |least| wanted.iter().all(|token| token.text.len() >= least);
    let letters_in_all = wanted.iter().map(|token| token.text.len()).sum::<usize>();
    let longest = wanted.iter().map(|token| token.text.len()).max().unwrap_or(0);
    let (budget, literal_min) = match (len, alone) {
        _ if !matches!(mode, Match::Phonetic | Match::Loose) => return exact,
        // A homophone of a single character must fit with all that stands beside it.
        (1, false) if hanzi => (0.05, 1),
        (1, false) if !hanzi && letters(MIDDLE_WORD) && !wanted.iter().any(is_small) => (0.2, 1),
        // Lower is not lawyer: by itself a word is that word, but for a vowel or an ending.
        (1, true) if !hanzi && letters(LONG_WORD) => (0.1, 1),
        (1, _) => return exact,
        (2, true) if hanzi && mode == Match::Loose => (0.05, 1),
        (2, true) if !hanzi && (letters(MIDDLE_WORD) || longest >= TELLING_WORD) => (0.25, 1),
        (2, true) if !hanzi && letters_in_all >= TELLING_WORD => (VOWEL, 1),
        (2, true) => return exact,
        (2, false) => (0.3, 1),
        (3, true) if hanzi && mode == Match::Loose => (0.4, 2),
        (3, true) => (0.3, 2),
        (3, false) => (0.45, 2),
        (4 | 5, _) => (0.7, 2),
        (6 | 7, _) => (1.1, 3),
        _ => (0.17 * len as f32, len.div_ceil(3)),
    };
    // Beside other words of the phrase, homophones and near ones will do.
    let stranger_budget = match (len, alone) {
        (1, _) => budget,
        (_, true) => -1.0,
        (_, false) => 0.2,
    };
    Terms { budget, literal_min, stranger_budget, phonetic: true }
}

/// Whether a word is one of those that stand everywhere.
fn is_small(token: &Token) -> bool {
    means_little(&token.text) || says_who(&token.text)
}

/// What it costs to leave a token out or to let it in: little for what means little, and more than
/// any phrase allows for a word that says no.
pub(super) fn edit_cost(token: &Token) -> f32 {
    if denies(&token.text) {
        f32::INFINITY
    } else if means_little(&token.text) {
        EDIT_COST_MIN
    } else if says_who(&token.text) {
        WHO_COST
    } else {
        1.0
    }
}
