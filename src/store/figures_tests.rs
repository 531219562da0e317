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

/// A hundred thousand calls over 90 days, of 5 vendors, 40 teams and 500 agents, each judged by 15 criteria.
const MANY: &str = "
INSERT INTO outcome (digest, met, not_met, undetermined, not_applicable)
  WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4000)
  SELECT 'd' || n, 12, 2, 1, 0 FROM n;
INSERT INTO outcome_item (outcome, rubric, criterion, verdict)
  WITH RECURSIVE c(c) AS (SELECT 0 UNION ALL SELECT c + 1 FROM c WHERE c < 14)
  SELECT o.id, 'service', 'criterion_' || c, CASE (o.id * 7 + c * 13) % 10 WHEN 0 THEN 'not_met'
    WHEN 1 THEN 'undetermined' ELSE 'met' END FROM outcome o, c;
INSERT INTO call (id, external_id, sha256, kind, file, direction, client, vendor, project, queue, team, agent, customer,
    language, started_us, received_us, analysed_us, duration_ms, verdict, score_milli, risk, problems, measures, rev,
    review_state, assigned_to, outcome, final_score_milli, dead_air_ms, dead_air_longest_ms, overtalk_ms, rate_per_min,
    talk_share_milli, hold_ms, open_violations, open_undetermined)
  WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000)
  SELECT printf('0193c7a0-0000-7000-8000-%012d', n * 7919 % 100003), 'call-' || n, printf('%064d', n), 'call',
    '/recordings/2026/11/' || n || '.wav', CASE n % 3 WHEN 0 THEN 'outbound' ELSE 'inbound' END, '甲方' || (n % 3),
    '供应商' || (n % 5), '项目' || (n % 7), '技能组' || (n % 11), '班组' || (n % 40), 'agent-' || (n % 500),
    '138****' || (n % 10000), 'zh', 1794787200000000 + n * 77760000, 1794787200000000 + n * 77760000,
    1794787200000000 + n * 77760000, 60000 + n * 7919 % 300000,
    CASE n % 10 WHEN 0 THEN 'critical' WHEN 1 THEN 'fail' WHEN 2 THEN 'undetermined' ELSE 'pass' END,
    n * 7919 % 100000, n * 7919 % 1000, CASE n % 20 WHEN 0 THEN 'clipping' ELSE '' END,
    '{\"silence_longest_s\":3.125,\"dead_air_s\":12.5,\"overtalk_by_agent\":2,\"overtalk_agent_s\":1.5,\"talk_share_agent\":0.512,\"hold_s\":0.0,\"rate_agent_per_min\":262.5}',
    1, CASE n % 4 WHEN 0 THEN 'settled' ELSE 'open' END, CASE n % 50 WHEN 0 THEN 'p1' END, 1 + n * 7919 % 4000,
    n * 7919 % 100000, n * 104729 % 90000, n * 1299709 % 30000, n * 15485863 % 9000, 150 + n % 200, n * 31 % 1000,
    n * 17 % 60000, n % 3, n % 2 FROM n;
INSERT INTO finding (call_id, rubric, criterion, title, verdict, severity, weight_milli, points_milli, confidence_milli,
    leg, start_ms, end_ms, quote, holds)
  SELECT c.id, i.rubric, i.criterion, '规范问候', i.verdict, 'minor', 5000, 0, 900, 0, 100, 2100, '您好，请问有什么可以帮您',
    i.verdict FROM call c JOIN outcome_item i ON i.outcome = c.outcome;
INSERT INTO ledger (id, source, path, size, modified_us, state, why, attempts, seen_us, changed_us)
  SELECT c.id, 'pbx', c.file, 960000, 1, CASE c.risk % 20 WHEN 0 THEN 'skipped' ELSE 'done' END,
    CASE c.risk % 20 WHEN 0 THEN 'the same content as call ' || c.id END, 1, c.received_us, c.received_us FROM call c;
";

/// Run it by hand: `cargo test --lib store::figures_tests::a_hundred -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "takes a minute; a measurement, run by hand"]
async fn a_hundred_thousand_calls_are_counted_in_a_tenth_of_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let store =
        Store::open(&format!("sqlite:{}", folder.path().join("s.db").display())).await.unwrap();
    for statement in MANY.split(";\n").filter(|one| !one.trim().is_empty()) {
        execute(&store, statement).await;
    }
    let all = Scope::All;
    let any = CallFilter { limit: 51, ..CallFilter::default() };
    let column =
        |column, value: &str| CallFilter { equal: vec![(column, value.into())], ..any.clone() };
    let criterion = |name: &str| CallFilter { failed: Some(name.into()), ..any.clone() };
    let month = CallFilter { from_us: Some(MONDAY_US + 60 * DAY_US), ..any.clone() };
    let mut slow = Vec::new();
    macro_rules! time {
        ($name:literal, $ask:expr) => {{
            let mut best = f64::MAX;
            for _ in 0..3 {
                let begun = std::time::Instant::now();
                let _ = $ask.await.unwrap();
                best = best.min(begun.elapsed().as_secs_f64() * 1000.0);
            }
            let said = format!("{:<42} {best:>7.1} ms", $name);
            std::io::Write::write_all(&mut std::io::stderr(), (said.clone() + "\n").as_bytes())
                .unwrap();
            if best > 100.0 {
                slow.push(said);
            }
        }};
    }
    time!("list by risk", store.list(&any, &all));
    time!("list by risk, vendor", store.list(&column(Column::Vendor, "供应商1"), &all));
    time!("list by risk, agent", store.list(&column(Column::Agent, "agent-7"), &all));
    time!("list by risk, no such queue", store.list(&column(Column::Queue, "none"), &all));
    time!("list by risk, one reviewer's", store.list(&column(Column::AssignedTo, "p1"), &all));
    time!("list by risk, criterion failed", store.list(&criterion("criterion_3"), &all));
    time!("list by risk, last 30 days", store.list(&month, &all));
    time!(
        "list by score range",
        store.list(
            &CallFilter { ranges: vec![(Measure::Score, Some(10), Some(20))], ..any.clone() },
            &all
        )
    );
    time!(
        "list by problem that none has",
        store.list(&CallFilter { problem: Some("none".into()), ..any.clone() }, &all)
    );
    time!("overview", store.overview(&any, &all));
    time!("series by week", store.series(&any, &all, Every::Week, 0));
    time!("series by day, 30 days", store.series(&month, &all, Every::Day, 0));
    for (name, by, then) in [
        ("vendor", By::Column(Column::Vendor), None),
        ("team", By::Column(Column::Team), None),
        ("agent", By::Column(Column::Agent), None),
        ("criterion", By::Criterion, None),
        ("week", By::Time(Every::Week), None),
        ("vendor, week", By::Column(Column::Vendor), Some(By::Time(Every::Week))),
        ("vendor, criterion", By::Column(Column::Vendor), Some(By::Criterion)),
    ] {
        let said = asked(by);
        time!("compliance by the next", store.compliance(&any, &all, &Asked { then, ..said }));
        let one = Asked { then, criterion: Some("criterion_3"), ..said };
        time!("… of one criterion", store.compliance(&any, &all, &one));
        time!("… 30 days", store.compliance(&month, &all, &Asked { then, ..said }));
        std::io::Write::write_all(&mut std::io::stderr(), format!("    ({name})\n").as_bytes())
            .unwrap();
    }
    time!("dead air", store.distribution(&any, &all, Measure::DeadAir, 500, None));
    time!(
        "dead air by team",
        store.distribution(&any, &all, Measure::DeadAir, 500, Some((By::Column(Column::Team), 0)))
    );
    time!("score", store.distribution(&any, &all, Measure::Score, 500, None));
    time!("files", store.files_seen(i64::MIN, i64::MAX));
    time!("reasons", store.reasons(i64::MIN, i64::MAX));
    time!("became", store.became(i64::MIN, i64::MAX));
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}
