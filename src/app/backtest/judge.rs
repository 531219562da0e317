//! Judges one kept call again, by both sets of rubrics at once.
//!
//! In: rubrics, then reports. Out: [`Pair`]s.

use std::collections::BTreeSet;

use crate::domain::{AudioTime, Scorecard, Span};
use crate::rubric::backtest::{Decisions, Marks, Pair};
use crate::rubric::{CallFacts, Plan, Rubric};
use crate::text::pii::Veil;
use crate::wire::report::{RecordError, Report};

/// How verdicts are proved.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Proofs {
    Full,
    /// Without what came nearest.
    Short,
}

/// Both sets of rubrics as one plan: the words of a call are searched once for both.
pub(super) struct Judge {
    plan: Plan,
    /// Rubrics of each side, by id and digest.
    new: BTreeSet<(String, String)>,
    old: Option<BTreeSet<(String, String)>>,
    #[cfg(feature = "service")]
    ids: BTreeSet<String>,
    /// Whether personal data is starred out of what is shown of a call.
    veiled: bool,
}

/// A call to be judged again.
pub(super) struct Kept {
    /// In clear, as far as that may be read.
    pub(super) report: Report,
    /// How it was judged, for where no older rubrics are named.
    pub(super) stored: Vec<Marks>,
    /// What people decided.
    pub(super) decisions: Decisions,
}

impl Judge {
    pub(super) fn new(new: Vec<Rubric>, old: Vec<Rubric>, veiled: bool) -> Self {
        let keys = |rubrics: &[Rubric]| -> BTreeSet<(String, String)> {
            rubrics.iter().map(|one| (one.id.as_str().to_owned(), one.digest.clone())).collect()
        };
        let (new_keys, old_keys) = (keys(&new), keys(&old));
        let held = (!old.is_empty()).then(|| old_keys.clone());
        // What both sides have is judged once.
        let mut all = new;
        all.extend(
            old.into_iter().filter(|one| {
                !new_keys.contains(&(one.id.as_str().to_owned(), one.digest.clone()))
            }),
        );
        Self {
            #[cfg(feature = "service")]
            ids: all.iter().map(|one| one.id.as_str().to_owned()).collect(),
            plan: Plan::compile(all),
            new: new_keys,
            old: held,
            veiled,
        }
    }

    /// Ids of all rubrics of both sides.
    #[cfg(feature = "service")]
    pub(super) fn ids(&self) -> &BTreeSet<String> {
        &self.ids
    }

    /// The call before and after.
    ///
    /// # Errors
    /// [`RecordError`] when the report cannot be judged again.
    pub(super) fn pair(&self, kept: Kept, proofs: Proofs) -> Result<Pair, RecordError> {
        let Kept { report, stored, decisions } = kept;
        let time = AudioTime::from_secs_f64;
        let secret = report.pii.iter().map(|pii| (time(pii.start_s), time(pii.end_s)));
        let secret: Vec<Span> = secret.map(|(from, to)| Span::at_least_1_ms(from, to)).collect();
        let record = report.into_record()?;
        let facts = CallFacts::from(&record);
        let mut cards = match proofs {
            Proofs::Full => self.plan.evaluate(&facts),
            Proofs::Short => self.plan.verdicts(&facts),
        };
        if self.veiled && proofs == Proofs::Full {
            let veil = Veil::over(&record.utterances, secret);
            cards.iter_mut().for_each(|card| veil.hide_in(card));
        }
        let after = of(&cards, &self.new);
        let before = self.old.as_ref().map_or(stored, |old| of(&cards, old));
        let info = record.info;
        let (call, agent) = (info.call_id.as_str().to_owned(), info.agent_id);
        Ok(Pair { call, agent, started_at: info.started_at, before, after, decisions })
    }
}

/// The scorecards of one side.
fn of(cards: &[Scorecard], side: &BTreeSet<(String, String)>) -> Vec<Marks> {
    let key = |card: &&Scorecard| {
        side.contains(&(card.rubric.id.as_str().to_owned(), card.rubric.digest.clone()))
    };
    cards.iter().filter(key).map(Marks::from).collect()
}
