//! What people decide about findings, as the score sees it.
//!
//! In: reviewers' decisions. Out: the types in which [`crate::rubric::Plan::reviewed`] takes them and answers. A decision
//! never edits a finding: machine and human figures stand side by side.

use std::collections::BTreeMap;

use crate::domain::{CallVerdict, CriterionId, Points, RubricId, RubricRef, Verdict};

/// What a criterion comes to in a score: a verdict without its proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruling {
    /// Fulfilled.
    Met,
    /// Not fulfilled.
    NotMet,
    /// The call gave no occasion.
    NotApplicable,
    /// Nobody could say.
    Undetermined,
}

impl Ruling {
    /// The word of the verdict.
    pub const fn as_str(self) -> &'static str {
        match self {
            Ruling::Met => "met",
            Ruling::NotMet => "not_met",
            Ruling::NotApplicable => "not_applicable",
            Ruling::Undetermined => "undetermined",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Ruling::Met, Ruling::NotMet, Ruling::NotApplicable, Ruling::Undetermined]
            .into_iter()
            .find(|ruling| ruling.as_str() == word)
    }

    pub(super) const fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Met(_) => Ruling::Met,
            Verdict::NotMet(_) => Ruling::NotMet,
            Verdict::NotApplicable => Ruling::NotApplicable,
            Verdict::Undetermined(_) => Ruling::Undetermined,
        }
    }
}

/// What people decided about criteria of a call, by rubric and criterion.
pub type Rulings = BTreeMap<(RubricId, CriterionId), Ruling>;

/// A scorecard's figures under people's decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    /// The rubric.
    pub rubric: RubricRef,
    /// As [`Scorecard::score`].
    pub score: Option<Points>,
    /// As [`Scorecard::verdict`].
    pub verdict: CallVerdict,
    /// Points that could be had and were had, one a criterion in the rubric's order.
    pub points: Vec<(CriterionId, Points, Points)>,
}
