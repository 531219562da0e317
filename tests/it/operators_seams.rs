//! Phrases where one voice goes on from utterance to utterance: each is found once, whatever stands beside it.

use lingting::rubric::{Library, Plan, load};

use super::operators::{call, plan};

fn verdict(plan: &Plan, lines: &str) -> &'static str {
    plan.evaluate(&call(lines).facts()).remove(0).findings.remove(0).verdict.as_str()
}

/// How often a condition holds.
#[track_caller]
fn counts(condition: &str, rows: &[(&str, usize)]) {
    for (lines, want) in rows {
        let held = |times: usize| {
            let asked = condition.replace('}', &format!(", times: {times}}}"));
            verdict(&plan("", &asked), lines) == "met"
        };
        assert!(*want == 0 || held(*want), "{condition} fewer than {want} times in {lines}");
        assert!(!held(want + 1), "{condition} more than {want} times in {lines}");
    }
}

#[test]
fn a_pattern_that_takes_all_it_can_is_found_beside_its_like() {
    counts(
        "{regex: ['退.*款'], by: customer}",
        &[
            ("c 我要退款\nc 那笔款\nc 是我的款", 1),
            ("c 我要退\nc 那笔款", 1),
            ("c 我要退款\nc 马上退款", 2),
            ("c 我要退\na 那笔款", 0),
            ("c 我要退款", 1),
        ],
    );
}

#[test]
fn a_likeness_is_looked_for_in_each_utterance() {
    counts(
        "{similar: [请问还有什么可以帮您], by: agent}",
        &[
            ("a 请问还有什么可以帮您\na 请问还有什么可以帮您", 2),
            ("a 请问还有什么可以帮到您\na 请问还有什么可以帮您", 2),
            ("a 请问还有什么\na 可以帮您", 1),
            ("a 请问还有什么", 0),
        ],
    );
    // The first that is like it counts in a window, also where a better one follows.
    let early = plan("", "{similar: [请问还有什么可以帮您], by: agent, within: first 3s}");
    assert_eq!(verdict(&early, "a 请问还有什么可以帮到您\na 请问还有什么可以帮您"), "met");
}

#[test]
fn a_phrase_over_two_utterances_is_one() {
    counts(
        "{phrase: [我要(投诉|投诉你们)], by: customer}",
        &[("c 我要投诉\nc 你们", 1), ("c 我要\nc 投诉你们", 1), ("c 我要投诉\nc 我要投诉你们", 2)],
    );
}

#[test]
fn rubrics_keep_their_own_likeness() {
    let rubric = |id: &str, least: &str| {
        let text = format!(
            "rubric: {id}\nversion: 1\ntitle: t\ncriteria:\n  - {{id: c, severity: minor, met: {{similar: {{to: [春夏秋冬东南西北中发], at_least: {least}}}}}}}\n"
        );
        load("t.yaml", &text, &Library::default()).unwrap_or_else(|error| panic!("{error}"))
    };
    let said = call("a 甲乙丙丁戊己庚辛壬癸子丑寅卯天地人和");
    let of = |all: Vec<_>| {
        let cards = Plan::compile(all).evaluate(&said.facts());
        cards.iter().map(|card| card.findings[0].verdict.as_str()).collect::<Vec<_>>()
    };
    let (lax, strict) = (|| rubric("lax", "0.0"), || rubric("strict", "0.001"));
    let alone = [of(vec![lax()]), of(vec![strict()])].concat();
    assert_ne!(alone[0], alone[1], "one of them is content with anything");
    assert_eq!(of(vec![lax(), strict()]), alone);
}
