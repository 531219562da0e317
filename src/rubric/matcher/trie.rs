//! Pieces of phrases in one tree over tokens: a walk from each token finds all pieces that start there.
//!
//! In: pieces as lists of vocabulary numbers. Out: hits with what they cost. A walk may take a token
//! that sounds like the one wanted, and for long pieces leave one out or let one in.

mod pairs;

use std::sync::OnceLock;

use super::ears::Ear;
use super::terms::{EDIT_COST_MIN, Terms};
use crate::rubric::askers::Askers;
use pairs::Pairs;

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
    /// Tokens of each piece.
    lengths: Vec<usize>,
    /// What it costs to leave a token out, by vocabulary number.
    left_out: Vec<f32>,
    /// The class of its sound as a bit, by vocabulary number.
    classes: Vec<u64>,
    /// The root's children by vocabulary number; 0: none.
    firsts: Vec<u32>,
    /// Who asks for each piece.
    askers: Vec<Askers>,
    /// The nodes as walks read them, once all pieces are known.
    paths: OnceLock<Paths>,
    /// What is known of two tokens side by side.
    pairs: Pairs,
}

/// The nodes side by side: a walk touches few lines of memory.
#[derive(Debug, Default)]
struct Paths {
    nodes: Vec<Path>,
    /// Vocabulary number and node, ascending, for one node after another.
    children: Vec<(u32, u32)>,
    /// Pieces, for one node after another.
    ends: Vec<u32>,
}

/// A node, with its children and ends by their places.
#[derive(Debug, Clone, Copy)]
struct Path {
    children: (u32, u32),
    ends: (u32, u32),
    budget: f32,
    left_out_min: f32,
    literal_min: i32,
    stranger_budget: f32,
    /// The classes of its children, one bit each.
    classes: u64,
    /// Who asks for pieces that end here or below.
    askers: Askers,
}

impl Paths {
    fn of(trie: &Trie) -> Self {
        let Trie { nodes, askers, .. } = trie;
        let mut out = Self::default();
        for node in nodes {
            let (children, ends) = (out.children.len() as u32, out.ends.len() as u32);
            out.children.extend(&node.children);
            out.ends.extend(node.ends.iter().map(|&piece| piece as u32));
            out.nodes.push(Path {
                children: (children, out.children.len() as u32),
                ends: (ends, out.ends.len() as u32),
                budget: node.budget,
                left_out_min: node.left_out_min,
                literal_min: node.literal_min,
                stranger_budget: node.stranger_budget,
                classes: node.children.iter().fold(0, |bits, child| bits | trie.class(child.0)),
                askers: Askers::default(),
            });
        }
        // Children come after their parents.
        for (place, node) in nodes.iter().enumerate().rev() {
            let mut all = Askers::default();
            node.ends.iter().filter_map(|&end| askers.get(end)).for_each(|&one| all.join(one));
            node.children.iter().for_each(|child| all.join(out.nodes[child.1 as usize].askers));
            out.nodes[place].askers = all;
        }
        out
    }

    fn children(&self, path: &Path) -> &[(u32, u32)] {
        &self.children[path.children.0 as usize..path.children.1 as usize]
    }

    fn ends(&self, path: &Path) -> &[u32] {
        &self.ends[path.ends.0 as usize..path.ends.1 as usize]
    }
}

impl Path {
    /// Whether no piece below can be reached any more.
    fn is_lost(&self, cost: f32, literal: u32, exact: bool) -> bool {
        !exact && cost > self.stranger_budget && (literal as i32) < self.literal_min
    }
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
}

/// Where walks begin with some token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    node: u32,
    cost: f32,
    /// The very token, not one that sounds like it.
    same: bool,
    /// Whether it may leave a token out.
    leaves_out: bool,
    /// The largest budget of all pieces below.
    budget: f32,
    askers: Askers,
    /// The classes of the tokens that may come next, one bit each.
    classes: u64,
}

/// A piece of one token.
#[derive(Debug, Clone, Copy)]
struct Alone {
    piece: u32,
    cost: f32,
    same: bool,
    askers: Askers,
}

/// What a token is by itself, and where it may lead.
#[derive(Debug, Clone, Default)]
pub(crate) struct Opening {
    /// Where a walk may go on.
    starts: Box<[Start]>,
    /// Pieces of one token that it makes.
    alone: Box<[Alone]>,
}

/// Children asked for in the time that it takes to look one up.
const LOOK_UP_COST: usize = 4;

#[derive(Clone, Copy)]
struct Walk {
    node: u32,
    at: u32,
    cost: f32,
    literal: u32,
    exact: bool,
    /// The last step left a token out or let one in.
    edited: bool,
}

impl Trie {
    /// Says of the next token of the vocabulary what it costs to leave it out, and its class of sound.
    pub(crate) fn word(&mut self, left_out: f32, class: u32) {
        self.left_out.push(left_out);
        self.classes.push(1 << class);
    }

    /// The class of a token as a bit, by its vocabulary number.
    pub(crate) fn class(&self, token: u32) -> u64 {
        self.classes[token as usize]
    }

    /// How many pieces there are.
    pub(crate) fn piece_count(&self) -> usize {
        self.terms.len()
    }

    /// Says who asks for each piece.
    pub(crate) fn asked_by(&mut self, pieces: &[Askers]) {
        self.askers = pieces.to_vec();
        (self.paths, self.pairs) = Default::default();
    }

    /// How many tokens a piece has.
    pub(crate) fn tokens_of(&self, piece: usize) -> usize {
        self.lengths[piece]
    }

    /// Adds a piece and gives its number.
    pub(crate) fn add(&mut self, tokens: &[u32], terms: Terms) -> usize {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        (self.paths, self.pairs) = Default::default();
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
        self.lengths.push(tokens.len());
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

    fn paths(&self) -> &Paths {
        self.paths.get_or_init(|| Paths::of(self))
    }

    /// All pieces in a text that somebody asks for, given what each of its tokens is and sounds like.
    pub(crate) fn find(&self, ears: &[&Ear], by: Askers) -> Vec<Found> {
        let paths = self.paths();
        let mut out: Vec<Found> = Vec::with_capacity(4 * ears.len());
        let mut search = Search { trie: self, paths, ears, by, stack: Vec::with_capacity(32) };
        for (start, ear) in ears.iter().enumerate() {
            let first = out.len();
            if let Some(second) = ears.get(start + 1) {
                let steps = self.pairs.of(self, [ear, second], by);
                let third = ears.get(start + 2);
                for step in steps.iter().filter(|step| step.is_asked(by)) {
                    let walk = step.walk(start + 2);
                    if step.ends() {
                        search.arrive(walk, start, first, &mut out);
                    }
                    if third.is_some_and(|third| step.leads_on(third)) {
                        search.run(walk, start, first, &mut out);
                    }
                }
            }
            let alone = ear.opening.alone.iter().filter(|one| one.askers.meet(by));
            out.extend(alone.map(|one| Found {
                piece: one.piece as usize,
                start,
                end: start + 1,
                cost: one.cost,
                literal: usize::from(one.same),
                exact: one.same,
            }));
        }
        out
    }

    /// What begins with a token that is `own` and sounds like what is `near`.
    pub(crate) fn opening(&self, own: Option<u32>, near: &[(u32, f32)]) -> Opening {
        let paths = self.paths();
        let start = |id: u32, cost: f32, same: bool| {
            let node = self.firsts.get(id as usize).copied().filter(|&node| node > 0)?;
            let path = &paths.nodes[node as usize];
            let open = (same || cost <= path.budget) && !path.is_lost(cost, u32::from(same), same);
            let leaves_out = cost + path.left_out_min <= path.budget;
            let Path { askers, classes, budget, .. } = *path;
            open.then_some(Start { node, cost, same, leaves_out, budget, askers, classes })
        };
        let same = own.and_then(|own| start(own, 0.0, true));
        let others = near.iter().filter(|(id, _)| Some(*id) != own);
        let all: Vec<Start> = same
            .into_iter()
            .chain(others.filter_map(|&(id, distance)| start(id, distance, false)))
            .collect();
        let alone = all.iter().flat_map(|start| {
            let ends = paths.ends(&paths.nodes[start.node as usize]).iter();
            let heard = ends.filter(|&&piece| {
                self.is_heard(piece, start.cost, u32::from(start.same), start.same)
            });
            heard.map(|&piece| {
                let askers = self.askers.get(piece as usize).copied().unwrap_or_default();
                Alone { piece, cost: start.cost, same: start.same, askers }
            })
        });
        let alone = alone.collect();
        let leads_on =
            |start: &Start| !paths.children(&paths.nodes[start.node as usize]).is_empty();
        Opening { starts: all.into_iter().filter(leads_on).collect(), alone }
    }

    /// Whether a piece was heard, when a walk has come to its end.
    fn is_heard(&self, piece: u32, cost: f32, literal: u32, exact: bool) -> bool {
        let terms = self.terms[piece as usize];
        exact || (terms.phonetic && cost <= terms.allowed(literal as usize))
    }
}

impl Start {
    /// Whether a walk may go on with a token: with a word of its sound, or by an edit.
    fn leads_on(&self, next: &Ear, by: Askers) -> bool {
        let goes_on = self.classes & next.classes != 0
            || self.leaves_out
            || self.cost + next.let_in <= self.budget;
        goes_on && self.askers.meet(by)
    }

    /// The walk, in a text whose second token stands at `at`.
    fn walk(&self, at: u32) -> Walk {
        let (cost, same) = (self.cost, self.same);
        Walk { node: self.node, at, cost, literal: u32::from(same), exact: same, edited: false }
    }
}

/// One search through a text.
struct Search<'s> {
    trie: &'s Trie,
    paths: &'s Paths,
    ears: &'s [&'s Ear],
    by: Askers,
    stack: Vec<Walk>,
}

impl Search<'_> {
    /// A walk to all of its ends.
    fn run(&mut self, walk: Walk, start: usize, first: usize, out: &mut Vec<Found>) {
        self.go_on(walk);
        while let Some(walk) = self.stack.pop() {
            self.arrive(walk, start, first, out);
            self.go_on(walk);
        }
    }

    /// The steps that a walk may take. The first token is never an edit: a hit must begin where it begins.
    fn go_on(&mut self, walk: Walk) {
        let (paths, ears) = (self.paths, self.ears);
        let here = &paths.nodes[walk.node as usize];
        let children = paths.children(here);
        // No walk ends with an edit: without a step to take there is none to make.
        let Some(ear) = ears.get(walk.at as usize).filter(|_| !children.is_empty()) else { return };
        if here.classes & ear.classes != 0 {
            self.take(walk, here, children, ear);
        }
        self.edit(walk, here, children, ear);
    }

    fn take(&mut self, walk: Walk, here: &Path, children: &[(u32, u32)], ear: &Ear) {
        let step = |node, cost, same| Walk {
            node,
            at: walk.at + 1,
            cost: walk.cost + cost,
            literal: walk.literal + u32::from(same),
            exact: walk.exact && same,
            edited: false,
        };
        let child = |token: u32| {
            let i = children.binary_search_by_key(&token, |child| child.0).ok()?;
            Some(children[i].1)
        };
        if let Some(node) = ear.own.and_then(child) {
            self.push(step(node, 0.0, true));
        }
        if here.budget <= 0.0 {
            return;
        }
        let mut near = |id: u32, node: u32, distance: f32| {
            if Some(id) != ear.own && walk.cost + distance <= self.paths.nodes[node as usize].budget
            {
                self.push(step(node, distance, false));
            }
        };
        // Both lists are in order of number; to ask a child costs far less than to look one up.
        if children.len() <= LOOK_UP_COST * ear.near.len() {
            for &(id, node) in children {
                if let Some(distance) = ear.distance(id) {
                    near(id, node, distance);
                }
            }
        } else {
            for &(id, distance) in &ear.near {
                if let Some(node) = child(id) {
                    near(id, node, distance);
                }
            }
        }
    }

    fn push(&mut self, walk: Walk) {
        let path = &self.paths.nodes[walk.node as usize];
        if path.askers.meet(self.by) && !path.is_lost(walk.cost, walk.literal, walk.exact) {
            self.stack.push(walk);
        }
    }

    fn edit(&mut self, walk: Walk, here: &Path, children: &[(u32, u32)], ear: &Ear) {
        if walk.cost + EDIT_COST_MIN > here.budget {
            return;
        }
        let edited = Walk { exact: false, edited: true, ..walk };
        let cost = walk.cost + ear.let_in;
        if cost <= here.budget {
            self.push(Walk { at: walk.at + 1, cost, ..edited });
        }
        if walk.cost + here.left_out_min > here.budget {
            return;
        }
        for &(id, node) in children {
            let cost = walk.cost + self.trie.left_out[id as usize];
            if cost <= self.paths.nodes[node as usize].budget {
                self.push(Walk { node, cost, ..edited });
            }
        }
    }

    /// Notes the pieces that end here; of two ways to the same place the cheaper stays.
    fn arrive(&self, walk: Walk, start: usize, first: usize, out: &mut Vec<Found>) {
        // As it begins, a hit ends where it ends: without its last word it is another phrase.
        if walk.edited {
            return;
        }
        let Walk { cost, literal, exact, .. } = walk;
        let end = walk.at as usize;
        for &piece in self.paths.ends(&self.paths.nodes[walk.node as usize]) {
            if !self.trie.is_heard(piece, cost, literal, exact) {
                continue;
            }
            let (piece, literal) = (piece as usize, literal as usize);
            let found = Found { piece, start, end, cost, literal, exact };
            let known = out[first..].iter_mut().find(|old| old.piece == piece && old.end == end);
            match known {
                Some(old) if old.cost > cost => *old = found,
                Some(_) => {}
                None => out.push(found),
            }
        }
    }
}
