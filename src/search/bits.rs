//! A set of documents of one segment, one bit each.

use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocSet};

/// The set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bits {
    words: Vec<u64>,
    len: u32,
}

impl Bits {
    pub(super) fn none(len: u32) -> Self {
        Self { words: vec![0; len.div_ceil(64) as usize], len }
    }

    pub(super) fn all(len: u32) -> Self {
        let mut out = Self { words: vec![u64::MAX; len.div_ceil(64) as usize], len };
        if let Some(last) = out.words.last_mut()
            && !len.is_multiple_of(64)
        {
            *last = (1 << (len % 64)) - 1;
        }
        out
    }

    pub(super) fn insert(&mut self, doc: u32) {
        self.words[(doc / 64) as usize] |= 1 << (doc % 64);
    }

    /// Adds all documents of a posting list.
    pub(super) fn insert_all(&mut self, docs: &mut impl DocSet) {
        let mut buffer = [0; COLLECT_BLOCK_BUFFER_LEN];
        loop {
            let filled = docs.fill_buffer(&mut buffer);
            buffer[..filled].iter().for_each(|&doc| self.insert(doc));
            if filled < buffer.len() {
                break;
            }
        }
    }

    pub(super) fn contains(&self, doc: u32) -> bool {
        self.words[(doc / 64) as usize] & 1 << (doc % 64) != 0
    }

    pub(super) fn remove(&mut self, doc: u32) {
        self.words[(doc / 64) as usize] &= !(1 << (doc % 64));
    }

    pub(super) fn and(&mut self, other: &Bits) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    pub(super) fn or(&mut self, other: &Bits) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    pub(super) fn minus(&mut self, other: &Bits) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    pub(super) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// How many documents the segment has.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// In rising order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(ix, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros();
                    rest &= rest - 1;
                    ix as u32 * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn bits_are_a_set(
            a in proptest::collection::btree_set(0u32..150, 0..40),
            b in proptest::collection::btree_set(0u32..150, 0..40),
        ) {
            let set = |all: &BTreeSet<u32>| {
                let mut out = Bits::none(150);
                all.iter().for_each(|&doc| out.insert(doc));
                out
            };
            let list = |bits: Bits| bits.iter().collect::<BTreeSet<_>>();
            let (mut and, mut or, mut minus) = (set(&a), set(&a), set(&a));
            and.and(&set(&b));
            or.or(&set(&b));
            minus.minus(&set(&b));
            prop_assert_eq!(list(and), &a & &b);
            prop_assert_eq!(list(or), &a | &b);
            prop_assert_eq!(list(minus), &a - &b);
            prop_assert_eq!(Bits::all(150).count(), 150);
            prop_assert_eq!(set(&a).count(), a.len() as u64);
        }
    }
}
