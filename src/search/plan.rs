//! A query made ready for the index: its leaves as phrases of terms, its tree over them.
//!
//! In: an [`Expr`]. Out: a [`Plan`], the same for all segments. What holds for a party or a part of the call is
//! carried down to the leaves, so that a bracket costs nothing of its own.

use super::language::{Expr, How, Only, Relation, Say};
use super::schema::{chinese_words, jieba, sounding_alike, word_sound};
use super::segment::TextField;
use super::stem::Stemmer;
use super::units::{Unit, UnitKind, units};
use crate::domain::Party;

/// The terms that may stand at one place of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Terms {
    /// One of these.
    These(Vec<String>),
    /// Any that begins with one of these.
    Beginning(Vec<String>),
    /// Any pair of one of the first and one of the second.
    Pairs(Vec<char>, Vec<char>),
}

/// The terms at one place of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Its distance from the phrase's first place.
    pub(super) at: u32,
    pub(super) field: TextField,
    pub(super) terms: Terms,
}

/// Terms at fixed distances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) parts: Vec<Part>,
    /// Places it covers.
    pub(super) len: u32,
}

/// Where a leaf counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Window {
    pub(super) by: Option<Party>,
    /// Nobody is two parties: nothing counts.
    pub(super) nowhere: bool,
    pub(super) first_ms: Option<u64>,
    pub(super) last_ms: Option<u64>,
}

/// A leaf: all of these phrases in one utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) phrases: Vec<Phrase>,
    /// Where this stands, the phrase does not count.
    pub(super) but: Option<Phrase>,
    pub(super) window: Window,
    /// Whether it is asked for, and not asked to be absent.
    pub(super) wanted: bool,
}

/// Places in a call. Numbers name leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Places {
    Leaf(usize),
    Any(Vec<Places>),
    Related(Relation, Box<Places>, Box<Places>),
}

/// What holds of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Somewhere(Places),
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
}

/// A query, ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) leaves: Vec<Leaf>,
    pub(super) test: Test,
}

impl Plan {
    pub(super) fn new(query: &Expr) -> Self {
        let mut planner = Planner { leaves: Vec::new(), stemmer: Stemmer::new(), wanted: true };
        let test = planner.test(query, Window::default());
        Self { leaves: planner.leaves, test }
    }
}

struct Planner {
    leaves: Vec<Leaf>,
    stemmer: Stemmer,
    wanted: bool,
}

impl Window {
    fn with(mut self, only: Only) -> Self {
        let shorter = |a: Option<u64>, b: u64| Some(a.map_or(b, |a| a.min(b)));
        match only {
            Only::By(party) => {
                self.nowhere |= self.by.is_some_and(|by| by != party);
                self.by = Some(party);
            }
            Only::FirstMs(ms) => self.first_ms = shorter(self.first_ms, ms),
            Only::LastMs(ms) => self.last_ms = shorter(self.last_ms, ms),
        }
        self
    }
}

impl Planner {
    fn test(&mut self, expr: &Expr, window: Window) -> Test {
        match expr {
            Expr::And(all) => Test::All(all.iter().map(|one| self.test(one, window)).collect()),
            Expr::Or(all) if !expr.has_places() => {
                Test::Any(all.iter().map(|one| self.test(one, window)).collect())
            }
            Expr::Not(one) => {
                self.wanted = !self.wanted;
                let test = self.test(one, window);
                self.wanted = !self.wanted;
                Test::Not(Box::new(test))
            }
            Expr::Only(only, one) => self.test(one, window.with(*only)),
            Expr::Or(_) | Expr::Say(_) | Expr::Relation { .. } => {
                Test::Somewhere(self.places(expr, window))
            }
        }
    }

    /// Of an expression that has places ([`Expr::has_places`]); of another, those of its parts.
    fn places(&mut self, expr: &Expr, window: Window) -> Places {
        match expr {
            Expr::Say(say) => self.leaf(say, window),
            Expr::Or(all) | Expr::And(all) => {
                Places::Any(all.iter().map(|one| self.places(one, window)).collect())
            }
            Expr::Only(only, one) => self.places(one, window.with(*only)),
            Expr::Not(one) => self.places(one, window),
            Expr::Relation { how, left, right } => {
                let left = Box::new(self.places(left, window));
                let wanted = self.wanted;
                self.wanted &= *how != Relation::NotIn;
                let right = Box::new(self.places(right, window));
                self.wanted = wanted;
                Places::Related(*how, left, right)
            }
        }
    }

    fn leaf(&mut self, say: &Say, window: Window) -> Places {
        let units = units(&say.text);
        let phrases = match say.how {
            How::Exact => vec![self.said(&units)],
            How::Sounds => vec![sounds(&units)],
            How::Word => vec![self.said(&units)],
            How::Bare => bare(&units).into_iter().map(|part| self.said(part)).collect(),
        };
        let but = (say.how == How::Word).then(|| no_word(&units));
        self.leaves.push(Leaf { phrases, but, window, wanted: self.wanted });
        Places::Leaf(self.leaves.len() - 1)
    }

    fn said(&mut self, units: &[Unit]) -> Phrase {
        let stemmer = &mut self.stemmer;
        let pair = |a: &Unit, b: &Unit| Terms::These(vec![format!("{}{}", a.text, b.text)]);
        let one = |unit: &Unit| Terms::Beginning(vec![unit.text.to_string()]);
        let parts = parts(units, |word| Terms::These(vec![stemmer.stem(&word.text)]), one, pair);
        let parts = parts.into_iter().map(|(at, terms)| Part { at, field: TextField::Said, terms });
        Phrase { parts: parts.collect(), len: units.len() as u32 }
    }
}

/// Where the same characters are no word.
fn no_word(units: &[Unit]) -> Phrase {
    let word = units.iter().map(|unit| unit.text.as_str()).collect();
    let part = Part { at: 0, field: TextField::NoWords, terms: Terms::These(vec![word]) };
    Phrase { parts: vec![part], len: units.len() as u32 }
}

/// The parts of a phrase: words by themselves, letters in pairs. Every second pair covers all letters.
fn parts(
    units: &[Unit],
    mut word: impl FnMut(&Unit) -> Terms,
    one: impl Fn(&Unit) -> Terms,
    pair: impl Fn(&Unit, &Unit) -> Terms,
) -> Vec<(u32, Terms)> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(first) = units.get(from) {
        let run = units[from..].iter().take_while(|unit| unit.kind == UnitKind::Letter).count();
        match run {
            0 => out.push((from as u32, word(first))),
            1 => out.push((from as u32, one(first))),
            _ => {
                let last = from + run - 2;
                for at in (from..last).step_by(2).chain([last]) {
                    out.push((at as u32, pair(&units[at], &units[at + 1])));
                }
            }
        }
        from += run.max(1);
    }
    out
}

/// What sounds so: pairs of any characters with these sounds, and words with the same key.
fn sounds(units: &[Unit]) -> Phrase {
    let one = |unit: &Unit| {
        Terms::Beginning(sounding_alike(unit).into_iter().map(String::from).collect())
    };
    let pair = |a: &Unit, b: &Unit| Terms::Pairs(sounding_alike(a), sounding_alike(b));
    let parts = parts(units, |word| Terms::These(vec![word_sound(word)]), one, pair);
    let part = |(at, terms): (u32, Terms)| {
        let word = units[at as usize].kind == UnitKind::Word;
        let field = if word { TextField::Sounds } else { TextField::Said };
        Part { at, field, terms }
    };
    Phrase { parts: parts.into_iter().map(part).collect(), len: units.len() as u32 }
}

/// What is typed without quotes: Chinese falls into words, all of which are wanted. A character by itself
/// goes with the word before it, or after it: alone it would be found everywhere.
pub(super) fn bare(units: &[Unit]) -> Vec<&[Unit]> {
    let words = chinese_words(&jieba(), units);
    // What is typed in one piece of several scripts stays one phrase: order numbers, names.
    if !units.iter().all(|unit| unit.text.chars().all(crate::text::is_hanzi)) {
        return vec![units];
    }
    let mut out = Vec::new();
    let mut from = 0;
    for &(cut, _) in words.iter().skip(1) {
        out.push(&units[from..cut]);
        from = cut;
    }
    out.push(&units[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> String {
        let units = units(text);
        let all = bare(&units);
        let text = |part: &[Unit]| part.iter().map(|unit| unit.text.as_str()).collect::<String>();
        all.into_iter().map(text).collect::<Vec<_>>().join("/")
    }

    #[test]
    fn bare_chinese_falls_into_words() {
        for (text, want) in [
            ("投诉", "投诉"),
            ("退款投诉", "退款/投诉"),
            ("我要投诉你们", "我要/投诉/你们"),
            ("退一赔三", "退一赔三"),
            ("卡", "卡"),
            ("AB-1023", "ab1023"),
            ("refund", "refund"),
        ] {
            assert_eq!(cut(text), want);
        }
    }

    #[test]
    fn every_letter_is_covered_by_a_pair() {
        for text in ["投诉", "没收到", "什么时候", "四十八小时内"] {
            let units = units(text);
            let mut seen = vec![false; units.len()];
            let all = |_: &Unit| panic!("{text}: no pair");
            let pair = |a: &Unit, b: &Unit| Terms::These(vec![format!("{}{}", a.text, b.text)]);
            for (at, _) in parts(&units, all, all, pair) {
                seen[at as usize] = true;
                seen[at as usize + 1] = true;
            }
            assert!(seen.into_iter().all(|seen| seen), "{text}");
        }
    }
}
