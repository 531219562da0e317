//! Where walks stand after two tokens, worked out once for each two that were ever heard side by side.
//!
//! In: two tokens. Out: [`Step`]s, from which walks go on with a third. What begins with a token may be
//! any of the words that it sounds like, and nearly all of that ends with the next: a call is made of few
//! pairs, so that most walks are not walked again. The memory is bounded: what finds no place in it is
//! worked out each time, with the same result.

use std::ops::Deref;
use std::sync::OnceLock;

use super::{Search, Trie, Walk};
use crate::rubric::askers::Askers;
use crate::rubric::matcher::ears::Ear;

/// Places for pairs, as a power of two, and how many of them one pair may try.
const PLACES_LOG: u32 = 17;
const TRIES: usize = 8;

/// A walk that has taken two tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    node: u32,
    cost: f32,
    literal: u32,
    exact: bool,
    edited: bool,
    /// Whether a piece was heard with the second token.
    ends: bool,
    /// Whether it may leave a token out.
    leaves_out: bool,
    /// The largest budget of all pieces below.
    budget: f32,
    /// Who asks for pieces below.
    askers: Askers,
    /// The classes of the tokens that may come next, one bit each.
    classes: u64,
}

impl Step {
    fn of(walk: Walk, trie: &Trie) -> Option<Self> {
        let Walk { node, cost, literal, exact, edited, .. } = walk;
        let paths = trie.paths();
        let path = &paths.nodes[node as usize];
        let heard = |&piece: &u32| trie.is_heard(piece, cost, literal, exact);
        let ends = !edited && paths.ends(path).iter().any(heard);
        let goes_on = !paths.children(path).is_empty();
        let leaves_out = cost + path.left_out_min <= path.budget;
        let super::Path { budget, askers, classes, .. } = *path;
        let step =
            Self { node, cost, literal, exact, edited, ends, leaves_out, budget, askers, classes };
        (ends || goes_on).then_some(step)
    }

    /// The walk, in a text whose third token stands at `at`.
    pub(super) fn walk(&self, at: usize) -> Walk {
        let Self { node, cost, literal, exact, edited, .. } = *self;
        Walk { node, at: at as u32, cost, literal, exact, edited }
    }

    /// Whether a piece ends here that was heard.
    pub(super) fn ends(&self) -> bool {
        self.ends
    }

    /// Whether anybody among some askers asks for what lies below.
    pub(super) fn is_asked(&self, by: Askers) -> bool {
        self.askers.meet(by)
    }

    /// Whether it may go on with a token: with a word of its sound, or by an edit.
    pub(super) fn leads_on(&self, next: &Ear) -> bool {
        self.classes & next.classes != 0
            || self.leaves_out
            || self.cost + next.let_in <= self.budget
    }
}

/// Steps, wherever they are kept.
pub(super) enum Steps<'p> {
    Table(&'p [Step]),
    Own(Box<[Step]>),
}

impl Deref for Steps<'_> {
    type Target = [Step];

    fn deref(&self) -> &[Step] {
        match self {
            Steps::Table(steps) => steps,
            Steps::Own(steps) => steps,
        }
    }
}

/// A place, once taken, keeps its pair.
type Place = OnceLock<(u64, Box<[Step]>)>;

/// All pairs so far.
#[derive(Debug, Default)]
pub(super) struct Pairs(OnceLock<Box<[Place]>>);

impl Pairs {
    /// Where walks stand after two tokens, in the order in which they come there; of those that nobody among
    /// `by` asks for there may be some.
    pub(super) fn of(&self, trie: &Trie, pair: [&Ear; 2], by: Askers) -> Steps<'_> {
        let [Some(first), Some(second)] = pair.map(|ear| ear.place) else {
            return Steps::Own(steps(trie, pair, by));
        };
        let places = self.0.get_or_init(|| (0..1 << PLACES_LOG).map(|_| Place::new()).collect());
        let key = u64::from(first) << u32::BITS | u64::from(second);
        // The high bits of a product depend on all bits of the key.
        let at = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACES_LOG)) as usize;
        for place in (at..at + TRIES).map(|at| &places[at % places.len()]) {
            let (known, kept) = place.get_or_init(|| (key, steps(trie, pair, Askers::ALL)));
            if *known == key {
                return Steps::Table(kept);
            }
        }
        Steps::Own(steps(trie, pair, by))
    }
}

fn steps(trie: &Trie, pair: [&Ear; 2], by: Askers) -> Box<[Step]> {
    let [first, second] = pair;
    let mut search = Search { trie, paths: trie.paths(), ears: &pair, by, stack: Vec::new() };
    let mut out = Vec::new();
    for begun in first.opening.starts.iter().rev().filter(|one| one.leads_on(second, by)) {
        search.go_on(begun.walk(1));
        while let Some(walk) = search.stack.pop() {
            if walk.at == 2 {
                out.extend(Step::of(walk, trie));
            } else {
                search.go_on(walk);
            }
        }
    }
    out.into()
}
