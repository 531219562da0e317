//! Joins pieces, gaps, numbers and names into whole phrases.

use std::cell::OnceCell;

use crate::domain::How;
use crate::text::TokenKind;

use super::name::{find_name, framed_names};
use super::trie::Found;
use super::{Heard, Names, Pause, Spoken};

/// A segment of a phrase: what stands between two gaps.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) gap_before: usize,
    pub(super) ways: Vec<Way>,
}

/// One way to say a segment.
#[derive(Debug)]
pub(super) struct Way {
    /// Tokens of its words.
    length: usize,
    elements: Vec<Element>,
    /// Its pieces of words: all of them must have been heard.
    pieces: Vec<usize>,
}

/// A part of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Piece(usize),
    /// A word that begins so.
    Prefix(usize),
    Gap(usize),
    Number,
    Name(usize),
    /// A name with words right before and after it.
    FramedName(usize),
}

impl Way {
    pub(super) fn new(length: usize, elements: Vec<Element>) -> Self {
        let piece = |element: &Element| match element {
            Element::Piece(piece) => Some(*piece),
            _ => None,
        };
        let pieces = elements.iter().filter_map(piece).collect();
        Self { length, elements, pieces }
    }

    /// Its pieces of words.
    pub(super) fn pieces(&self) -> &[usize] {
        &self.pieces
    }
}

/// What was found in a stretch of speech.
pub(super) struct Scene<'a> {
    spoken: &'a [&'a Spoken],
    /// By piece, then in time order.
    pieces: &'a [Found],
    /// One bit for each piece: whether it was heard; and how many of those heard have a bit before these.
    heard: Vec<(u64, u32)>,
    /// By piece, of those heard: where its places begin in `pieces`; at last where all end.
    firsts: Vec<u32>,
    names: &'a Names,
    /// Where names are said, of those that were asked for: to find one takes long.
    named: Vec<OnceCell<Vec<Found>>>,
    numbers: OnceCell<Vec<Partial>>,
    prefixes: &'a [String],
}

/// Pieces in a number of bits.
const BITS: usize = u64::BITS as usize;

/// A part of a phrase, where it was said.
#[derive(Clone, Copy)]
pub(super) struct Partial {
    start: usize,
    end: usize,
    cost: f32,
    exact: bool,
    length: usize,
    literal: usize,
    /// Single characters that only sound like the ones wanted.
    weak: usize,
}

impl Partial {
    /// One single character may be a homophone, where all else of a long phrase stands unbroken.
    fn is_tight(&self) -> bool {
        self.weak == 0
            || (self.weak == 1
                && self.length >= WEAK_LENGTH_MIN
                && self.literal + 1 >= self.length
                && self.end - self.start == self.length)
    }
}

/// Tokens of a phrase from which on one of its single characters may be a homophone.
const WEAK_LENGTH_MIN: usize = 4;

/// Characters that sound like digits make a number from so many on: staff numbers have four.
const DIGITS_MIN: usize = 4;

/// Share of a phrase's tokens that must be the very same, where sounds stand for the rest.
const LITERAL_SHARE: (usize, usize) = (1, 3);

impl<'a> Scene<'a> {
    /// `pieces`: by piece, then in time order.
    pub(super) fn new(
        spoken: &'a [&'a Spoken],
        pieces: &'a [Found],
        names: &'a Names,
        prefixes: &'a [String],
    ) -> Self {
        let mut heard = vec![(0, 0); pieces.last().map_or(0, |last| last.piece / BITS + 1)];
        let mut firsts = Vec::with_capacity(pieces.len() + 1);
        let mut first = 0;
        for same in pieces.chunk_by(|a, b| a.piece == b.piece) {
            let (bits, before) = &mut heard[same[0].piece / BITS];
            if *bits == 0 {
                *before = firsts.len() as u32;
            }
            *bits |= 1u64 << (same[0].piece % BITS);
            firsts.push(first);
            first += same.len() as u32;
        }
        firsts.push(first);
        let (named, numbers) = (names.0.iter().map(|_| OnceCell::new()).collect(), OnceCell::new());
        Self { spoken, pieces, heard, firsts, names, named, numbers, prefixes }
    }

    /// Where a piece was heard.
    fn places(&self, piece: usize) -> &[Found] {
        let Some(&(bits, before)) = self.heard.get(piece / BITS) else { return &[] };
        let bit = 1u64 << (piece % BITS);
        if bits & bit == 0 {
            return &[];
        }
        let at = (before + (bits & (bit - 1)).count_ones()) as usize;
        &self.pieces[self.firsts[at] as usize..self.firsts[at + 1] as usize]
    }

    /// Whether a piece was heard anywhere.
    pub(super) fn is_heard(&self, piece: usize) -> bool {
        self.heard.get(piece / BITS).is_some_and(|(bits, _)| bits & 1 << (piece % BITS) != 0)
    }

    /// All places where a phrase is said; `begun`: the ways to say its first segment of which all
    /// pieces were heard, by number; `partials`: room to work in, which one phrase leaves to the next.
    pub(super) fn join(
        &self,
        phrase: usize,
        chains: &[Chain],
        begun: impl Iterator<Item = usize>,
        partials: &mut Vec<Partial>,
        out: &mut Vec<Heard>,
    ) {
        partials.clear();
        let Some((first, rest)) = chains.split_first() else { return };
        // Most phrases that begin do not go on: no place is worked out for them.
        if !rest.iter().all(|chain| chain.ways.iter().any(|way| self.may_hear(way))) {
            return;
        }
        begun.for_each(|way| self.say(&first.ways[way], partials));
        for chain in rest {
            if partials.is_empty() {
                return;
            }
            let mut found: Vec<Partial> = Vec::new();
            let ways = chain.ways.iter().filter(|way| self.may_hear(way));
            ways.for_each(|way| self.say(way, &mut found));
            *partials = self.extend(partials, &found, chain.gap_before);
        }
        let heard = |p: Partial| Heard {
            phrase,
            tokens: p.start..p.end,
            how: if p.exact { How::Exact } else { How::Phonetic },
            distance: (p.cost / p.length.max(1) as f32).min(1.0),
        };
        let (share, of) = LITERAL_SHARE;
        // A long word by itself has its letters to be known by.
        let known = |p: &Partial| p.length == 1 || p.literal * of >= p.length * share;
        let sure = |p: &Partial| p.exact || (known(p) && p.is_tight());
        out.extend(partials.iter().copied().filter(sure).map(heard));
    }

    /// Whether all pieces of a way were heard.
    pub(super) fn may_hear(&self, way: &Way) -> bool {
        way.pieces.iter().all(|&piece| self.is_heard(piece))
    }

    /// All places where a segment is said one way, of which all pieces were heard.
    fn say(&self, way: &Way, out: &mut Vec<Partial>) {
        let first = out.len();
        self.follow(&way.elements, None, 0, out);
        out[first..].iter_mut().for_each(|partial| partial.length = way.length);
    }

    /// All places where some elements follow one another, by the places of the first.
    fn follow(
        &self,
        elements: &[Element],
        said: Option<Partial>,
        gap: usize,
        out: &mut Vec<Partial>,
    ) {
        let Some((&element, rest)) = elements.split_first() else {
            out.extend(said);
            return;
        };
        let mut go_on = |next: &Partial| {
            let joined = said.map_or(Some(*next), |said| self.joined(&said, next, gap));
            if let Some(joined) = joined {
                self.follow(rest, Some(joined), 0, out);
            }
        };
        match element {
            Element::Gap(tokens) => self.follow(rest, said, tokens, out),
            Element::Piece(piece) => {
                self.places(piece).iter().for_each(|found| go_on(&self.partial(found)));
            }
            Element::Name(name) => {
                self.named(name).iter().for_each(|found| go_on(&self.partial(found)));
            }
            Element::FramedName(name) => {
                let start = said.map_or(0, |said| said.end);
                let framed = framed_names(&self.names.0[name], self.spoken, start);
                framed.for_each(|found| go_on(&self.partial(&found)));
                self.named(name).iter().for_each(|found| go_on(&self.partial(found)));
            }
            Element::Number => {
                self.numbers.get_or_init(|| self.numbers()).iter().for_each(go_on);
            }
            Element::Prefix(prefix) => {
                let begins = |one: &Spoken| {
                    one.token.kind == TokenKind::Word
                        && one.token.text.starts_with(&self.prefixes[prefix])
                };
                self.tokens(begins).for_each(|next| go_on(&next));
            }
        }
    }

    fn named(&self, name: usize) -> &[Found] {
        self.named[name].get_or_init(|| find_name(&self.names.0[name], self.spoken))
    }

    fn partial(&self, found: &Found) -> Partial {
        let hanzi = || self.spoken[found.start].token.kind == TokenKind::Hanzi;
        Partial {
            start: found.start,
            end: found.end,
            cost: found.cost,
            exact: found.exact,
            length: 0,
            literal: found.literal,
            weak: usize::from(found.end - found.start == 1 && !found.exact && hanzi()),
        }
    }

    /// Single tokens that are what is wanted.
    fn tokens(&self, wanted: impl Fn(&Spoken) -> bool) -> impl Iterator<Item = Partial> {
        let found = (0..self.spoken.len()).filter(move |&i| wanted(self.spoken[i]));
        let partial = |start| Partial {
            start,
            end: start + 1,
            cost: 0.0,
            exact: true,
            length: 0,
            literal: 1,
            weak: 0,
        };
        found.map(partial)
    }

    /// Numbers, and runs of characters that sound like digits: a recogniser may write 1187 as 要要扒起.
    fn numbers(&self) -> Vec<Partial> {
        let number = |start, end| Partial {
            start,
            end,
            cost: 0.0,
            exact: end - start == 1,
            length: 0,
            literal: 1,
            weak: 0,
        };
        let mut out: Vec<Partial> = self.tokens(is_number).collect();
        let mut start = 0;
        for run in self.spoken.chunk_by(|a, b| sounds_like_digit(a) == sounds_like_digit(b)) {
            let end = start + run.len();
            if run.len() >= DIGITS_MIN && sounds_like_digit(run[0]) {
                out.push(number(start, end));
            }
            start = end;
        }
        out
    }

    fn extend(&self, partials: &[Partial], found: &[Partial], gap: usize) -> Vec<Partial> {
        let mut out: Vec<Partial> = Vec::new();
        for left in partials {
            out.extend(found.iter().filter_map(|right| self.joined(left, right, gap)));
        }
        out
    }

    /// One after the other, if no more tokens than `gap` stand between.
    fn joined(&self, left: &Partial, right: &Partial, gap: usize) -> Option<Partial> {
        let near = right.start >= left.end && right.start - left.end <= gap;
        if !near || self.sentence_ends(left.end, right.start) {
            return None;
        }
        Some(Partial {
            start: left.start,
            end: right.end,
            cost: left.cost + right.cost,
            exact: left.exact && right.exact,
            length: left.length + right.length,
            literal: left.literal + right.literal,
            weak: left.weak + right.weak,
        })
    }

    /// Whether a gap would run over the end of a sentence.
    fn sentence_ends(&self, from: usize, to: usize) -> bool {
        from < to && self.spoken[from..=to].iter().any(|spoken| spoken.pause >= Pause::Sentence)
    }
}

/// Whether a character, or a number of one figure, sounds like a digit.
fn sounds_like_digit(spoken: &Spoken) -> bool {
    match spoken.token.kind {
        TokenKind::Hanzi => spoken.token.sound.is_digit(),
        TokenKind::Number => spoken.token.text.len() == 1,
        TokenKind::Word => false,
    }
}

/// Digits, and the small numerals that stay words (`一天`, `one day`).
fn is_number(spoken: &Spoken) -> bool {
    const SMALL_ZH: &str = "一二两三四五六七八九十半";
    const SMALL_EN: [&str; 13] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve", "half",
    ];
    match spoken.token.kind {
        TokenKind::Number => true,
        TokenKind::Hanzi => SMALL_ZH.contains(spoken.token.text.as_str()),
        TokenKind::Word => SMALL_EN.contains(&spoken.token.text.as_str()),
    }
}
