//! What a scorecard's numbers say: weights, sections, penalties, ranges, and which rubric applies.

use lingting::domain::{CallId, CallInfo, Direction, Points, Scorecard};
use lingting::rubric::{CallFacts, Evaluation, Library, Plan, WhoSpeaks, load};
use proptest::prelude::*;

use crate::rubric::{dialogue, facts, info, judge};

fn plan(text: &str) -> Plan {
    Plan::compile(vec![load("t.yaml", text, &Library::default()).unwrap()])
}

/// `head` and criteria, each a line.
fn rubric(head: &str, criteria: &[&str]) -> Plan {
    let lines: Vec<String> = criteria.iter().map(|line| format!("  - {{{line}}}\n")).collect();
    plan(&format!("rubric: t\nversion: 1\ntitle: t\n{head}\ncriteria:\n{}", lines.concat()))
}

fn card(plan: &Plan, lines: &str) -> Scorecard {
    judge(plan, &info("zh", Direction::Inbound, "远洋银行"), lines).remove(0)
}

fn points(card: &Scorecard) -> Vec<(f64, f64)> {
    card.findings.iter().map(|one| (one.weight.to_f64(), one.points.to_f64())).collect()
}

/// score, `(weight, points)` of each criterion, verdict
#[track_caller]
fn check(plan: &Plan, lines: &str, score: f64, each: &[(f64, f64)], verdict: &str) {
    let card = card(plan, lines);
    assert_eq!(points(&card), each, "{card:#?}");
    assert_eq!(card.score.map(Points::to_f64), Some(score));
    assert_eq!(card.verdict.as_str(), verdict);
    assert_eq!(card.range, None, "everything was decided");
}

const HELLO: &str = "id: hello, severity: info, weight: 10, met: {phrase: [您好]}";
const BYE: &str = "id: bye, severity: info, weight: 30, met: {phrase: [再见]}";
const SORRY: &str =
    "id: sorry, severity: info, weight: 20, when: {phrase: [投诉]}, met: {phrase: [抱歉]}";

#[test]
fn weights_are_shared_out_over_what_applies() {
    let plan = rubric("", &[HELLO, BYE, SORRY]);
    let complaint = "c 我要投诉\na 您好，再见";
    check(&plan, complaint, 66.67, &[(16.67, 16.67), (50.0, 50.0), (33.33, 0.0)], "pass");
    check(&plan, "a 您好，再见", 100.0, &[(25.0, 25.0), (75.0, 75.0), (0.0, 0.0)], "pass");
    check(&plan, "a 您好", 25.0, &[(25.0, 25.0), (75.0, 0.0), (0.0, 0.0)], "pass");
}

#[test]
fn sections_share_first_and_their_criteria_within() {
    let head = "sections:\n  open: {title: 开场, weight: 40}\n  care: {title: 安抚, weight: 40, when: {phrase: [投诉]}}\n  close: {title: 结束, weight: 60}";
    let plan = rubric(
        head,
        &[
            "id: a, section: open, severity: info, weight: 1, met: {phrase: [您好]}",
            "id: b, section: open, severity: info, weight: 3, met: {phrase: [工号]}",
            "id: c, section: care, severity: info, met: {phrase: [抱歉]}",
            "id: d, section: close, severity: info, met: {phrase: [再见]}",
        ],
    );
    // The section for complaints does not apply: the two others have 40 and 60 of 100.
    let each = [(10.0, 10.0), (30.0, 0.0), (0.0, 0.0), (60.0, 60.0)];
    check(&plan, "a 您好，再见", 70.0, &each, "pass");
    // It does: 40, 40 and 60 of 140, to the hundredth; the parts add up to a hundred.
    let each = [(7.14, 7.14), (21.43, 0.0), (28.57, 28.57), (42.86, 42.86)];
    check(&plan, "c 投诉\na 您好，抱歉，再见", 78.57, &each, "pass");
}

#[test]
fn penalties_and_bonuses_count_once_or_by_the_hit() {
    let bad = |worth: &str| {
        rubric(
            "",
            &[
                HELLO,
                &format!("id: bad, severity: info, {worth}, violated_by: {{phrase: [不知道]}}"),
            ],
        )
    };
    let (one, three) =
        ("a 您好，不知道", "a 您好\nc 在吗\na 不知道\nc 什么\na 不知道\nc 啊\na 不知道");
    for (worth, once, thrice) in [
        ("penalty: 5", 95.0, 95.0),
        ("penalty: [2, 5, 10]", 98.0, 83.0),
        ("penalty: [2, 5]", 98.0, 88.0),
        ("penalty: {per_hit: [2, 5, 10], at_most: 12}", 98.0, 88.0),
        ("penalty: {per_hit: 60}", 40.0, 0.0),
        // Within a weight of half the score: a penalty takes its share of it, and no more than all.
        ("weight: 10", 50.0, 50.0),
        ("weight: 10, penalty: 4", 80.0, 80.0),
        ("weight: 10, penalty: [2, 5, 10]", 90.0, 50.0),
    ] {
        let plan = bad(worth);
        assert_eq!(card(&plan, one).score.map(Points::to_f64), Some(once), "{worth} once");
        assert_eq!(card(&plan, three).score.map(Points::to_f64), Some(thrice), "{worth} thrice");
        assert_eq!(card(&plan, "a 您好").score.map(Points::to_f64), Some(100.0), "{worth}");
    }
    let thanks = |worth: &str| {
        rubric(
            "",
            &[HELLO, &format!("id: thanks, severity: info, {worth}, met: {{phrase: [谢谢]}}")],
        )
    };
    let two = "a 谢谢\nc 嗯\na 谢谢";
    for (worth, want) in [
        ("bonus: 3", 3.0),
        ("bonus: [3, 1]", 4.0),
        ("bonus: {per_hit: 3, at_most: 5}", 5.0),
        ("weight: 10, bonus: [3]", 30.0),
        ("weight: 10, bonus: [8]", 50.0),
    ] {
        assert_eq!(card(&thanks(worth), two).score.map(Points::to_f64), Some(want), "{worth}");
    }
    // A bonus lifts no score over the top, and one that is missed costs nothing.
    assert_eq!(card(&thanks("bonus: 3"), "a 您好，谢谢").score.map(Points::to_f64), Some(100.0));
    assert_eq!(card(&thanks("bonus: 3"), "a 您好").score.map(Points::to_f64), Some(100.0));
}

#[test]
fn a_rubric_that_only_deducts_starts_at_the_top() {
    let plan = rubric(
        "pass_mark: 95",
        &[
            "id: rude, severity: info, penalty: [2, 5, 10], violated_by: {phrase: [不知道]}",
            "id: hello, severity: info, penalty: 3, met: {phrase: [您好]}",
        ],
    );
    check(&plan, "a 您好", 100.0, &[(0.0, 0.0), (0.0, 0.0)], "pass");
    check(&plan, "a 喂", 97.0, &[(0.0, 0.0), (0.0, -3.0)], "pass");
    check(&plan, "a 喂\nc 啊\na 不知道\nc 啊\na 不知道", 90.0, &[(0.0, -7.0), (0.0, -3.0)], "fail");
}

#[test]
fn a_critical_failure_keeps_the_points_or_takes_them_all() {
    let lost = "id: rude, severity: critical, weight: 10, violated_by: {phrase: [不知道]}";
    for (head, want) in [("", 50.0), ("on_critical: keep", 50.0), ("on_critical: zero", 0.0)] {
        let plan = rubric(head, &[HELLO, lost]);
        let bad = card(&plan, "a 您好，不知道");
        assert_eq!(bad.verdict.as_str(), "critical");
        assert_eq!(bad.score.map(Points::to_f64), Some(want), "{head}");
        assert_eq!(bad.critical_score.map(Points::to_f64), Some(0.0));
        let good = card(&plan, "a 您好");
        assert_eq!(good.score.map(Points::to_f64), Some(100.0));
        assert_eq!(good.critical_score.map(Points::to_f64), Some(100.0));
    }
    assert_eq!(card(&rubric("", &[HELLO]), "a 您好").critical_score, None);
}

#[test]
fn a_rubric_says_how_many_failures_fail() {
    let minor = ["您好", "再见"].map(|word| {
        format!(
            "id: c-{}, severity: minor, met: {{phrase: [{word}]}}",
            word.len() + usize::from(word == "您好")
        )
    });
    let minor: Vec<&str> = minor.iter().map(String::as_str).collect();
    let major = ["id: m, severity: major, met: {phrase: [您好]}"];
    for (head, criteria, want) in [
        ("", &minor[..], "fail"),
        ("fails_on: {minor: 3}", &minor[..], "pass"),
        ("fails_on: {minor: never}", &minor[..], "pass"),
        ("", &major[..], "fail"),
        ("fails_on: {major: 2}", &major[..], "pass"),
        ("fails_on: {major: never}\npass_mark: 60", &major[..], "fail"),
    ] {
        let got = card(&rubric(head, criteria), "a 喂，请讲");
        assert_eq!(got.verdict.as_str(), want, "{head} {criteria:?}");
    }
}

/// What is undecided earns nothing and costs nothing in silence: a range says what it may be.
#[test]
fn what_is_undecided_shows_as_a_range() {
    let rings =
        "id: rings, severity: info, weight: 10, met: {attribute: {name: rings, at_most: 3}}";
    let plan = rubric("pass_mark: 60", &[HELLO, BYE, rings]);
    let mut info = info("zh", Direction::Inbound, "远洋银行");
    info.rings = None;
    let card = judge(&plan, &info, "a 您好").remove(0);
    // Decided: 10 of 40 points; with the rings, at least 10 and at most 20 of 50.
    let range = |card: &Scorecard| card.range.map(|(low, high)| (low.to_f64(), high.to_f64()));
    assert_eq!((card.score.map(Points::to_f64), range(&card)), (Some(25.0), Some((20.0, 40.0))));
    assert_eq!(card.verdict.as_str(), "fail", "it fails whatever the rings were");
    let card = judge(&rubric("pass_mark: 60", &[HELLO, rings]), &info, "a 您好").remove(0);
    assert_eq!((card.score.map(Points::to_f64), range(&card)), (Some(100.0), Some((50.0, 100.0))));
    assert_eq!(card.verdict.as_str(), "undetermined", "the rings could fail it");
}

#[test]
fn a_call_on_which_nothing_was_heard_has_no_score() {
    let (plan, info) = (
        Plan::compile(lingting::rubric::built_in().unwrap()),
        info("zh", Direction::Inbound, "远洋银行"),
    );
    let (_, conversation, _) = dialogue("");
    let cards = plan.evaluate(&CallFacts {
        info: &info,
        utterances: &[],
        conversation: &conversation,
        duration_ms: 60_000,
        parties_confidence: 1.0,
        who: WhoSpeaks::Told,
        direction_told: true,
        unheard: &[],
    });
    let card = cards.iter().find(|card| card.rubric.id.as_str() == "inbound-service-zh").unwrap();
    assert_eq!(card.score, None, "{card:#?}");
    let (low, high) = card.range.unwrap();
    assert!(low < high && high == card.max, "{low} to {high}");
    assert_eq!(card.verdict.as_str(), "undetermined");
    let out = cards.iter().find(|card| card.rubric.id.as_str() == "outbound-sales-zh").unwrap();
    assert_eq!((out.score, out.range), (None, None), "a rubric for other calls has none either");
}

#[test]
fn a_rubric_applies_by_what_is_known_of_the_call() {
    let call = || {
        let mut info = info("zh", Direction::Inbound, "远洋银行");
        info.queue = Some("信用卡".into());
        info.extra.insert("vip".into(), "3".into());
        info.extra.insert("kind".into(), "\"复议\"".into());
        info
    };
    for (applies, want) in [
        ("direction: inbound", "pass"),
        ("direction: outbound", "not_applicable"),
        ("direction: [inbound, outbound]", "pass"),
        ("queue: 信用卡", "pass"),
        ("queue: [贷款, 理财]", "not_applicable"),
        ("queue: {not: 贷款}", "pass"),
        ("queue: {not: [贷款, 信用卡]}", "not_applicable"),
        ("attributes: {vip: {at_least: 3}}", "pass"),
        ("attributes: {vip: {above: 3}}", "not_applicable"),
        ("attributes: {vip: {at_least: 1, below: 3}}", "not_applicable"),
        ("attributes: {vip: 3}", "pass"),
        ("attributes: {kind: 复议}", "pass"),
        ("attributes: {kind: {present: yes}}", "pass"),
        ("attributes: {kind: {present: no}}", "not_applicable"),
        ("attributes: {other: {present: no}}", "pass"),
        // Not known: nobody can say.
        ("vendor: 卓信", "undetermined"),
        ("vendor: {not: 卓信}", "undetermined"),
        ("attributes: {kind: {at_least: 3}}", "undetermined"),
        // One no is enough.
        ("{vendor: 卓信, queue: 贷款}", "not_applicable"),
        ("language: en", "not_applicable"),
    ] {
        let inner = applies.trim_start_matches('{').trim_end_matches(if applies.starts_with('{') {
            '}'
        } else {
            '\0'
        });
        let plan = rubric(&format!("applies: {{{inner}}}"), &[HELLO]);
        let card = judge(&plan, &call(), "a 您好").remove(0);
        assert_eq!(card.verdict.as_str(), want, "{applies}");
        assert_eq!(!card.applies_unknown.is_empty(), want == "undetermined", "{applies}");
    }
    let unknown = CallInfo::unknown(CallId::new("t").unwrap());
    let plan = rubric("applies: {direction: inbound}", &[HELLO]);
    let card = judge(&plan, &unknown, "a 喂").remove(0);
    assert_eq!(card.verdict.as_str(), "undetermined");
    assert_eq!(card.applies_unknown, ["direction"]);
    assert_eq!(card.findings[0].verdict.as_str(), "not_met", "what was found is shown");
}

/// Every form of worth, in sections, so that the laws are tried on all of them.
const HEAD: &str = "rubric: t\nversion: 1\ntitle: t\npass_mark: 60\n";
const SECTIONS: [&str; 3] = [
    "  one: {title: 一, weight: 30}",
    "  two: {title: 二, weight: 50, when: {phrase: [您好]}}",
    "  three: {title: 三, weight: 7}",
];
const CRITERIA: [&str; 10] = [
    "  - {id: c0, section: one, severity: minor, weight: 3, met: {phrase: [您好], by: agent}}",
    "  - {id: c1, section: one, severity: info, weight: 3, when: {phrase: [再见]}, met: {phrase: [谢谢]}}",
    "  - {id: c2, section: two, severity: minor, weight: 7, penalty: [2, 3], violated_by: {phrase: [不知道], by: agent}}",
    "  - {id: c3, section: two, severity: info, weight: 5, bonus: [1, 2], met: {phrase: [谢谢], by: agent}}",
    "  - {id: c4, section: two, severity: major, penalty: {per_hit: [5, 9], at_most: 20}, violated_by: {phrase: [不]}}",
    "  - {id: c5, section: three, severity: info, bonus: {per_hit: 3, at_most: 7}, met: {phrase: [帮您]}}",
    "  - {id: c6, section: three, severity: critical, weight: 3, violated_by: {silence: {above: 5s}}}",
    "  - {id: c7, section: three, severity: minor, weight: 3, met: {attribute: {name: rings, at_most: 3}}}",
    "  - {id: c8, section: three, severity: info, penalty: 4, bonus: 2, met: {phrase: [稍等]}}",
    "  - {id: c9, section: one, severity: minor, weight: 3, violated_by: {overtalk: {after: 300ms}, by: agent}}",
];

fn rotated(lines: &[&str], by: u64) -> String {
    let mut lines = lines.to_vec();
    let by = (by % lines.len() as u64) as usize;
    lines.rotate_left(by);
    if by % 2 == 1 {
        lines.reverse();
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_order_of_rules_does_not_matter_and_scores_stay_in_bounds(
        facts in facts(), turn in any::<u64>(), weighted in any::<bool>(), zero in any::<bool>(),
        parties in prop::sample::select(vec![0.2f32, 1.0]), rings in prop::option::of(0u32..6),
    ) {
        let text = |turn: u64| {
            let sections = rotated(&SECTIONS, turn);
            let sections = if weighted { sections } else {
                sections.replace(", weight: 30", "").replace(", weight: 50", "").replace(", weight: 7", "")
            };
            let zero = if zero { "on_critical: zero\n" } else { "" };
            format!("{HEAD}{zero}sections:\n{sections}\ncriteria:\n{}\n", rotated(&CRITERIA, turn))
        };
        let mut info = info("zh", Direction::Inbound, "远洋银行");
        info.rings = rings;
        let run = |plan: &Plan| {
            let mut evaluation = Evaluation::new(plan, &info, parties);
            facts.iter().for_each(|fact| evaluation.observe(fact.clone()).unwrap());
            evaluation.finish(70_000, Default::default()).remove(0)
        };
        let (a, b) = (run(&plan(&text(0))), run(&plan(&text(turn))));
        if let Some(score) = a.score {
            prop_assert!(Points::ZERO <= score && score <= a.max);
        }
        if let Some((low, high)) = a.range {
            prop_assert!(Points::ZERO <= low && low <= high && high <= a.max);
            prop_assert!(a.score.is_none_or(|score| low <= score && score <= high));
        }
        let undecided = a.findings.iter().any(|one| one.verdict.as_str() == "undetermined");
        prop_assert!(!undecided || a.range.is_some(), "what is undecided shows");
        let shared: i64 = a.findings.iter().map(|one| one.weight.hundredths()).sum();
        prop_assert!(shared == 0 || shared == 10_000, "shares add up to {shared}");
        prop_assert_eq!((a.score, a.range, a.critical_score, a.verdict), (b.score, b.range, b.critical_score, b.verdict));
        let sorted = |card: &Scorecard| {
            let mut all: Vec<String> = card.findings.iter().map(|f| format!("{} {:?} {} {} {:?}", f.criterion, f.verdict, f.weight, f.points, f.severity)).collect();
            all.sort();
            all
        };
        prop_assert_eq!(sorted(&a), sorted(&b));
    }
}

/// The worked example of docs/RUBRICS.md comes out as it says.
#[test]
fn the_worked_example_is_right() {
    let docs = include_str!("../../docs/RUBRICS.md");
    let (_, rest) = docs.split_once("**Worked example.**").unwrap();
    let yaml = rest.split("```").nth(1).unwrap().strip_prefix("yaml\n").unwrap();
    let conditions = "  complaint: {phrase: [投诉], by: customer}\n  says_hello: {phrase: [您好]}\n  says_number: {phrase: [工号]}\n  says_sorry: {phrase: [抱歉]}\n  says_bye: {phrase: [再见]}\n  says_dont_know: {phrase: [不知道], by: agent}\n";
    let plan = plan(&format!("rubric: t\nversion: 1\ntitle: t\nconditions:\n{conditions}{yaml}"));
    let score = |lines: &str| card(&plan, lines).score.map(Points::to_f64);
    let plain = "a 您好\nc 在吗\na 不知道\nc 啊\na 不知道，再见";
    assert_eq!(score(plain), Some(63.0));
    let complaint = "a 您好\nc 我要投诉\na 抱歉，不知道\nc 啊\na 不知道，再见";
    assert_eq!(score(complaint), Some(71.57));
    for told in ["**63**", "**71.57**"] {
        assert!(rest.contains(told), "{told}");
    }
}
