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

/// Sounds farther apart than this are not confused.
const NEAR_MAX: f32 = 0.5;
/// Different tokens that are remembered besides characters; the rest are worked out again each time.
const MEMORY_MAX: usize = 50_000;
/// The block in which nearly all Chinese text is written.
const HANZI: std::ops::Range<u32> = 0x4e00..0xa000;

/// How a token stands to the words that are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ear {
    /// The word that it is.
    pub(crate) own: Option<u32>,
    /// Words that it sounds like, itself too, each with its distance; by number.
    pub(crate) near: Box<[(u32, f32)]>,
    /// What it costs to let it in where a phrase does not have it.
    pub(crate) let_in: f32,
}

impl Ear {
    fn of(token: &Token, words: &[Token], own: Option<u32>) -> Self {
        let let_in = edit_cost(token);
        if token.sound.is_silent() {
            // Only the very same token is near to it.
            return Self { own, near: own.map(|id| (id, 0.0)).into_iter().collect(), let_in };
        }
        let near = (words.iter().zip(0u32..))
            .map(|(word, id)| (id, sound_distance(word, token)))
            .filter(|(_, distance)| *distance <= NEAR_MAX);
        Self { own, near: near.collect(), let_in }
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
        own: impl Fn(&str) -> Option<u32>,
    ) -> Kept<'_> {
        let text = token.text.as_str();
        let new = || Ear::of(token, words, own(text));
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
