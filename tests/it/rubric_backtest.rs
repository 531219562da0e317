//! Judging a folder of reports again.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use lingting::app::{BacktestOptions, BacktestOutcome, Labels, backtest};
use lingting::domain::{CallId, CallRecord, CallVerdict};
use lingting::rubric::backtest::Outcome;
use lingting::rubric::{CallFacts, Plan, Rubric, built_in, library, load};

use crate::rubric_again::report;
use crate::rubric_calls::records;

/// A few calls, each with an id of its own.
fn calls() -> Vec<CallRecord> {
    let mut records: Vec<CallRecord> = records().into_iter().step_by(9).collect();
    for (ix, record) in records.iter_mut().enumerate() {
        record.info.call_id = CallId::new(&format!("call-{ix:02}")).unwrap();
    }
    records
}

/// Reports of a few calls, a sidecar's kind of file, and two files that nobody can use.
fn run_folder(folder: &Path) -> usize {
    let plan = Plan::compile(built_in().unwrap());
    let records = calls();
    for record in &records {
        let cards = plan.evaluate(&CallFacts::from(record));
        let name = format!("{}.json", record.info.call_id.as_str());
        std::fs::write(folder.join(name), report(record, &cards).to_json()).unwrap();
    }
    std::fs::write(folder.join("x.call.json"), r#"{"vendor": "a"}"#).unwrap();
    std::fs::write(folder.join("cut.json"), r#"{"schema": "lingting/report/1", "to"#).unwrap();
    std::fs::write(folder.join("thin.json"), r#"{"schema": "lingting/report/1"}"#).unwrap();
    records.len()
}

fn run(folder: &Path, new: Vec<Rubric>, old: Vec<Rubric>, labels: Labels) -> BacktestOutcome {
    let options =
        BacktestOptions { new, old, against: folder.to_owned(), labels, samples: 2, quiet: true };
    backtest(options, &AtomicBool::new(false)).unwrap()
}

#[test]
fn the_same_rubrics_change_nothing_and_broken_files_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let count = run_folder(folder.path());
    let outcome = run(folder.path(), built_in().unwrap(), Vec::new(), Labels::None);
    assert_eq!(outcome.comparison.calls, count as u64);
    assert_eq!((outcome.broken, outcome.other_files, outcome.comparison.moved), (2, 1, 0));
    assert!(outcome.comparison.flips.is_empty(), "{:?}", outcome.comparison.flips.keys());
    let named = outcome.broken_named.iter().map(|one| one.file.file_name().unwrap());
    assert_eq!(named.collect::<Vec<_>>(), ["cut.json", "thin.json"]);
}

/// A rubric that wants one word of the agent, at most so often.
fn wants(phrase: &str) -> Rubric {
    let text = format!(
        "rubric: tiny\nversion: 1\ntitle: {{zh: 小, en: tiny}}\nlanguage: zh\npass_mark: 60\n\
         sections:\n  all: {{zh: 全部, en: all}}\ncriteria:\n  - id: said\n    \
         title: {{zh: 说过, en: said}}\n    section: all\n    severity: major\n    weight: 10\n    \
         met: {{phrase: [{phrase}], by: agent}}\n"
    );
    load("tiny.yaml", &text, &library()).unwrap()
}

#[test]
fn what_flips_is_counted_shown_and_held_against_people() {
    let folder = tempfile::tempdir().unwrap();
    run_folder(folder.path());
    let (old, new) = (wants("您好"), wants("绝无此语绝无此语"));
    // People agree with the older rubric wherever it judged.
    let first = run(folder.path(), vec![old.clone()], vec![old.clone()], Labels::None);
    assert_eq!(first.comparison.moved, 0);
    let table = folder.path().join("people.csv");
    let plan = Plan::compile(vec![old.clone()]);
    let mut csv = "call_id,criterion,verdict\n".to_owned();
    let mut met = 0;
    for record in calls() {
        for card in plan.evaluate(&CallFacts::from(&record)) {
            let word = card.findings[0].verdict.as_str();
            met += u64::from(word == "met");
            csv += &format!("{},said,{word}\n", record.info.call_id.as_str());
        }
    }
    std::fs::write(&table, csv).unwrap();
    assert!(met > 1, "{met}");
    let labels = Labels::open(&table).unwrap();
    let outcome = run(folder.path(), vec![new], vec![old], labels);
    let all = &outcome.comparison;
    let key = ("tiny".to_owned(), "said".to_owned(), Some(Outcome::Met), Some(Outcome::NotMet));
    assert_eq!(all.flips[&key].calls, met);
    assert!(all.flips[&key].samples.iter().all(|sample| sample.span.is_some()));
    assert_eq!(all.rubrics["tiny"].moved[&(CallVerdict::Pass, CallVerdict::Fail)], met);
    assert_eq!(all.agreement_before["said"].accuracy(), Some(1.0));
    assert_eq!(all.agreement_after["said"].alleged, met);
}

#[test]
fn decisions_that_cannot_be_read_name_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("people.csv");
    std::fs::write(&table, "call_id,criterion,verdict\na,said,met\na,said,maybe\n").unwrap();
    let error = Labels::open(&table).unwrap_err().to_string();
    assert!(error.contains("people.csv:3") && error.contains("maybe"), "{error}");
}
