//! A scorecard as a comparison needs it.

use crate::domain::{CallVerdict, EvidenceKind, Points, Scorecard, Sensitive, Span};

/// What came of a criterion; people decide among the same four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Fulfilled.
    Met,
    /// Violated.
    NotMet,
    /// No occasion for it.
    NotApplicable,
    /// A person must decide.
    Undetermined,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Met, Self::NotMet, Self::NotApplicable, Self::Undetermined];

    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Met => "met",
            Outcome::NotMet => "not_met",
            Outcome::NotApplicable => "not_applicable",
            Outcome::Undetermined => "undetermined",
        }
    }

    /// Reads the word used in reports; `na` is short for `not_applicable`.
    pub fn parse(word: &str) -> Option<Self> {
        let word = if word == "na" { "not_applicable" } else { word };
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// One criterion of a scorecard.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The criterion's id.
    pub criterion: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What was said there, or the fact.
    pub quote: Option<Sensitive<String>>,
    /// Where to listen.
    pub span: Option<Span>,
}

/// One scorecard.
#[derive(Debug, Clone, PartialEq)]
pub struct Marks {
    /// The rubric's id.
    pub rubric: String,
    /// Its score; none where too little could be decided.
    pub score: Option<Points>,
    /// Its verdict.
    pub verdict: CallVerdict,
    /// One a criterion.
    pub findings: Vec<Found>,
}

impl From<&Scorecard> for Marks {
    fn from(card: &Scorecard) -> Self {
        let findings = card.findings.iter().map(|finding| {
            let evidence = finding.verdict.evidence();
            // What was found says more than where nothing was.
            let shown = evidence
                .iter()
                .find(|one| one.span.is_some() && one.kind != EvidenceKind::Absence)
                .or(evidence.first());
            Found {
                criterion: finding.criterion.as_str().to_owned(),
                outcome: Outcome::parse(finding.verdict.as_str()).unwrap_or(Outcome::Undetermined),
                quote: shown.and_then(|one| one.quote.clone()),
                span: shown.and_then(|one| one.span),
            }
        });
        Self {
            rubric: card.rubric.id.as_str().to_owned(),
            score: card.score,
            verdict: card.verdict,
            findings: findings.collect(),
        }
    }
}

/// What all scorecards of a call say of a criterion: the one that applies speaks for all.
pub(super) fn outcome_of(cards: &[Marks], criterion: &str) -> Option<Outcome> {
    let findings = cards.iter().flat_map(|card| &card.findings);
    let of = findings.filter(|found| found.criterion == criterion).map(|found| found.outcome);
    of.reduce(|a, b| if a == Outcome::NotApplicable { b } else { a })
}
