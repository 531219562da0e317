//! All phrases of all rubrics, compiled so that each utterance is read once.
//!
//! In: [`Rubric`]s. Out: [`Plan`], which never changes and is shared by all calls.

use std::collections::BTreeMap;

use super::askers::Askers;
use super::matcher::Matcher;
use super::model::{Match, Op, Phrase, Rubric};

/// Rubrics, ready to judge calls.
#[derive(Debug)]
pub struct Plan {
    pub(crate) rubrics: Vec<Planned>,
    pub(crate) matcher: Matcher,
}

/// A rubric, and which phrases of the plan each of its conditions asks for.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) rubric: Rubric,
    /// One for each condition.
    pub(crate) asked: Vec<Asked>,
}

/// Phrases by their number in the plan.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) phrases: Vec<usize>,
    pub(crate) except: Vec<usize>,
    /// Whether any of them stands for personal data, which may be spread over utterances.
    pub(crate) personal: bool,
}

impl Plan {
    /// Compiles rubrics. Their order is the order of the scorecards.
    pub fn compile(rubrics: Vec<Rubric>) -> Self {
        let mut book = Book::default();
        let rubrics: Vec<Planned> = rubrics
            .into_iter()
            .map(|rubric| {
                let asked =
                    rubric.conditions.iter().map(|condition| book.asked(&condition.op)).collect();
                Planned { rubric, asked }
            })
            .collect();
        let mut matcher = book.matcher;
        matcher.asked_by(&askers(&rubrics, book.known.len()));
        Self { rubrics, matcher }
    }

    /// The rubrics, in order.
    pub fn rubrics(&self) -> impl Iterator<Item = &Rubric> {
        self.rubrics.iter().map(|planned| &planned.rubric)
    }
}

/// Who asks for each of so many phrases.
fn askers(rubrics: &[Planned], phrases: usize) -> Vec<Askers> {
    let mut out = vec![Askers::default(); phrases];
    for (number, planned) in rubrics.iter().enumerate() {
        for (condition, asked) in planned.rubric.conditions.iter().zip(&planned.asked) {
            // What excuses a repetition may be said by anybody. Any other exception shares words with
            // what it is an exception to, and these are one party's.
            let about = condition.by.filter(|_| matches!(condition.op, Op::Phrase(_)));
            for &phrase in asked.phrases.iter().chain(&asked.except) {
                out[phrase].join(Askers::one(number, about));
            }
        }
    }
    out
}

/// Numbers phrases; the same phrase asked for twice gets one number.
#[derive(Default)]
struct Book {
    matcher: Matcher,
    known: BTreeMap<(u64, String), usize>,
}

impl Book {
    fn asked(&mut self, op: &Op) -> Asked {
        match op {
            Op::Phrase(op) => {
                let phrases = self.numbers(&op.phrases, op.mode);
                let except = self.numbers(&op.except, super::file::exception_mode(op.mode));
                let mut all = phrases.iter().chain(&except);
                let personal = all.any(|&phrase| self.matcher.is_personal(phrase));
                Asked { phrases, except, personal }
            }
            Op::Repeat(op) => {
                Asked { except: self.numbers(&op.except, Match::Phonetic), ..Asked::default() }
            }
            _ => Asked::default(),
        }
    }

    fn numbers(&mut self, phrases: &[Phrase], mode: Match) -> Vec<usize> {
        phrases.iter().map(|phrase| self.number(phrase, mode)).collect()
    }

    fn number(&mut self, phrase: &Phrase, mode: Match) -> usize {
        let kind = match mode {
            Match::Exact => 0,
            Match::Phonetic => 1,
            Match::Regex => 2,
            Match::Entity => 3,
            Match::Loose => 4,
            Match::Similar(least) => 5 + u64::from(least.to_bits()),
        };
        let key = (kind, phrase.text.clone());
        if let Some(&number) = self.known.get(&key) {
            return number;
        }
        let number = self.matcher.add(phrase, mode);
        self.known.insert(key, number);
        number
    }
}
