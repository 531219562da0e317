//! How rules fare when a recogniser mishears: expected recall and precision by criterion.
//!
//! In: dialogues, the share of characters that come out wrong, a seed. Out: a [`Tally`], for the
//! rubrics as they are and with exact matching beside it, over the very same errors.

use std::collections::BTreeMap;

use crate::text::Dice;

use super::Dialogue;
use super::judge::Bench;

/// How often words were heard that were to be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Said and heard.
    pub found: u32,
    /// Said and not heard.
    pub missed: u32,
    /// Heard and not said.
    pub invented: u32,
}

impl Count {
    /// Share of what was said that was heard; none where nothing was said.
    pub fn recall(self) -> Option<f64> {
        share(self.found, self.missed)
    }

    /// Share of what was heard that was said; none where nothing was heard.
    pub fn precision(self) -> Option<f64> {
        share(self.found, self.invented)
    }

    fn add(&mut self, said: bool, heard: bool) {
        match (said, heard) {
            (true, true) => self.found += 1,
            (true, false) => self.missed += 1,
            (false, true) => self.invented += 1,
            (false, false) => {}
        }
    }
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.found += other.found;
        self.missed += other.missed;
        self.invented += other.invented;
    }
}

fn share(part: u32, rest: u32) -> Option<f64> {
    (part + rest > 0).then(|| f64::from(part) / f64::from(part + rest))
}

/// The dice by which a dialogue is misheard. Errors hang on the dialogue too: two that begin alike do not go
/// wrong alike.
pub(super) fn dice(dialogue: &Dialogue, seed: u64, round: u64) -> Dice {
    let at = dialogue.place.line.wrapping_mul(0x9e37_79b9);
    Dice::new(seed.wrapping_add(round).wrapping_add(at << 20))
}

/// Counts by criterion.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Our matching, and exact matching beside it.
    pub by_criterion: BTreeMap<String, (Count, Count)>,
}

impl Tally {
    /// Over all criteria.
    pub fn total(&self) -> (Count, Count) {
        let mut total = (Count::default(), Count::default());
        for (ours, exact) in self.by_criterion.values() {
            total.0 += *ours;
            total.1 += *exact;
        }
        total
    }

    /// Hears a dialogue `repeat` times with other errors each time, and counts.
    pub fn add(
        &mut self,
        (ours, exact): (&Bench, &Bench),
        dialogue: &Dialogue,
        share: f32,
        (seed, repeat): (u64, u32),
    ) {
        for round in 0..u64::from(repeat) {
            let dice = dice(dialogue, seed, round);
            for (criterion, said, heard) in ours.heard(dialogue, share, &mut dice.clone()) {
                self.count(criterion).0.add(said, heard);
            }
            for (criterion, said, heard) in exact.heard(dialogue, share, &mut dice.clone()) {
                self.count(criterion).1.add(said, heard);
            }
        }
    }

    fn count(&mut self, criterion: &str) -> &mut (Count, Count) {
        self.by_criterion.entry(criterion.to_owned()).or_default()
    }
}
