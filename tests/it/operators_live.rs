//! Operators in calls that go on: from when on they are sure, and what they miss of one party alone.

use lingting::domain::{AudioTime, Direction, Party};
use lingting::rubric::{CallFacts, Evaluation, Fact, Library, Plan, WhoSpeaks, load};

use super::operators::{Call, call, plan};

/// When each condition is settled in a call that arrives second by second.
#[test]
fn what_is_certain_is_said_at_once() {
    for (condition, lines, want_s) in [
        // A sum that has passed its bound cannot fall back.
        ("{silence: {above: 6s, take: total}}", "a 好\n- 4\na 嗯\n- 4\na 嗯\n- 9\na 好", Some(7)),
        ("{silence: {below: 6s, take: total}}", "a 好\n- 1\na 嗯\n- 9\na 好", None),
        // The first answer decides about the first answer.
        (
            "{response: {at_most: 5s, take: first}, by: agent}",
            "c 我要查\na 请讲\nc 嗯\n- 20\na 好",
            Some(3),
        ),
        // One that is left alone is enough.
        (
            "{phrase: [抱歉], by: agent, after: {of: customer_asks, hit: every, within: 2s}}",
            "c 退款\na 嗯\n- 20\na 好",
            Some(4),
        ),
        (
            "{any: {of: [{phrase: [您好]}, {phrase: [好的]}, {phrase: [再见]}], at_least: 2}}",
            "a 您好\na 好的\n- 20\na 嗯",
            Some(4),
        ),
        ("{length: {above: 3s}}", "a 您好\n- 20\na 嗯", None),
    ] {
        let plan = plan("", condition);
        let call = call(lines);
        let mut live = Evaluation::new(&plan, &call.info, 1.0);
        let utterances = call.utterances.iter().cloned().map(Fact::Utterance);
        let silences = call.measures.silences.iter().copied().map(Fact::Silence);
        utterances.chain(silences).for_each(|fact| live.observe(fact).unwrap());
        let settled = (1..call.duration_ms / 1000).find(|second| {
            live.advance(AudioTime::from_ms(second * 1000));
            live.values()[0].verdict.is_some()
        });
        assert_eq!(settled, want_s, "{condition}");
    }
}

/// What the agent missed is told while the customer speaks on: of that, nothing is known yet.
#[test]
fn what_one_party_missed_waits_for_nobody_else() {
    let call = call("c 喂\na 什么事\n- 12\na 嗯");
    let facts = call.facts();
    let own = "{phrase: [您好], by: agent, within: first 10s}";
    for (condition, party, until_s, want) in [
        (own, Party::Agent, 10, 0),
        (own, Party::Agent, 13, 1),
        (own, Party::Customer, 13, 0),
        ("{phrase: [什么事], by: agent, within: first 10s}", Party::Agent, 13, 0),
        ("{phrase: [您好], within: first 10s}", Party::Agent, 13, 0),
        ("{phrase: [您好], by: agent, within: last 10s}", Party::Agent, 13, 0),
        ("{not: customer_asks}", Party::Agent, 13, 0),
    ] {
        let plan = plan("", condition);
        let until = AudioTime::from_ms(until_s * 1_000);
        let cards = plan.missed_so_far(&facts, party, until);
        let missed: Vec<&str> =
            cards.iter().flat_map(|card| &card.findings).map(|one| one.verdict.as_str()).collect();
        assert_eq!(missed, vec!["not_met"; want], "{condition} {party:?} {until_s}");
    }
    let plan = plan("", own);
    let common = AudioTime::from_ms(3_000);
    assert!(plan.settled(&facts, common)[0].findings.is_empty(), "both lines are known no further");
}

/// What was measured of a voice that may be anybody's is evidence against nobody, and for nobody.
#[test]
fn what_was_measured_of_an_unsure_party_is_undetermined() {
    let call = call("c 我要查一下订单\na> 您先听我说完好不好\na! 您到底要查哪个");
    for (condition, sure) in [
        ("{overtalk: {above: 300ms}, by: agent}", "met"),
        ("{overtalk: {above: 300ms}, by: customer}", "not_met"),
        ("{rate: {above: 300}, by: agent}", "met"),
        ("{rate: {above: 300}, by: customer}", "not_met"),
        ("{rate: {above: 230, take: average}, by: agent}", "met"),
        ("{rate: {above: 230, take: average}}", "met"),
        ("{loudness: {above: -15}, by: agent}", "met"),
        ("{talk: {above: 50%, take: share}, by: agent}", "met"),
    ] {
        let plan = plan("", condition);
        let verdict = |parties_confidence| {
            let facts = CallFacts { parties_confidence, ..call.facts() };
            plan.evaluate(&facts)[0].findings[0].verdict.as_str()
        };
        assert_eq!(verdict(1.0), sure, "{condition}");
        assert_eq!(verdict(0.2), "undetermined", "{condition}");
    }
}

/// Of whose turns nobody knows, the first two are not the first two of anybody's: what was said later may have been said in time.
#[test]
fn turns_of_an_unsure_party_are_counted_for_each_voice() {
    let late = call("c 喂\na 什么事\nc 我要退款\na 您好\nc 快点\na 哦\nc 嗯\na 再见");
    for (condition, sure, unsure) in [
        ("{phrase: [您好], by: agent, within: first 2 turns}", "met", "undetermined"),
        ("{phrase: [您好], by: agent, within: first 2 utterances}", "met", "undetermined"),
        ("{phrase: [您好], by: agent, within: from 2 to 3 turns}", "met", "undetermined"),
        ("{phrase: [您好], by: agent, within: last 3 turns}", "met", "undetermined"),
        ("{phrase: [您好], by: agent, within: first 1 turns}", "not_met", "not_met"),
        ("{phrase: [您好], within: first 3 turns}", "not_met", "not_met"),
        ("{phrase: [再见], by: agent, within: first 2 turns}", "not_met", "not_met"),
        ("{phrase: [什么事], by: agent, within: last 2 turns}", "not_met", "not_met"),
    ] {
        let plan = plan("", condition);
        let verdict = |parties_confidence| {
            let facts = CallFacts { parties_confidence, ..late.facts() };
            plan.evaluate(&facts)[0].findings[0].verdict.as_str()
        };
        assert_eq!((verdict(1.0), verdict(0.2)), (sure, unsure), "{condition}");
        // What is settled while nobody knows who speaks holds when it is known.
        for until_ms in (0..late.duration_ms).step_by(500) {
            let facts = CallFacts { parties_confidence: 0.2, ..late.facts() };
            let cards = plan.settled(&facts, AudioTime::from_ms(until_ms));
            let settled = cards.iter().flat_map(|card| &card.findings);
            settled
                .for_each(|one| assert_eq!(one.verdict.as_str(), sure, "{condition} {until_ms}"));
        }
    }
}

/// What two voices have together is neither's: on legs of their own each is measured by itself, on one nobody knows whose it is.
#[test]
fn voices_that_nobody_knows_are_not_measured_as_one() {
    let mut call = call("c 我要查一下订单\na! 您到底要查哪个\nc 一个订单");
    for (condition, apart, on_one_leg) in [
        ("{not: {loudness: {above: -12, take: average}}}", "not_met", "undetermined"),
        ("{loudness: {above: 5, relative: yes}}", "not_met", "undetermined"),
        ("{not: {response: {above: 1s, take: average}}}", "met", "undetermined"),
        ("{loudness: {above: -12}}", "met", "met"),
    ] {
        let plan = plan("", condition);
        let mut verdict = |legs: u8| {
            call.utterances.iter_mut().for_each(|one| one.leg.0 = one.speaker.min(legs - 1));
            let facts = CallFacts { parties_confidence: 0.2, ..call.facts() };
            plan.evaluate(&facts)[0].findings[0].verdict.as_str()
        };
        assert_eq!((verdict(2), verdict(1)), (apart, on_one_leg), "{condition}");
    }
}

/// On a recording without a word nobody was heard to keep to the rules.
#[test]
fn what_was_measured_of_nobody_proves_nothing() {
    let rung = |lines| {
        let mut call = call(lines);
        call.info.ring_ms = Some(2_000);
        call
    };
    let silent = rung("- 20");
    for condition in [
        "{not: {overtalk: {above: 400ms}, by: agent}}",
        "{not: {rate: {above: 300}, by: agent}}",
        "{not: {silence: {above: 30s}}}",
        "{not: {loudness: {above: -10}}}",
        "{not: {response: {above: 5s}}}",
        "{talk: {}, by: customer, times: {at_most: 2}}",
        "{not: {opening: {above: 10s}}}",
    ] {
        let plan = plan("", condition);
        let verdict = |call: &Call| plan.evaluate(&call.facts())[0].findings[0].verdict.as_str();
        assert_eq!(verdict(&silent), "undetermined", "{condition}");
        assert_eq!(verdict(&rung("c 喂\na 您好\nc 嗯")), "met", "{condition}");
    }
    // Nor did one who was not heard beside another who was.
    let one_way = rung("c 喂\n- 9\nc 有人吗\n- 9");
    for condition in [
        "{not: {response: {above: 5s}, by: agent}}",
        "{not: {overtalk: {above: 400ms}, by: agent}}",
        "{not: {rate: {above: 300}, by: agent}}",
        "{not: {loudness: {above: -10, take: average}, by: agent}}",
        "{opening: {at_most: 3s}, by: agent}",
    ] {
        let cards = plan("", condition).evaluate(&one_way.facts());
        assert_eq!(cards[0].findings[0].verdict.as_str(), "undetermined", "{condition}");
    }
    // What was heard counts, and so does what needs no words.
    for (condition, want) in [
        ("{silence: {above: 10s}}", "met"),
        ("{not: {hold: {above: 1m, take: total}}}", "met"),
        ("{length: {above: 10s}}", "met"),
    ] {
        let cards = plan("", condition).evaluate(&silent.facts());
        assert_eq!(cards[0].findings[0].verdict.as_str(), want, "{condition}");
    }
}

/// Who is who was inferred: more of the call may tell otherwise, so nothing is settled that rests on it, doubts included.
#[test]
fn nothing_is_settled_that_rests_on_an_inference() {
    let call = call("c 我要查一下订单\na> 不知道您先听我说完\n- 12\na 嗯");
    let horizon = AudioTime::from_ms(16_000);
    for (condition, told, inferred) in [
        ("{overtalk: {above: 300ms}, by: agent}", Some("met"), None),
        ("{phrase: [不知道], by: agent}", Some("met"), None),
        ("{phrase: [不知道]}", Some("met"), Some("met")),
        ("{phrase: [您好], by: agent, within: first 10s}", Some("not_met"), Some("not_met")),
        ("{phrase: [订单], by: agent, within: first 10s}", Some("not_met"), None),
        ("{silence: {above: 10s}}", Some("met"), Some("met")),
        // Voices are apart by their legs, whoever they are.
        ("{phrase: [先听], within: first 1 turns}", Some("not_met"), Some("not_met")),
        (
            "{phrase: [我要, 不知道], within: first 10s, times: {at_least: 2, unit: turns}}",
            Some("met"),
            Some("met"),
        ),
        ("{response: {above: 5s}, within: first 3s}", Some("not_met"), Some("not_met")),
    ] {
        let plan = plan("", condition);
        for (who, confidence, want) in [
            (WhoSpeaks::Told, 1.0, told),
            (WhoSpeaks::ByLeg, 1.0, inferred),
            (WhoSpeaks::ByLeg, 0.2, inferred),
            (WhoSpeaks::Told, 0.0, inferred),
            // On one leg any of it may turn out to be another's, or another cut, but that nobody spoke.
            (WhoSpeaks::Open, 1.0, inferred.filter(|_| condition.contains("silence"))),
        ] {
            let facts = CallFacts { who, parties_confidence: confidence, ..call.facts() };
            let cards = plan.settled(&facts, horizon);
            let got = cards[0].findings.first().map(|one| one.verdict.as_str());
            assert_eq!(got, want, "{condition} {who:?} {confidence}");
        }
    }
}

/// For whom a rubric is meant may turn out only with the opening: until then nothing of it is settled, and before the language is known
/// nothing of any.
#[test]
fn nothing_is_settled_by_a_rubric_that_may_not_be_meant_for_the_call() {
    let text = "rubric: t\nversion: 1\ntitle: t\napplies: {direction: inbound}\ncriteria:\n  - {id: c, severity: minor, met: {phrase: [您好]}}\n";
    let plan = Plan::compile(vec![load("t.yaml", text, &Library::default()).unwrap()]);
    let mut call = call("a 您好\nc 我要查一下订单\n- 60\na 嗯");
    call.info.direction = Some(Direction::Inbound);
    for (direction_told, who, horizon_s, want) in [
        (true, WhoSpeaks::Told, 10, 1),
        (false, WhoSpeaks::Told, 10, 0),
        (false, WhoSpeaks::Told, 50, 1),
        // Who is who may turn out otherwise, and with it who opened the call.
        (false, WhoSpeaks::ByLeg, 50, 0),
    ] {
        let facts = CallFacts { direction_told, who, ..call.facts() };
        let cards = plan.settled(&facts, AudioTime::from_ms(horizon_s * 1_000));
        let settled: usize = cards.iter().map(|card| card.findings.len()).sum();
        assert_eq!(settled, want, "{direction_told} {who:?} {horizon_s}");
    }
    call.info.language = None;
    assert!(plan.settled(&call.facts(), AudioTime::from_ms(50_000)).is_empty());
}
