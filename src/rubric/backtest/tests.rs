//! Comparisons of a few made-up scorecards.

use super::*;
use crate::domain::Points;

fn marks(rubric: &str, score: i64, verdict: CallVerdict, findings: &[(&str, Outcome)]) -> Marks {
    let found = |(criterion, outcome): &(&str, Outcome)| Found {
        criterion: (*criterion).to_owned(),
        outcome: *outcome,
        quote: Some("说过".into()),
        span: Span::from_ms(1000, 2000),
    };
    Marks {
        rubric: rubric.to_owned(),
        score: Some(Points::from_hundredths(score * 100)),
        verdict,
        findings: findings.iter().map(found).collect(),
    }
}

fn pair(call: &str, before: Vec<Marks>, after: Vec<Marks>) -> Pair {
    let agent = Some("7".to_owned());
    let started_at = Some(format!("2026-11-0{call}T10:00:00+08:00"));
    Pair { call: call.to_owned(), agent, started_at, before, after, decisions: Decisions::new() }
}

#[test]
fn what_moves_is_counted_and_shown() {
    use CallVerdict::{Fail, Pass};
    use Outcome::{Met, NotMet};
    let was = || marks("r", 90, Pass, &[("a", Met), ("b", Met)]);
    let is = || marks("r", 40, Fail, &[("a", NotMet), ("b", Met), ("c", Met)]);
    let mut all = Comparison::new(1);
    assert!(all.shows(&pair("1", vec![was()], vec![is()])));
    all.add(&pair("1", vec![was()], vec![is()]));
    assert!(!all.shows(&pair("2", vec![was()], vec![is()])), "there is a sample of each kind");
    assert!(all.shows(&pair("2", vec![is()], vec![was()])), "the other way round is another kind");
    assert!(!all.shows(&pair("2", vec![was()], vec![was()])), "nothing flips");
    all.add(&pair("2", vec![was()], vec![is()]));
    all.add(&pair("3", vec![was()], vec![was()]));
    assert_eq!((all.calls, all.moved), (3, 2));
    let compared = &all.rubrics["r"];
    assert_eq!(compared.moved, BTreeMap::from([((Pass, Fail), 2)]));
    assert_eq!(compared.before.mean(), Some(90.0));
    assert_eq!(compared.after.scores[4], 2);
    assert_eq!(compared.after.scores[9], 1);
    let (key, flip) = all.flips_by_calls()[0];
    assert_eq!(key, &("r".into(), "a".into(), Some(Met), Some(NotMet)));
    assert_eq!((flip.calls, flip.samples.len(), flip.samples[0].call.as_str()), (2, 1, "1"));
    let (agent, started_at) = (&flip.samples[0].agent, &flip.samples[0].started_at);
    assert_eq!(agent.as_deref(), Some("7"));
    assert_eq!(started_at.as_deref(), Some("2026-11-01T10:00:00+08:00"));
    assert_eq!(all.flips.len(), 2, "the new criterion flips from nothing");
    let (id, agent) = all.agents_by_moved()[0];
    assert_eq!((id.as_str(), agent.calls, agent.moved, agent.worse), ("7", 3, 2, 2));
    assert!((agent.mean_change() - -100.0 / 3.0).abs() < 0.01);
}

#[test]
fn a_rubric_keeps_to_its_name_unless_it_is_alone() {
    let card = |rubric| marks(rubric, 90, CallVerdict::Pass, &[]);
    let mut all = Comparison::new(1);
    all.add(&pair("1", vec![card("old")], vec![card("new")]));
    assert_eq!(all.rubrics["new"].before.calls, 1);
    all.add(&pair("2", vec![card("x"), card("y")], vec![card("y"), card("z")]));
    assert_eq!(all.rubrics["z"].unmatched, 1);
    assert!(!all.rubrics.contains_key("x"));
}

#[test]
fn agreement_with_people() {
    use Outcome::{Met, NotApplicable, NotMet, Undetermined};
    let mut agreement = Agreement::default();
    for (decided, judged) in [
        (NotMet, Some(NotMet)),
        (NotMet, Some(NotMet)),
        (NotMet, Some(Undetermined)),
        (Met, Some(NotMet)),
        (Met, Some(Met)),
        (NotApplicable, None),
    ] {
        agreement.add(decided, judged);
    }
    assert_eq!((agreement.decided, agreement.same, agreement.open), (6, 3, 2));
    assert_eq!(agreement.precision(), Some(2.0 / 3.0));
    assert_eq!(agreement.recall(), Some(2.0 / 3.0));
    assert_eq!(agreement.f1(), Some(2.0 / 3.0));
    assert_eq!(Agreement::default().f1(), None);
    assert_eq!(agreement.plus(agreement).decided, 12);
}

#[test]
fn the_rubric_that_applies_speaks_for_a_criterion() {
    use Outcome::{Met, NotApplicable};
    let cards = [
        marks("r", 0, CallVerdict::Pass, &[("a", NotApplicable)]),
        marks("s", 0, CallVerdict::Pass, &[("a", Met)]),
    ];
    assert_eq!(marks::outcome_of(&cards, "a"), Some(Met));
    assert_eq!(marks::outcome_of(&cards, "b"), None);
}
