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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::app::service::analyst::fixture;

    fn analysed(folder: &Path, said: &[(&str, &str)]) -> Analysed {
        fixture::analysed(folder, "chat", serde_json::json!({}), said)
    }

    #[test]
    fn the_recording_answers_for_watches_and_for_rubrics() {
        let folder = tempfile::tempdir().unwrap();
        let verdict = |said: &[(&str, &str)], rubric: &str, criterion: &str| {
            let judged = judged(&analysed(folder.path(), said)).unwrap();
            assert!(judged.rubrics.contains("watch-zh"), "{:?}", judged.rubrics);
            judged.verdicts.get(&(rubric.into(), criterion.into())).cloned()
        };
        let hello = ("agent", "您好，请问有什么可以帮您？");
        // The number is masked in the report; its clear text stands apart.
        let threat = ("customer", "我的电话是13912345678，再不处理我就打12315投诉你们！");
        let calm = ("customer", "我的电话是13912345678，帮我查一下话费。");
        let rude = ("agent", "你烦不烦啊，说了多少遍了。");
        for (said, rubric, criterion, want) in [
            (&[hello, threat][..], "watch-zh", "customer_threatens", "not_met"),
            (&[hello, calm], "watch-zh", "customer_threatens", "met"),
            (&[hello, calm, rude], "forbidden-language-zh", "no_rude_tone", "not_met"),
            (&[hello, calm], "forbidden-language-zh", "no_rude_tone", "met"),
        ] {
            assert_eq!(verdict(said, rubric, criterion).as_deref(), Some(want), "{said:?}");
        }
    }

    #[test]
    fn a_report_without_its_clear_texts_is_judged_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut call = analysed(folder.path(), &[("customer", "再不处理我就去法院起诉你们！")]);
        call.private = None;
        let key = ("watch-zh".to_owned(), "customer_threatens".to_owned());
        assert_eq!(judged(&call).unwrap().verdicts[&key], "not_met");
    }
}
