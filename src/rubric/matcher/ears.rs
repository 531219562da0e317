//! What each token that was ever heard sounds like, worked out once.
//!
//! In: a token, and the words that phrases ask for. Out: an [`Ear`]: which of these words it is, and
//! which it is near to. Chinese characters have a table of their own, because a call is made of few
//! of them and they are asked for all the time; other tokens are remembered up to a limit.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, OnceLock, RwLock};

use compact_str::CompactString;

use crate::text::{Token, TokenKind, sound_distance};

use super::terms::edit_cost;
use super::trie::{Start, Trie};

/// Sounds farther apart than this are not confused.
const NEAR_MAX: f32 = 0.5;
/// Different tokens that are remembered besides characters; the rest are worked out again each time.
const MEMORY_MAX: usize = 50_000;
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
    /// The same words without the distances, one bit each: most words are not among them.
    sounds: Box<[u64]>,
    /// Where a walk through the pieces may begin with it.
    pub(crate) starts: Box<[Start]>,
    /// What it costs to let it in where a phrase does not have it.
    pub(crate) let_in: f32,
}

impl Ear {
    fn of(token: &Token, words: &[Token], trie: &Trie, own: Option<u32>) -> Self {
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
        let mut sounds = vec![0u64; len].into_boxed_slice();
        for &(id, _) in &near {
            sounds[id as usize / BITS] |= 1 << (id as usize % BITS);
        }
        let starts = trie.starts(own, &near);
        Self { own, near, sounds, starts, let_in }
    }

    /// How far it is from a word that it sounds like.
    pub(crate) fn distance(&self, id: u32) -> Option<f32> {
        let bits = self.sounds.get(id as usize / BITS)?;
        if bits & 1 << (id as usize % BITS) == 0 {
            return None;
        }
        let i = self.near.binary_search_by_key(&id, |near| near.0).ok()?;
        Some(self.near[i].1)
    }
}

/// An ear, wherever it is kept.
#[derive(Debug)]
pub(crate) enum Kept<'m> {
    Table(&'m Ear),
    Shared(Arc<Ear>),
}

impl Deref for Kept<'_> {
    type Target = Ear;

    fn deref(&self) -> &Ear {
        match self {
            Kept::Table(ear) => ear,
            Kept::Shared(ear) => ear,
        }
    }
}

/// All ears so far.
#[derive(Debug)]
pub(crate) struct Ears {
    hanzi: Box<[OnceLock<Ear>]>,
    others: RwLock<BTreeMap<CompactString, Arc<Ear>>>,
}

impl Default for Ears {
    fn default() -> Self {
        Self {
            hanzi: HANZI.map(|_| OnceLock::new()).collect(),
            others: RwLock::new(BTreeMap::new()),
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
        let new = || Ear::of(token, words, trie, own(text));
        let mut chars = text.chars();
        if token.kind == TokenKind::Hanzi
            && let (Some(c), None) = (chars.next(), chars.next())
            && let Some(at) = u32::from(c).checked_sub(HANZI.start)
            && let Some(slot) = self.hanzi.get(at as usize)
        {
            return Kept::Table(slot.get_or_init(new));
        }
        if token.sound.is_silent() {
            return Kept::Shared(Arc::new(new()));
        }
        if let Ok(others) = self.others.read()
            && let Some(known) = others.get(text)
        {
            return Kept::Shared(Arc::clone(known));
        }
        let ear = Arc::new(new());
        if let Ok(mut others) = self.others.write()
            && others.len() < MEMORY_MAX
        {
            others.insert(token.text.clone(), Arc::clone(&ear));
        }
        Kept::Shared(ear)
    }
}
