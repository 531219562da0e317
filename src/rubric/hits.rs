//! Where the phrases of a plan were said in one call.
//!
//! In: hits, by the number of their phrase. Out: a phrase's hits in time order. Conditions ask for
//! thousands of phrases, and a call says a few dozen of them: one bit a phrase answers for the rest.

use std::collections::BTreeMap;

use super::stream::Hit;

/// Phrases in a number of bits.
const BITS: usize = u64::BITS as usize;

/// Hits by phrase.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hits {
    /// One bit for each phrase: whether it was said.
    said: Vec<u64>,
    by_phrase: BTreeMap<usize, Vec<Hit>>,
}

impl Hits {
    /// Takes one more hit of a phrase.
    pub(crate) fn push(&mut self, phrase: usize, hit: Hit) {
        let len = self.said.len().max(phrase / BITS + 1);
        self.said.resize(len, 0);
        self.said[phrase / BITS] |= 1 << (phrase % BITS);
        self.by_phrase.entry(phrase).or_default().push(hit);
    }

    /// Puts each phrase's hits in order of time.
    pub(crate) fn sort(&mut self) {
        self.by_phrase.values_mut().for_each(|hits| hits.sort_by_key(|hit| (hit.span, hit.leg)));
    }

    /// The hits of a phrase.
    pub(crate) fn of(&self, phrase: usize) -> &[Hit] {
        let said =
            self.said.get(phrase / BITS).is_some_and(|bits| bits & 1 << (phrase % BITS) != 0);
        let hits = said.then(|| self.by_phrase.get(&phrase)).flatten();
        hits.map_or(&[], Vec::as_slice)
    }

    /// The hits of some phrases, one phrase after the other.
    pub(crate) fn of_all<'a>(&'a self, phrases: &'a [usize]) -> impl Iterator<Item = &'a Hit> {
        phrases.iter().flat_map(|&phrase| self.of(phrase))
    }
}
