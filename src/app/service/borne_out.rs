//! Whether a call's recording bears out what was raised while it went on.
//!
//! In: an analysed call. Out: how it came out by the rubrics that judge it, and by the watch rubrics, which score nobody and raise
//! alerts all the same. The last word on a call is that of its recording.

use std::collections::BTreeSet;

use super::analyst::Analysed;
use crate::domain::Scorecard;
use crate::rubric::{CallFacts, LoadError, Plan, watches};
use crate::store::alerts::Judged;
use crate::wire::report::{PrivateError, RecordError};

/// Why it cannot be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum BorneOutError {
    /// The watch rubrics cannot be read.
    #[error(transparent)]
    Rubrics(#[from] LoadError),
    /// The report and its clear texts do not belong together.
    #[error(transparent)]
    Private(#[from] PrivateError),
    /// The report cannot be judged again.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// How a call came out.
///
/// # Errors
/// [`BorneOutError`]: a mistake of ours.
pub(super) fn judged(call: &Analysed) -> Result<Judged, BorneOutError> {
    let mut judged = Judged::default();
    for card in &call.report.scorecards {
        judged.rubrics.insert(card.rubric.clone());
        for finding in &card.findings {
            let key = (card.rubric.clone(), finding.criterion.clone());
            judged.verdicts.insert(key, finding.verdict.clone());
        }
    }
    // Phrases with digits are there in clear alone.
    let clear = match &call.private {
        Some(private) => private.clone().restore(call.report.clone())?,
        None => call.report.clone(),
    };
    let record = clear.into_record()?;
    let plan = Plan::compile(watches()?);
    let ids: BTreeSet<String> =
        plan.rubrics().map(|rubric| rubric.id.as_str().to_owned()).collect();
    for card in plan.verdicts(&CallFacts::from(&record)) {
        note(&mut judged, &card);
    }
    judged.rubrics.extend(ids);
    Ok(judged)
}

fn note(judged: &mut Judged, card: &Scorecard) {
    for finding in &card.findings {
        let key = (card.rubric.id.as_str().to_owned(), finding.criterion.as_str().to_owned());
        judged.verdicts.insert(key, finding.verdict.as_str().to_owned());
    }
}
