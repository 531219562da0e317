//! How near each word of a phrase comes to anything in an utterance, whatever the order.
//!
//! In: the tokens of an utterance. Out: for each word that phrases are made of, the distance to the
//! token nearest to it. The mean over a phrase's words is a bound: the phrase comes no nearer than
//! that. Most phrases are ruled out by it, at the price of a few additions.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use compact_str::CompactString;

use super::Spoken;
use crate::text::{Token, sound_distance};

/// Different tokens that are remembered; the rest are worked out again each time.
const MEMORY_MAX: usize = 20_000;

/// Words with their distances, for one token; those farther than 1 are left out.
type Row = Arc<[(u32, f32)]>;

/// The words of all samples, and what was ever heard of them.
#[derive(Debug, Default)]
pub(super) struct Nearness {
    words: Vec<Token>,
    numbers: BTreeMap<CompactString, u32>,
    rows: RwLock<BTreeMap<CompactString, Row>>,
}

impl Nearness {
    /// A word's number.
    pub(super) fn word(&mut self, token: &Token) -> u32 {
        if let Some(&number) = self.numbers.get(&token.text) {
            return number;
        }
        let number = self.words.len() as u32;
        self.numbers.insert(token.text.clone(), number);
        self.words.push(token.clone());
        number
    }

    /// By word, the distance to the token that is nearest to it; 1: nothing in common with any.
    pub(super) fn of(&self, spoken: &[Spoken]) -> Vec<f32> {
        let mut nearest = vec![1.0f32; self.words.len()];
        for one in spoken {
            for &(word, distance) in self.row(&one.token).iter() {
                let least = &mut nearest[word as usize];
                *least = least.min(distance);
            }
        }
        nearest
    }

    fn row(&self, token: &Token) -> Row {
        if let Ok(rows) = self.rows.read()
            && let Some(row) = rows.get(&token.text)
        {
            return Arc::clone(row);
        }
        if token.sound.is_silent() {
            // Numbers are many, and only the very same is near to one.
            let same = self.numbers.get(&token.text).map(|&number| (number, 0.0));
            return same.into_iter().collect();
        }
        let each = self.words.iter().zip(0u32..);
        let row: Row = each
            .map(|(word, number)| (number, sound_distance(word, token)))
            .filter(|(_, distance)| *distance < 1.0)
            .collect();
        if let Ok(mut rows) = self.rows.write()
            && rows.len() < MEMORY_MAX
        {
            rows.insert(token.text.clone(), Arc::clone(&row));
        }
        row
    }
}
