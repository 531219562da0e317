//! A query made ready for the index: its leaves as phrases of terms, its tree over them.
//!
//! In: an [`Expr`]. Out: a [`Plan`], the same for all segments. What holds for a party or a part of the call is
//! carried down to the leaves, so that a bracket costs nothing of its own.

use super::language::{Expr, How, Only, Relation, Say};
use super::schema::{chinese_words, jieba, letter_sounds, word_sound};
use super::segment::TextField;
use super::stem::Stemmer;
use super::units::{Unit, UnitKind, units};
use crate::domain::Party;

/// Readings of a syllable pair that are looked for.
const READINGS_MAX: usize = 16;

/// The terms that may stand at one place of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Terms {
    /// One of these.
    These(Vec<String>),
    /// Any that begins with one of these.
    Beginning(Vec<String>),
}

/// Terms at fixed distances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) field: TextField,
    /// Each with its distance from the phrase's first place.
    pub(super) parts: Vec<(u32, Terms)>,
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
            How::Word => vec![self.word(&units)],
            How::Bare => bare(&units).into_iter().map(|part| self.said(part)).collect(),
        };
        self.leaves.push(Leaf { phrases, window, wanted: self.wanted });
        Places::Leaf(self.leaves.len() - 1)
    }

    fn said(&mut self, units: &[Unit]) -> Phrase {
        let stemmer = &mut self.stemmer;
        let parts =
            parts(units, |word| stemmer.stem(&word.text), |letter| vec![letter.text.to_string()]);
        Phrase { field: TextField::Said, parts, len: units.len() as u32 }
    }

    /// As a word of its own: as jieba cuts it; a text that it cuts in several is several words in a row.
    fn word(&mut self, units: &[Unit]) -> Phrase {
        let words = chinese_words(&jieba(), units);
        let covered: usize = words.iter().map(|(_, word)| word.chars().count()).sum();
        if covered < units.len() {
            // Words of other scripts are words of their own wherever they stand.
            return self.said(units);
        }
        let parts = words.into_iter().map(|(at, word)| (at as u32, Terms::These(vec![word])));
        Phrase { field: TextField::Words, parts: parts.collect(), len: units.len() as u32 }
    }
}

/// The parts of a phrase: words by themselves, letters in pairs. Every second pair covers all letters.
fn parts(
    units: &[Unit],
    mut word: impl FnMut(&Unit) -> String,
    letter: impl Fn(&Unit) -> Vec<String>,
) -> Vec<(u32, Terms)> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(first) = units.get(from) {
        let run = units[from..].iter().take_while(|unit| unit.kind == UnitKind::Letter).count();
        match run {
            0 => out.push((from as u32, Terms::These(vec![word(first)]))),
            1 => out.push((from as u32, Terms::Beginning(letter(first)))),
            _ => {
                let last = from + run - 2;
                for at in (from..last).step_by(2).chain([last]) {
                    let (a, b) = (letter(&units[at]), letter(&units[at + 1]));
                    let pairs = a.iter().flat_map(|a| b.iter().map(move |b| format!("{a}{b}")));
                    out.push((at as u32, Terms::These(pairs.take(READINGS_MAX).collect())));
                }
            }
        }
        from += run.max(1);
    }
    out
}

fn sounds(units: &[Unit]) -> Phrase {
    let letter = |unit: &Unit| letter_sounds(unit).into_iter().map(String::from).collect();
    Phrase {
        field: TextField::Sounds,
        parts: parts(units, word_sound, letter),
        len: units.len() as u32,
    }
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
            for (at, terms) in
                parts(&units, |word| word.text.to_string(), |one| vec![one.text.to_string()])
            {
                assert!(matches!(terms, Terms::These(_)), "{text}");
                seen[at as usize] = true;
                seen[at as usize + 1] = true;
            }
            assert!(seen.into_iter().all(|seen| seen), "{text}");
        }
    }
}
