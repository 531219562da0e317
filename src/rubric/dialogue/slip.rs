//! What a recogniser's errors made of a dialogue, shown so that somebody can tell why.
//!
//! In: rubrics, a dialogue, the share of characters that come out wrong, a seed. Out: a [`Slip`] for each
//! criterion that was missed or made up. It counts nothing: that is `noise`'s part, over the same errors.

use super::Dialogue;
use super::judge::{Bench, Shown};
use super::noise::dice;

/// A criterion that came out otherwise than expected because words were misheard.
#[derive(Debug, Clone, PartialEq)]
pub struct Slip {
    /// The criterion.
    pub of: String,
    /// Said and not heard; otherwise heard and not said.
    pub missed: bool,
    /// The turns that show it, in the words that were said: what should have been heard, or what else was.
    pub said: Vec<Turned>,
    /// The evidence in what was heard, or what came nearest to it.
    pub heard: Vec<Shown>,
}

/// A turn that was misheard, with what stands in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Turned {
    /// What the turn shows.
    pub shown: Shown,
    /// The whole turn as it was heard.
    pub heard: String,
}

impl Bench {
    /// What is missed and made up when a dialogue is misheard `repeat` times, as [`super::Tally::add`] hears it.
    pub fn slips(&self, dialogue: &Dialogue, share: f32, (seed, repeat): (u64, u32)) -> Vec<Slip> {
        let rounds = 0..u64::from(repeat);
        rounds
            .flat_map(|round| self.slips_of(dialogue, share, &mut dice(dialogue, seed, round)))
            .collect()
    }
}
