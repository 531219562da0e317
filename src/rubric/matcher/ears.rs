//! What each token that was ever heard sounds like, worked out once.
//!
//! In: a token, and the words that phrases ask for. Out: an [`Ear`]: which of these words it is, and
//! which it is near to. Chinese characters have a table of their own, because a call is made of few
//! of them and they are asked for all the time; other tokens are remembered up to a limit.

use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::OnceLock;

use compact_str::CompactString;

use crate::text::{Token, TokenKind, sound_distance};

use super::terms::edit_cost;
use super::trie::{Opening, Trie};

/// Sounds farther apart than this are not confused.
const NEAR_MAX: f32 = 0.5;
/// Places for tokens besides characters, and how many of them one token may try. What finds no place
/// is worked out again each time.
const PLACES: usize = 1 << 16;
const TRIES: usize = 8;
/// The block in which nearly all Chinese text is written.
const HANZI: std::ops::Range<u32> = 0x4e00..0xa000;

/// Words in a number of bits.
const BITS: usize = u64::BITS as usize;

/// How a token stands to the words that are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ear {
    /// The word that it is.
    pub(crate) own: Option<u32>,
    /// Words that it sounds like, itself too, each with its distance; by number.
    pub(crate) near: Box<[(u32, f32)]>,
    /// The same words without the distances, one bit each, and how many stand before: most words are
    /// not among them.
    sounds: Box<[(u64, u32)]>,
    /// The classes of the words that it is or sounds like, one bit each.
    pub(crate) classes: u64,
    /// What it is of the pieces by itself, and where a walk through them may begin with it.
    pub(crate) opening: Opening,
    /// What it costs to let it in where a phrase does not have it.
    pub(crate) let_in: f32,
    /// Its number, where it has a place of its own.
    pub(crate) place: Option<u32>,
}

impl Ear {
    fn of(
        token: &Token,
        words: &[Token],
        trie: &Trie,
        own: Option<u32>,
        place: Option<u32>,
    ) -> Self {
        let let_in = edit_cost(token);
        // Of a silent token only the very same is near to it.
        let near: Box<[(u32, f32)]> = if token.sound.is_silent() {
            own.map(|id| (id, 0.0)).into_iter().collect()
        } else {
            let each = words.iter().zip(0u32..);
            let each = each.map(|(word, id)| (id, sound_distance(word, token)));
            each.filter(|(_, distance)| *distance <= NEAR_MAX).collect()
        };
        let len = near.last().map_or(0, |&(last, _)| last as usize / BITS + 1);
        let mut sounds = vec![(0u64, 0u32); len].into_boxed_slice();
        for &(id, _) in &near {
            sounds[id as usize / BITS].0 |= 1 << (id as usize % BITS);
        }
        let mut before = 0;
        for (bits, count) in &mut sounds {
            *count = before;
            before += bits.count_ones();
        }
        let opening = trie.opening(own, &near);
        let known = near.iter().map(|near| near.0).chain(own);
        let classes = known.fold(0, |bits, id| bits | trie.class(id));
        Self { own, near, sounds, classes, opening, let_in, place }
    }

    /// How far it is from a word that it sounds like.
    pub(crate) fn distance(&self, id: u32) -> Option<f32> {
        let &(bits, before) = self.sounds.get(id as usize / BITS)?;
        let bit = 1u64 << (id as usize % BITS);
        if bits & bit == 0 {
            return None;
        }
        Some(self.near[(before + (bits & (bit - 1)).count_ones()) as usize].1)
    }
}

/// An ear, wherever it is kept.
#[derive(Debug)]
pub(crate) enum Kept<'m> {
    Table(&'m Ear),
    Own(Box<Ear>),
}

impl Deref for Kept<'_> {
    type Target = Ear;

    fn deref(&self) -> &Ear {
        match self {
            Kept::Table(ear) => ear,
            Kept::Own(ear) => ear,
        }
    }
}

/// All ears so far. A place once taken keeps its token, so that nobody waits for anybody to read it.
#[derive(Debug)]
pub(crate) struct Ears {
    hanzi: Box<[OnceLock<Ear>]>,
    others: Box<[OnceLock<(CompactString, Ear)>]>,
}

impl Default for Ears {
    fn default() -> Self {
        Self {
            hanzi: HANZI.map(|_| OnceLock::new()).collect(),
            others: (0..PLACES).map(|_| OnceLock::new()).collect(),
        }
    }
}

impl Ears {
    /// The ear of a token; `own` finds the word that it is.
    pub(crate) fn of(
        &self,
        token: &Token,
        words: &[Token],
        trie: &Trie,
        own: impl Fn(&str) -> Option<u32>,
    ) -> Kept<'_> {
        let text = token.text.as_str();
        let new = |place| Ear::of(token, words, trie, own(text), place);
        let mut chars = text.chars();
        if token.kind == TokenKind::Hanzi
            && let (Some(c), None) = (chars.next(), chars.next())
            && let Some(at) = u32::from(c).checked_sub(HANZI.start)
            && let Some(slot) = self.hanzi.get(at as usize)
        {
            return Kept::Table(slot.get_or_init(|| new(Some(at))));
        }
        // Numbers are many, and quickly worked out.
        if token.sound.is_silent() {
            return Kept::Own(Box::new(new(None)));
        }
        for at in (place(text)..).take(TRIES).map(|at| at % PLACES) {
            let number = Some((self.hanzi.len() + at) as u32);
            let (known, ear) = self.others[at].get_or_init(|| (token.text.clone(), new(number)));
            if known == text {
                return Kept::Table(ear);
            }
        }
        Kept::Own(Box::new(new(None)))
    }
}

/// Where to look first for a token.
fn place(text: &str) -> usize {
    // Keys and all are those of the standard library's default: the same in every run.
    let mut hasher = std::hash::DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish() as usize % PLACES
}
