//! Pieces of phrases in one tree over tokens: a walk from each token finds all pieces that start there.
//!
//! In: pieces as lists of vocabulary numbers. Out: hits with what they cost. A walk may take a token
//! that sounds like the one wanted, and for long pieces leave one out or let one in.

use super::ears::{Ear, Kept};
use super::terms::{EDIT_COST_MIN, Terms};

/// A piece found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    pub(crate) piece: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) cost: f32,
    /// Tokens that are the very same.
    pub(crate) literal: usize,
    pub(crate) exact: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Trie {
    nodes: Vec<Node>,
    terms: Vec<Terms>,
    /// What it costs to leave a token out, by vocabulary number.
    left_out: Vec<f32>,
    /// The root's children by vocabulary number; 0: none.
    firsts: Vec<u32>,
}

#[derive(Debug)]
struct Node {
    /// By vocabulary number, ascending.
    children: Vec<(u32, u32)>,
    ends: Vec<usize>,
    /// The largest budget of all pieces below.
    budget: f32,
    /// The least that it costs to leave out a child.
    left_out_min: f32,
    /// With fewer tokens the very same than this so far, no piece below can be near enough, unless
    /// what was heard costs no more than `stranger_budget`.
    literal_min: i32,
    /// The largest budget of pieces below for what has too few tokens the very same.
    stranger_budget: f32,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            children: Vec::new(),
            ends: Vec::new(),
            budget: 0.0,
            left_out_min: f32::INFINITY,
            literal_min: i32::MAX,
            stranger_budget: -1.0,
        }
    }
}

impl Node {
    /// Takes notice of a piece that ends so many tokens below.
    fn leads_to(&mut self, terms: Terms, tokens: usize) {
        self.budget = self.budget.max(terms.budget);
        if terms.phonetic {
            let so_far = terms.literal_min as i32 - tokens as i32;
            self.literal_min = self.literal_min.min(so_far);
            self.stranger_budget = self.stranger_budget.max(terms.stranger_budget);
        }
    }

    fn child(&self, token: u32) -> Option<usize> {
        let i = self.children.binary_search_by_key(&token, |child| child.0).ok()?;
        Some(self.children[i].1 as usize)
    }

    /// Whether no piece below can be reached any more.
    fn is_lost(&self, cost: f32, literal: usize, exact: bool) -> bool {
        !exact && cost > self.stranger_budget && (literal as i32) < self.literal_min
    }
}

/// Where walks begin with some token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    node: u32,
    cost: f32,
    /// The very token, not one that sounds like it.
    same: bool,
}

/// Children asked for in the time that it takes to look one up.
const LOOK_UP_COST: usize = 4;

#[derive(Clone, Copy)]
struct Walk {
    node: usize,
    at: usize,
    cost: f32,
    literal: usize,
    exact: bool,
    /// The last step left a token out or let one in.
    edited: bool,
}

impl Trie {
    /// Says what it costs to leave out the next token of the vocabulary.
    pub(crate) fn leave_out(&mut self, cost: f32) {
        self.left_out.push(cost);
    }

    /// Adds a piece and gives its number.
    pub(crate) fn add(&mut self, tokens: &[u32], terms: Terms) -> usize {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let mut node = 0;
        self.nodes[0].leads_to(terms, tokens.len());
        for (depth, &token) in tokens.iter().enumerate() {
            let place = self.nodes[node].children.binary_search_by_key(&token, |child| child.0);
            node = match place {
                Ok(i) => self.nodes[node].children[i].1 as usize,
                Err(i) => {
                    let new = self.nodes.len();
                    self.nodes.push(Node::default());
                    let least = self.left_out.get(token as usize).copied().unwrap_or(0.0);
                    let here = &mut self.nodes[node];
                    here.children.insert(i, (token, new as u32));
                    here.left_out_min = here.left_out_min.min(least);
                    self.note_first(node, token, new as u32);
                    new
                }
            };
            self.nodes[node].leads_to(terms, tokens.len() - depth - 1);
        }
        if let Some(&piece) =
            self.nodes[node].ends.iter().find(|&&piece| self.terms[piece] == terms)
        {
            return piece;
        }
        let piece = self.terms.len();
        self.terms.push(terms);
        self.nodes[node].ends.push(piece);
        piece
    }

    fn note_first(&mut self, parent: usize, token: u32, child: u32) {
        if parent == 0 {
            let len = self.firsts.len().max(token as usize + 1);
            self.firsts.resize(len, 0);
            self.firsts[token as usize] = child;
        }
    }

    /// All pieces in a text, given what each of its tokens is and sounds like.
    pub(crate) fn find(&self, ears: &[Kept<'_>]) -> Vec<Found> {
        let mut out: Vec<Found> = Vec::new();
        if self.nodes.is_empty() {
            return out;
        }
        let mut stack: Vec<Walk> = Vec::new();
        for start in 0..ears.len() {
            let first = out.len();
            Self::begin(&ears[start], start, &mut stack);
            while let Some(walk) = stack.pop() {
                self.arrive(walk, start, first, &mut out);
                self.take(walk, ears, &mut stack);
                self.edit(walk, ears, &mut stack);
            }
        }
        out
    }

    /// Where a walk may begin with a token that is `own` and sounds like what is `near`.
    pub(crate) fn starts(&self, own: Option<u32>, near: &[(u32, f32)]) -> Box<[Start]> {
        let start = |id: u32, cost: f32, same: bool| {
            let node = self.firsts.get(id as usize).map_or(0, |&node| node as usize);
            let literal = usize::from(same);
            let open = node > 0
                && (same || cost <= self.nodes[node].budget)
                && !self.nodes[node].is_lost(cost, literal, same);
            open.then_some(Start { node: node as u32, cost, same })
        };
        let same = own.and_then(|own| start(own, 0.0, true));
        let others = near.iter().filter(|(id, _)| Some(*id) != own);
        same.into_iter()
            .chain(others.filter_map(|&(id, distance)| start(id, distance, false)))
            .collect()
    }

    /// The first token is never an edit: a hit must begin where it begins.
    fn begin(ear: &Ear, start: usize, stack: &mut Vec<Walk>) {
        stack.extend(ear.starts.iter().map(|first| Walk {
            node: first.node as usize,
            at: start + 1,
            cost: first.cost,
            literal: usize::from(first.same),
            exact: first.same,
            edited: false,
        }));
    }

    fn take(&self, walk: Walk, ears: &[Kept<'_>], stack: &mut Vec<Walk>) {
        let Some(ear) = ears.get(walk.at) else { return };
        let here = &self.nodes[walk.node];
        if here.children.is_empty() {
            return;
        }
        let step = |node, cost, same| Walk {
            node,
            at: walk.at + 1,
            cost: walk.cost + cost,
            literal: walk.literal + usize::from(same),
            exact: walk.exact && same,
            edited: false,
        };
        if let Some(node) = ear.own.and_then(|own| here.child(own)) {
            self.push(step(node, 0.0, true), stack);
        }
        if here.budget <= 0.0 {
            return;
        }
        let mut near = |id: u32, node: usize, distance: f32| {
            if Some(id) != ear.own && walk.cost + distance <= self.nodes[node].budget {
                self.push(step(node, distance, false), stack);
            }
        };
        // Both lists are in order of number; to ask a child costs far less than to look one up.
        if here.children.len() <= LOOK_UP_COST * ear.near.len() {
            for &(id, node) in &here.children {
                if let Some(distance) = ear.distance(id) {
                    near(id, node as usize, distance);
                }
            }
        } else {
            for &(id, distance) in &ear.near {
                if let Some(node) = here.child(id) {
                    near(id, node, distance);
                }
            }
        }
    }

    fn push(&self, walk: Walk, stack: &mut Vec<Walk>) {
        if !self.nodes[walk.node].is_lost(walk.cost, walk.literal, walk.exact) {
            stack.push(walk);
        }
    }

    fn edit(&self, walk: Walk, ears: &[Kept<'_>], stack: &mut Vec<Walk>) {
        let here = &self.nodes[walk.node];
        if walk.cost + EDIT_COST_MIN > here.budget {
            return;
        }
        let edited = Walk { exact: false, edited: true, ..walk };
        if let Some(ear) = ears.get(walk.at) {
            let cost = walk.cost + ear.let_in;
            if cost <= here.budget {
                self.push(Walk { at: walk.at + 1, cost, ..edited }, stack);
            }
        }
        if walk.cost + here.left_out_min > here.budget {
            return;
        }
        for &(id, node) in &here.children {
            let cost = walk.cost + self.left_out[id as usize];
            if cost <= self.nodes[node as usize].budget {
                self.push(Walk { node: node as usize, cost, ..edited }, stack);
            }
        }
    }

    /// Notes the pieces that end here; of two ways to the same place the cheaper stays.
    fn arrive(&self, walk: Walk, start: usize, first: usize, out: &mut Vec<Found>) {
        // As it begins, a hit ends where it ends: without its last word it is another phrase.
        if walk.edited {
            return;
        }
        for &piece in &self.nodes[walk.node].ends {
            let terms = self.terms[piece];
            let heard = walk.exact || (terms.phonetic && walk.cost <= terms.allowed(walk.literal));
            if !heard {
                continue;
            }
            let Walk { at: end, cost, literal, exact, .. } = walk;
            let found = Found { piece, start, end, cost, literal, exact };
            let known =
                out[first..].iter_mut().find(|old| old.piece == piece && old.end == walk.at);
            match known {
                Some(old) if old.cost > walk.cost => *old = found,
                Some(_) => {}
                None => out.push(found),
            }
        }
    }
}
