//! Pieces of phrases in one tree over tokens: a walk from each token finds all pieces that start there.
//!
//! In: pieces as lists of vocabulary numbers. Out: hits with what they cost. A walk may take a token
//! that sounds like the one wanted, and for long pieces leave one out or let one in.

/// What a piece allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Terms {
    /// Greatest sum of sound distances and edits; 0: the same tokens only.
    pub(crate) budget: f32,
    /// Tokens that must be the very same.
    pub(crate) literal_min: usize,
    /// Budget where fewer are; below 0: never.
    pub(crate) stranger_budget: f32,
    /// Whether sound counts at all.
    pub(crate) phonetic: bool,
}

impl Terms {
    fn allowed(self, literal: usize) -> f32 {
        if literal >= self.literal_min { self.budget } else { self.stranger_budget }
    }
}

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
}

#[derive(Debug, Default)]
struct Node {
    /// By vocabulary number, ascending.
    children: Vec<(u32, u32)>,
    ends: Vec<usize>,
    /// The largest budget of all pieces below.
    budget: f32,
}

/// Costs of leaving out or letting in a token.
const EDIT: f32 = 1.0;

#[derive(Clone, Copy)]
struct Walk {
    node: usize,
    at: usize,
    cost: f32,
    literal: usize,
    exact: bool,
}

impl Trie {
    /// Adds a piece and gives its number.
    pub(crate) fn add(&mut self, tokens: &[u32], terms: Terms) -> usize {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let mut node = 0;
        self.nodes[0].budget = self.nodes[0].budget.max(terms.budget);
        for &token in tokens {
            let place = self.nodes[node].children.binary_search_by_key(&token, |child| child.0);
            node = match place {
                Ok(i) => self.nodes[node].children[i].1 as usize,
                Err(i) => {
                    let new = self.nodes.len();
                    self.nodes.push(Node::default());
                    self.nodes[node].children.insert(i, (token, new as u32));
                    new
                }
            };
            self.nodes[node].budget = self.nodes[node].budget.max(terms.budget);
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

    /// All pieces in a text. `near[i]`: the vocabulary numbers that the i-th token sounds like, each
    /// with its distance; its own number, if it has one, is `own[i]`.
    pub(crate) fn find(&self, own: &[Option<u32>], near: &[&[(u32, f32)]]) -> Vec<Found> {
        let mut out: Vec<Found> = Vec::new();
        if self.nodes.is_empty() {
            return out;
        }
        let mut stack: Vec<Walk> = Vec::new();
        for start in 0..own.len() {
            let first = out.len();
            let root = Walk { node: 0, at: start, cost: 0.0, literal: 0, exact: true };
            // The first token is never an edit: a hit must begin where it begins.
            self.take(root, own, near, &mut stack);
            while let Some(walk) = stack.pop() {
                self.arrive(walk, start, first, &mut out);
                self.take(walk, own, near, &mut stack);
                self.edit(walk, own.len(), &mut stack);
            }
        }
        out
    }

    fn take(&self, walk: Walk, own: &[Option<u32>], near: &[&[(u32, f32)]], stack: &mut Vec<Walk>) {
        let Some(&own) = own.get(walk.at) else { return };
        let children = &self.nodes[walk.node].children;
        let child = |id: u32| {
            let i = children.binary_search_by_key(&id, |child| child.0).ok()?;
            Some(children[i].1 as usize)
        };
        let step = |node, cost, same| Walk {
            node,
            at: walk.at + 1,
            cost: walk.cost + cost,
            literal: walk.literal + usize::from(same),
            exact: walk.exact && same,
        };
        if let Some(node) = own.and_then(child) {
            stack.push(step(node, 0.0, true));
        }
        for &(id, distance) in near[walk.at] {
            if Some(id) == own {
                continue;
            }
            if let Some(node) = child(id)
                && walk.cost + distance <= self.nodes[node].budget
            {
                stack.push(step(node, distance, false));
            }
        }
    }

    fn edit(&self, walk: Walk, len: usize, stack: &mut Vec<Walk>) {
        let cost = walk.cost + EDIT;
        if cost > self.nodes[walk.node].budget {
            return;
        }
        if walk.at < len {
            stack.push(Walk { at: walk.at + 1, cost, exact: false, ..walk });
        }
        for &(_, node) in &self.nodes[walk.node].children {
            if cost <= self.nodes[node as usize].budget {
                stack.push(Walk { node: node as usize, cost, exact: false, ..walk });
            }
        }
    }

    /// Notes the pieces that end here; of two ways to the same place the cheaper stays.
    fn arrive(&self, walk: Walk, start: usize, first: usize, out: &mut Vec<Found>) {
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
