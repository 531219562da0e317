//! Dialogues against rubrics: what differs from what was expected, and why.
//!
//! In: rubrics, once; then dialogues. Out: a [`Judged`] each, whose mismatches carry the evidence,
//! or the nearest miss, with the line of the file it stands in.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{CallVerdict, Evidence, EvidenceKind, Finding, Scorecard};
use crate::text::Dice;

use super::super::file::{Diagnostic, Level, Place, nearest};
use super::super::model::{CondIx, Match, Op, Rubric, Rule};
use super::super::{CallFacts, Plan};
use super::slip::{Slip, Turned};
use super::speak::{Spoken, speak};
use super::{AsksToWait, Dialogue};

/// Pieces of evidence shown of one finding.
const SHOWN_MAX: usize = 3;

/// Rubrics, ready to judge dialogues.
#[derive(Debug)]
pub struct Bench {
    plan: Plan,
    criteria: BTreeSet<String>,
    phrase_criteria: BTreeMap<String, Sign>,
    asks_to_wait: AsksToWait,
}

/// Which verdict says that a criterion's phrases were heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Met,
    NotMet,
}

impl Sign {
    pub(super) const fn verdict(self) -> &'static str {
        match self {
            Sign::Met => "met",
            Sign::NotMet => "not_met",
        }
    }
}

/// What came of a dialogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What differs from what was expected; none: passed.
    pub mismatches: Vec<Mismatch>,
}

/// One thing that came out otherwise than expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// Where the expectation stands.
    pub place: Place,
    /// The criterion; `verdict` or `score` for the whole call.
    pub of: String,
    /// What was expected.
    pub want: String,
    /// What came.
    pub got: String,
    /// Why, as far as it can be shown.
    pub shown: Vec<Shown>,
}

/// A piece of evidence, as a reader of the file wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// What it is.
    pub kind: EvidenceKind,
    /// The turn of the dialogue it stands in.
    pub place: Option<Place>,
    /// What was looked for.
    pub matched: String,
    /// What was said there.
    pub quote: String,
    /// How far the one is from the other; 0: the same.
    pub distance: Option<f32>,
}

impl Bench {
    /// Compiles rubrics.
    pub fn new(rubrics: Vec<Rubric>, asks_to_wait: AsksToWait) -> Self {
        let criteria = rubrics.iter().flat_map(|one| &one.criteria);
        let criteria = criteria.map(|one| one.id.as_str().to_owned()).collect();
        let phrase_criteria = rubrics.iter().flat_map(phrase_criteria).collect();
        Self { plan: Plan::compile(rubrics), criteria, phrase_criteria, asks_to_wait }
    }

    /// The same rubrics with phrases matched letter by letter: what phonetic matching is held against.
    pub fn exact(mut rubrics: Vec<Rubric>, asks_to_wait: AsksToWait) -> Self {
        for condition in rubrics.iter_mut().flat_map(|rubric| &mut rubric.conditions) {
            if let Op::Phrase(op) = &mut condition.op
                && matches!(op.mode, Match::Phonetic | Match::Loose)
            {
                op.mode = Match::Exact;
            }
        }
        Self::new(rubrics, asks_to_wait)
    }

    /// Names in a dialogue's expectations that no rubric knows.
    pub fn unknown_names(&self, file: &str, dialogue: &Dialogue) -> Vec<Diagnostic> {
        let unknown = dialogue.expected.iter().filter(|(name, _)| !self.criteria.contains(*name));
        let remark = |(name, expected): (&String, &super::Expected)| {
            let near = nearest(name, self.criteria.iter().map(String::as_str));
            let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            Diagnostic {
                file: file.to_owned(),
                place: expected.place,
                level: Level::Error,
                message: format!("the rubrics have no criterion `{name}`{hint}"),
            }
        };
        unknown.map(remark).collect()
    }

    /// Judges a dialogue as it is written.
    pub fn judge(&self, dialogue: &Dialogue) -> Judged {
        let spoken = speak(dialogue, self.asks_to_wait, str::to_owned);
        let cards = self.cards(&spoken);
        let mut mismatches: Vec<Mismatch> = Vec::new();
        for (criterion, want) in self.expectations(dialogue) {
            let finding = finding(&cards, criterion);
            let got = finding.map_or("not_applicable", |finding| finding.verdict.as_str());
            let Some(verdict) = want.verdict.filter(|verdict| *verdict != got) else { continue };
            mismatches.push(Mismatch {
                place: want.place,
                of: criterion.to_owned(),
                want: verdict.to_owned(),
                got: got.to_owned(),
                shown: finding.map_or_else(Vec::new, |finding| shown(finding, &spoken)),
            });
        }
        mismatches.extend(whole_call(dialogue, &cards));
        Judged { mismatches }
    }

    /// What is expected of each criterion, those that are not named included.
    fn expectations<'a>(
        &'a self,
        dialogue: &'a Dialogue,
    ) -> impl Iterator<Item = (&'a str, super::Expected)> {
        self.criteria.iter().filter_map(|criterion| {
            let named = dialogue.expected.get(criterion).cloned();
            let rest = dialogue.rest_not_applicable.then_some(super::Expected {
                place: dialogue.place,
                verdict: Some("not_applicable"),
            });
            Some((criterion.as_str(), named.or(rest)?))
        })
    }

    /// Of the criteria that phrases decide: whether they were to be heard, and whether they were.
    pub(super) fn heard<'a>(
        &'a self,
        dialogue: &'a Dialogue,
        share: f32,
        dice: &mut Dice,
    ) -> Vec<(&'a str, bool, bool)> {
        self.told_by(dialogue, &self.cards(&self.misheard(dialogue, share, dice)))
    }

    /// The same of scorecards.
    fn told_by<'a>(
        &'a self,
        dialogue: &'a Dialogue,
        cards: &[Scorecard],
    ) -> Vec<(&'a str, bool, bool)> {
        let told = |(criterion, want): (&'a str, super::Expected)| {
            let sign = self.phrase_criteria.get(criterion)?.verdict();
            let got = finding(cards, criterion).map_or("", |finding| finding.verdict.as_str());
            Some((criterion, want.verdict? == sign, got == sign))
        };
        self.expectations(dialogue).filter_map(told).collect()
    }

    fn misheard(&self, dialogue: &Dialogue, share: f32, dice: &mut Dice) -> Spoken {
        let hear = |text: &str| crate::text::corrupted(text, share, dice);
        speak(dialogue, self.asks_to_wait, hear)
    }

    /// What is missed and what is made up when a dialogue is misheard.
    pub(super) fn slips_of(&self, dialogue: &Dialogue, share: f32, dice: &mut Dice) -> Vec<Slip> {
        let said = speak(dialogue, self.asks_to_wait, str::to_owned);
        let heard = self.misheard(dialogue, share, dice);
        let (said_cards, heard_cards) = (self.cards(&said), self.cards(&heard));
        let told = self.told_by(dialogue, &heard_cards).into_iter();
        let slip = |(criterion, wanted, got): (&str, bool, bool)| {
            let show = |cards: &[Scorecard], spoken: &Spoken| {
                finding(cards, criterion).map_or_else(Vec::new, |finding| shown(finding, spoken))
            };
            let turned = |shown: Shown| {
                let turn = said.places.iter().position(|&place| shown.place == Some(place));
                let heard = turn.map_or("", |turn| heard.record.utterances[turn].text.as_str());
                Turned { shown, heard: heard.to_owned() }
            };
            (wanted != got).then(|| Slip {
                of: criterion.to_owned(),
                missed: wanted,
                said: show(&said_cards, &said).into_iter().map(turned).collect(),
                heard: show(&heard_cards, &heard),
            })
        };
        told.filter_map(slip).collect()
    }

    fn cards(&self, spoken: &Spoken) -> Vec<Scorecard> {
        self.plan.evaluate(&CallFacts::from(&spoken.record))
    }
}

/// Several rubrics may hold a criterion; one that does not apply says nothing.
fn finding<'a>(cards: &'a [Scorecard], criterion: &str) -> Option<&'a Finding> {
    let findings = cards.iter().flat_map(|card| &card.findings);
    let of = findings.filter(|finding| finding.criterion.as_str() == criterion);
    of.max_by_key(|finding| finding.verdict.as_str() != "not_applicable")
}

fn whole_call(dialogue: &Dialogue, cards: &[Scorecard]) -> Vec<Mismatch> {
    let mut out = Vec::new();
    let mut differs = |of: &str, place, want: String, got: String| {
        if want != got {
            out.push(Mismatch { place, of: of.to_owned(), want, got, shown: Vec::new() });
        }
    };
    if let Some((place, want)) = &dialogue.verdict {
        let verdicts: BTreeSet<&str> = cards.iter().map(|card| card.verdict.as_str()).collect();
        let worst = ["critical", "fail", "undetermined", "pass"];
        let got = worst.into_iter().find(|one| verdicts.contains(one)).unwrap_or("not_applicable");
        differs("verdict", *place, want.clone(), got.to_owned());
    }
    if let Some((place, want)) = dialogue.score {
        let apply = cards.iter().filter(|card| card.verdict != CallVerdict::NotApplicable);
        let scores: Vec<String> =
            apply.filter_map(|card| card.score).map(|score| score.to_string()).collect();
        let want = crate::domain::Points::from_hundredths(want).to_string();
        differs("score", place, want, scores.join(", "));
    }
    out
}

fn shown(finding: &Finding, spoken: &Spoken) -> Vec<Shown> {
    let show = |evidence: &Evidence| {
        let at = evidence.span.filter(|_| evidence.kind != EvidenceKind::Absence);
        let turn = at.and_then(|at| {
            let says = |one: &crate::domain::Utterance| one.span.overlap(at).is_some();
            spoken.record.utterances.iter().position(says)
        });
        Shown {
            kind: evidence.kind,
            place: turn.map(|turn| spoken.places[turn]),
            matched: evidence.matched.clone().unwrap_or_default(),
            quote: evidence.quote.as_ref().map_or("", |quote| quote.as_str()).to_owned(),
            distance: evidence.distance,
        }
    };
    let mut all: Vec<Shown> = finding.verdict.evidence().iter().map(show).collect();
    // A near miss says more than the windows that were searched.
    all.sort_by_key(|one| one.kind == EvidenceKind::Absence);
    all.truncate(SHOWN_MAX);
    all
}

/// The criteria of a rubric that hang on phrases.
fn phrase_criteria(rubric: &Rubric) -> impl Iterator<Item = (String, Sign)> {
    rubric.criteria.iter().filter_map(|criterion| {
        let (ix, sign) = match criterion.rule {
            Rule::Met(ix) => (ix, Sign::Met),
            Rule::ViolatedBy(ix) => (ix, Sign::NotMet),
        };
        asks_for_words(rubric, ix).then(|| (criterion.id.as_str().to_owned(), sign))
    })
}

fn asks_for_words(rubric: &Rubric, ix: CondIx) -> bool {
    match &rubric.conditions[ix.0].op {
        Op::Phrase(_) => true,
        Op::Any(of) | Op::All(of) | Op::Order(of) => {
            of.iter().any(|&ix| asks_for_words(rubric, ix))
        }
        Op::Not(of) | Op::Same(of) => asks_for_words(rubric, *of),
        _ => false,
    }
}
