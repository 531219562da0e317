//! Figures: reconciled with small data counted by hand, on both databases; and how long they take over many calls.

use super::Store;
use super::calls::{CallRow, CardRow, FindingRow, NewCall, put};
use super::compliance::{Asked, Group};
use super::decisions::{Decision, HumanCard, decide};
use super::figures::{By, Every};
use super::fixture::{Stores, execute};
use super::list::{CallFilter, Column, Found, Measure};
use crate::domain::{Belongs, Grant, Scope};

/// Monday, 2026-11-16 00:00 UTC.
const MONDAY_US: i64 = 1_794_787_200_000_000;
const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;

/// A call: its number, vendor, agent, when, and what its criteria came to.
struct Made(i64, &'static str, &'static str, i64, &'static [(&'static str, &'static str)]);

/// Four calls of two vendors in two weeks.
const MADE: &[Made] = &[
    Made(1, "V1", "a1", 0, &[("greeting", "met"), ("closing", "not_met")]),
    Made(2, "V1", "a2", DAY_US, &[("greeting", "not_met"), ("closing", "not_met")]),
    Made(
        3,
        "V2",
        "a3",
        6 * DAY_US + 20 * HOUR_US,
        &[("greeting", "met"), ("closing", "undetermined")],
    ),
    Made(4, "V2", "a3", 8 * DAY_US, &[("greeting", "met")]),
];

fn row(made: &Made) -> CallRow {
    let &Made(number, vendor, agent, after_us, findings) = made;
    CallRow {
        id: format!("id-{number}"),
        external_id: format!("c{number}"),
        sha256: format!("{number:064}"),
        kind: if number == 4 { "chat" } else { "call" }.into(),
        file: "c.wav".into(),
        direction: None,
        belongs: Belongs {
            client: Some("甲".into()),
            vendor: Some(vendor.into()),
            team: Some("T".into()),
            agent: Some(agent.into()),
            ..Belongs::default()
        },
        queue: None,
        customer: None,
        language: "zh".into(),
        started_us: MONDAY_US + after_us,
        received_us: MONDAY_US + after_us,
        analysed_us: MONDAY_US + after_us,
        duration_ms: 60_000 * number,
        verdict: match findings.iter().any(|(_, verdict)| *verdict == "not_met") {
            true => "fail",
            false => "pass",
        }
        .into(),
        score_milli: Some(100_000 - 10_000 * number),
        risk: 100 * number,
        problems: if number < 3 { vec!["clipping".into(), "one_sided".into()] } else { Vec::new() },
        measures: format!(r#"{{"dead_air_s": {number}.5, "talk_share_agent": 0.5}}"#),
        source: None,
        audio: None,
        redacted_audio: None,
        private: None,
        rev: 0,
        review_state: "open".into(),
        assigned_to: None,
        held: false,
    }
}

fn finding(criterion: &str, verdict: &str) -> FindingRow {
    FindingRow {
        rubric: "r".into(),
        criterion: criterion.into(),
        title: format!("《{criterion}》"),
        verdict: verdict.into(),
        severity: if criterion == "closing" { "major" } else { "minor" }.into(),
        weight_milli: 5_000,
        points_milli: 0,
        confidence_milli: 900,
        leg: Some(1),
        start_ms: Some(10),
        end_ms: Some(500),
        quote: Some("喂".into()),
    }
}

async fn keep(store: &Store, made: &Made) {
    let row = row(made);
    let findings: Vec<FindingRow> = made.4.iter().map(|(c, v)| finding(c, v)).collect();
    let card = CardRow {
        rubric: "r".into(),
        version: 1,
        digest: "d".into(),
        verdict: row.verdict.clone(),
        score_milli: row.score_milli,
        human_verdict: None,
        human_score_milli: None,
    };
    let tx = store.begin().await.unwrap();
    let new = NewCall {
        row: &row,
        report: &super::calls_tests::report(),
        settings: "s",
        peaks: &[],
        cards: &[card],
        findings: &findings,
    };
    put(&tx, &new).await.unwrap();
    tx.commit().await.unwrap();
}

/// Changes rows from outside.
pub(crate) async fn execute_all(store: &Store, statements: &[&str]) {
    for statement in statements {
        execute(store, statement).await;
    }
}

/// The four calls.
pub(crate) async fn filled(store: &Store) {
    for made in MADE {
        keep(store, made).await;
    }
}

async fn say(
    store: &Store,
    call: &str,
    criterion: &str,
    machine: &str,
    verdict: &str,
    score: Option<i64>,
) {
    let rev = store.call(call).await.unwrap().unwrap().rev;
    let decision = Decision {
        id: uuid::Uuid::now_v7().to_string(),
        call_id: call.into(),
        rubric: "r".into(),
        criterion: criterion.into(),
        machine_verdict: machine.into(),
        decision: if machine == verdict { "agree" } else { "overturn" }.into(),
        verdict: verdict.into(),
        comment: String::new(),
        by: "p".into(),
        at_us: rev,
    };
    let card = HumanCard { rubric: "r".into(), verdict: "pass".into(), score_milli: score };
    let tx = store.begin().await.unwrap();
    decide(&tx, &decision, rev, &[card]).await.unwrap();
    tx.commit().await.unwrap();
}

fn asked(by: By) -> Asked<'static> {
    Asked { by, then: None, rubric: None, criterion: None, offset_us: 0 }
}

async fn groups(store: &Store, scope: &Scope, asked: &Asked<'_>) -> Vec<(String, i64, [i64; 4])> {
    let found = store.compliance(&CallFilter::default(), scope, asked).await.unwrap();
    let line = |group: Group| {
        let key = [group.key, group.then].map(Option::unwrap_or_default);
        (key.join("|").trim_end_matches('|').to_owned(), group.calls, group.findings)
    };
    let mut lines: Vec<_> = found.into_iter().map(line).collect();
    lines.sort();
    lines
}

fn s(text: &str) -> String {
    text.to_owned()
}

#[tokio::test]
async fn compliance_is_what_counting_by_hand_gives() {
    let vendor = By::Column(Column::Vendor);
    for (name, store) in Stores::new().await.each() {
        filled(store).await;
        let all = &Scope::All;
        assert_eq!(
            groups(store, all, &asked(vendor)).await,
            [(s("V1"), 2, [1, 3, 0, 0]), (s("V2"), 2, [2, 0, 1, 0])],
            "{name}"
        );
        assert_eq!(
            groups(store, all, &asked(By::Criterion)).await,
            [(s("closing"), 3, [0, 2, 1, 0]), (s("greeting"), 4, [3, 1, 0, 0])],
            "{name}"
        );
        let (first, second) = (MONDAY_US, MONDAY_US + 7 * DAY_US);
        let weeks = asked(By::Time(Every::Week));
        assert_eq!(
            groups(store, all, &weeks).await,
            [(first.to_string(), 3, [2, 3, 1, 0]), (second.to_string(), 1, [1, 0, 0, 0])],
            "{name}"
        );
        // In China it is Monday already when the third call begins.
        let offset_us = 8 * HOUR_US;
        let (first, second) = (first - offset_us, second - offset_us);
        let weeks = Asked { offset_us, ..weeks };
        assert_eq!(
            groups(store, all, &weeks).await,
            [(first.to_string(), 2, [1, 3, 0, 0]), (second.to_string(), 2, [2, 0, 1, 0])],
            "{name}"
        );
        let both = Asked { then: Some(By::Criterion), ..asked(vendor) };
        assert_eq!(
            groups(store, all, &both).await,
            [
                (s("V1|closing"), 2, [0, 2, 0, 0]),
                (s("V1|greeting"), 2, [1, 1, 0, 0]),
                (s("V2|closing"), 1, [0, 0, 1, 0]),
                (s("V2|greeting"), 2, [2, 0, 0, 0]),
            ],
            "{name}"
        );
        let greeting = Asked { criterion: Some("greeting"), ..asked(vendor) };
        assert_eq!(
            groups(store, all, &greeting).await,
            [(s("V1"), 2, [1, 1, 0, 0]), (s("V2"), 2, [2, 0, 0, 0])],
            "{name}"
        );
        let other = Asked { rubric: Some("other"), ..asked(vendor) };
        assert!(groups(store, all, &other).await.is_empty(), "{name}");
        let v2 = Grant(Belongs { vendor: Some("V2".into()), ..Belongs::default() });
        assert_eq!(
            groups(store, &Scope::Of(vec![v2]), &asked(vendor)).await,
            [(s("V2"), 2, [2, 0, 1, 0])],
            "{name}"
        );
        assert!(groups(store, &Scope::Of(Vec::new()), &asked(vendor)).await.is_empty(), "{name}");
        let title = store.compliance(&CallFilter::default(), all, &asked(By::Criterion)).await;
        assert!(
            title.unwrap().iter().any(|g| g.title.as_deref() == Some("《greeting》")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_people_say_counts_in_place_of_the_machine_also_after_a_new_analysis() {
    let vendor = asked(By::Column(Column::Vendor));
    let any = CallFilter::default();
    for (name, store) in Stores::new().await.each() {
        filled(store).await;
        say(store, "id-2", "greeting", "not_met", "met", Some(95_000)).await;
        say(store, "id-2", "closing", "not_met", "not_applicable", Some(95_000)).await;
        say(store, "id-1", "closing", "not_met", "not_met", Some(90_000)).await;
        for again in [false, true] {
            if again {
                keep(store, &MADE[1]).await;
            }
            assert_eq!(
                groups(store, &Scope::All, &vendor).await,
                [(s("V1"), 2, [2, 1, 0, 1]), (s("V2"), 2, [2, 0, 1, 0])],
                "{name}"
            );
            let bulks = store.overview(&any, &Scope::All).await.unwrap();
            let sum = |of: fn(&super::figures::Bulk) -> i64| bulks.iter().map(of).sum::<i64>();
            let decided = [sum(|b| b.agreed), sum(|b| b.overturned), sum(|b| b.not_assessable)];
            assert_eq!(decided, [1, 2, 0], "{name}");
            let open = [sum(|b| b.open_violations), sum(|b| b.open_undetermined)];
            assert_eq!(open, [0, 1], "{name}");
            // A new analysis has no people's score until somebody decides again.
            let scores = if again { 90 + 80 + 70 + 60 } else { 90 + 95 + 70 + 60 };
            assert_eq!(sum(|b| b.score_milli), scores * 1000, "{name}");
        }
        let waiting = store.waiting(&["id-1", "id-2", "id-3", "id-4"]).await.unwrap();
        let line = |id: &str| {
            let one = waiting.get(id).cloned().unwrap_or_default();
            let worst = one.worst.map(|w| (w.finding.criterion, w.human_verdict));
            (one.violations, one.undetermined, worst)
        };
        assert_eq!(line("id-1"), (0, 0, Some((s("closing"), Some(s("not_met"))))), "{name}");
        assert_eq!(line("id-2"), (0, 0, None), "{name}");
        assert_eq!(line("id-3"), (0, 1, Some((s("closing"), None))), "{name}");
        assert_eq!(line("id-4"), (0, 0, None), "{name}");
    }
}

#[tokio::test]
async fn the_list_finds_what_the_figures_count() {
    for (name, store) in Stores::new().await.each() {
        filled(store).await;
        say(store, "id-2", "greeting", "not_met", "met", Some(95_000)).await;
        let found = |criterion: &str, verdict: Option<&str>| CallFilter {
            found: Some(Found {
                rubric: Some("r".into()),
                criterion: Some(criterion.into()),
                verdict: verdict.map(str::to_owned),
            }),
            ..CallFilter::default()
        };
        let range = |measure, from, below| CallFilter {
            ranges: vec![(measure, from, below)],
            ..CallFilter::default()
        };
        let equal = |column, value: &str| CallFilter {
            equal: vec![(column, value.into())],
            ..CallFilter::default()
        };
        let none = CallFilter::default;
        for (filter, count) in [
            (found("greeting", Some("not_met")), 0),
            (found("greeting", Some("met")), 4),
            (found("closing", Some("not_met")), 2),
            (found("closing", None), 3),
            (CallFilter { failed: Some("closing".into()), ..none() }, 2),
            (CallFilter { problem: Some("clipping".into()), ..none() }, 2),
            (CallFilter { problem: Some("clip".into()), ..none() }, 0),
            (CallFilter { problem: Some("%".into()), ..none() }, 0),
            (CallFilter { undecided: true, ..none() }, 3),
            (CallFilter { unassigned: true, ..none() }, 4),
            (range(Measure::Score, Some(70_000), Some(95_000)), 2),
            (range(Measure::DeadAir, Some(2_500), None), 2),
            (equal(Column::Project, ""), 4),
            (equal(Column::Vendor, ""), 0),
        ] {
            assert_eq!(
                store.count(&filter, &Scope::All).await.unwrap(),
                count,
                "{name} {filter:?}"
            );
        }
        let top = store.by_score(&none(), &Scope::All, true, 2).await.unwrap();
        assert_eq!(top.iter().map(|call| call.id.as_str()).collect::<Vec<_>>(), ["id-2", "id-1"]);
    }
}

#[tokio::test]
async fn measures_are_spread_over_steps() {
    for (name, store) in Stores::new().await.each() {
        filled(store).await;
        let any = CallFilter::default();
        let steps = async |measure, width, by| {
            let steps = store.distribution(&any, &Scope::All, measure, width, by).await.unwrap();
            steps.into_iter().map(|s| (s.key, s.step, s.calls, s.sum)).collect::<Vec<_>>()
        };
        // The chat has no dead air.
        assert_eq!(
            steps(Measure::DeadAir, 2_000, None).await,
            [(None, 0, 1, 1_500), (None, 1, 2, 6_000)],
            "{name}"
        );
        let vendor = Some((By::Column(Column::Vendor), 0));
        assert_eq!(
            steps(Measure::Duration, 100_000, vendor).await,
            [
                (Some(s("V1")), 0, 1, 60_000),
                (Some(s("V1")), 1, 1, 120_000),
                (Some(s("V2")), 1, 1, 180_000),
                (Some(s("V2")), 2, 1, 240_000),
            ],
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_series_adds_up_to_the_whole() {
    for (name, store) in Stores::new().await.each() {
        filled(store).await;
        let any = CallFilter::default();
        let whole: i64 =
            store.overview(&any, &Scope::All).await.unwrap().iter().map(|bulk| bulk.calls).sum();
        assert_eq!(whole, 4, "{name}");
        for (every, begins) in [
            (Every::Hour, vec![0, DAY_US, 6 * DAY_US + 20 * HOUR_US, 8 * DAY_US]),
            (Every::Day, vec![0, DAY_US, 6 * DAY_US, 8 * DAY_US]),
            (Every::Week, vec![0, 0, 7 * DAY_US]),
        ] {
            let points = store.series(&any, &Scope::All, every, 0).await.unwrap();
            assert_eq!(points.iter().map(|point| point.bulk.calls).sum::<i64>(), whole, "{name}");
            let at: Vec<i64> = points.iter().map(|point| point.begin_us - MONDAY_US).collect();
            assert_eq!(at, begins, "{name} {every:?}");
        }
    }
}
