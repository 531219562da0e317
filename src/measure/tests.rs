//! Tables of small calls, and laws over random ones.

use super::*;
use crate::domain::{AudioTime, LegIx, Sensitive, Word};
use proptest::prelude::*;

type Line<'a> = (Party, u64, u64, &'a str);

const A: Party = Party::Agent;
const C: Party = Party::Customer;

fn utterances(lines: &[Line<'_>]) -> Vec<Utterance> {
    let one = |(id, &(party, start, end, text)): (usize, &Line<'_>)| Utterance {
        id: id as u32,
        leg: LegIx(u8::from(party == C)),
        speaker: u8::from(party == C),
        party,
        span: Span::from_ms(start, end).unwrap(),
        text: Sensitive::from(text),
        confidence: 1.0,
        words: vec![],
    };
    lines.iter().enumerate().map(one).collect()
}

fn measured(utterances: &[Utterance], holds: &[Span], waits: &[u32]) -> Conversation {
    measure(&Input {
        utterances,
        language: &Language::chinese(),
        loudness_dbfs: &BTreeMap::from([(0, -20.0)]),
        holds,
        announces_wait: &waits.iter().copied().collect(),
        goes_on: false,
        duration_ms: 100_000,
        config: &MeasureConfig::default(),
    })
}

fn check_silences(lines: &[Line<'_>], waits: &[u32], want: &[(u64, u64, bool)]) {
    let got: Vec<_> = measured(&utterances(lines), &[], waits)
        .silences
        .iter()
        .map(|one| (one.span.start().ms(), one.span.end().ms(), one.announced))
        .collect();
    assert_eq!(got, want, "{lines:?}");
}

#[test]
fn silence_is_between_utterances_of_anybody() {
    check_silences(&[(A, 5000, 6000, "您好"), (C, 6500, 8000, "你好")], &[], &[]);
    check_silences(&[(A, 0, 1000, "您好"), (C, 4000, 5000, "喂")], &[], &[(1000, 4000, false)]);
    check_silences(
        &[(A, 0, 9000, "您好"), (C, 1000, 2000, "喂"), (C, 12_000, 13_000, "在吗")],
        &[],
        &[(9000, 12_000, false)],
    );
    check_silences(
        &[(A, 0, 1000, "您好"), (Party::Bot, 1500, 5000, "请按一"), (A, 6000, 7000, "在")],
        &[],
        &[],
    );
}

#[test]
fn a_wait_is_announced_before_the_gap() {
    check_silences(
        &[(A, 0, 1000, "请稍等"), (C, 1200, 1600, "好的"), (A, 9000, 9900, "让您久等了")],
        &[0],
        &[(1600, 9000, true)],
    );
    check_silences(
        &[(A, 0, 1000, "请稍等"), (A, 1500, 2500, "我看看"), (A, 9000, 9900, "查到了")],
        &[0],
        &[(2500, 9000, true)],
    );
    check_silences(
        &[(A, 0, 1000, "请稍等"), (A, 4000, 16_000, "查到了"), (C, 20_000, 21_000, "喂")],
        &[0],
        &[(1000, 4000, true), (16_000, 20_000, false)],
    );
}

#[test]
fn music_makes_a_hold() {
    let hold = Span::from_ms(2000, 8000).unwrap();
    let said = utterances(&[(A, 0, 1000, "请稍等"), (A, 9000, 9900, "让您久等了")]);
    let got = measured(&said, &[hold], &[]);
    assert!(got.silences[0].hold && got.holds == [hold]);
    assert!(!measured(&said, &[Span::from_ms(2000, 3000).unwrap()], &[]).silences[0].hold);
}

fn check_overtalk(lines: &[Line<'_>], want: &[(Party, u64, u64, u64, bool)]) {
    let got: Vec<_> = measured(&utterances(lines), &[], &[])
        .overtalk
        .iter()
        .map(|one| {
            (one.by, one.span.start().ms(), one.span.end().ms(), one.after_ms, one.backchannel)
        })
        .collect();
    assert_eq!(got, want, "{lines:?}");
}

#[test]
fn who_comes_in_second_talks_over() {
    let long = "我想问一下我的订单到底什么时候能送到";
    check_overtalk(
        &[(C, 0, 5000, long), (A, 3000, 8000, "您的订单还在路上请您耐心等待")],
        &[(A, 3000, 5000, 3000, false)],
    );
    check_overtalk(&[(C, 0, 5000, long), (A, 2000, 2600, "嗯")], &[(A, 2000, 2600, 2000, true)]);
    // Padded edges at a change of turns.
    check_overtalk(&[(C, 0, 5000, long), (A, 4600, 8000, "好的我来查一下")], &[]);
    check_overtalk(&[(C, 0, 5000, long), (A, 5000, 8000, "好的我来查一下")], &[]);
    // The breath began two utterances before.
    check_overtalk(
        &[(C, 0, 2000, long), (C, 2300, 6000, long), (A, 4000, 8000, "您别急听我说完好不好")],
        &[(A, 4000, 6000, 4000, false)],
    );
    // One interruption with a pause in it.
    check_overtalk(
        &[(C, 0, 9000, long), (A, 3000, 4000, "不是"), (A, 4300, 7000, "您听我说完好不好")],
        &[(A, 3000, 7000, 3000, false)],
    );
    check_overtalk(&[(C, 0, 5000, long), (Party::Bot, 2000, 4000, "请按一")], &[]);
}

/// Nobody knows which voice is whose: that one came in over the other is known all the same.
#[test]
fn voices_of_unknown_parties_talk_over_each_other() {
    let lines = [(C, 0, 5000, "我想问一下我的订单"), (A, 3000, 4000, "您的订单还在路上请等待")];
    let mut said = utterances(&lines);
    said.iter_mut().for_each(|one| one.party = Party::Unknown);
    let over = measured(&said, &[], &[]).overtalk;
    assert_eq!(
        over.iter().map(|one| (one.by, one.after_ms)).collect::<Vec<_>>(),
        [(Party::Unknown, 3000)]
    );
    said.iter_mut().for_each(|one| one.speaker = 0);
    assert_eq!(measured(&said, &[], &[]).overtalk, [], "one voice, twice in a row");
}

#[test]
fn rates_count_speech_without_pauses() {
    let mut said = utterances(&[(A, 0, 6000, "您好请问有什么可以帮您"), (C, 7000, 8000, "嗯")]);
    let word = |start, end| Word {
        text: Sensitive::from("您"),
        span: Span::from_ms(start, end).unwrap(),
        confidence: 1.0,
    };
    said[0].words = vec![word(0, 900), word(1000, 2000), word(5000, 6000)];
    let got = measured(&said, &[], &[]);
    assert_eq!(got.rates.len(), 1);
    assert_eq!((got.rates[0].units, got.rates[0].per_min), (11, 220.0));
    assert_eq!(got.rate_per_min, PerParty { agent: Some(220.0), customer: None });
    assert_eq!(got.talk_ms, PerParty { agent: 6000, customer: 1000 });
    assert_eq!(got.loudness.len(), 1);
}

#[test]
fn responses_leave_out_waits() {
    let lines = [
        (C, 0, 1000, "在吗"),
        (A, 1800, 3000, "在的请稍等"),
        (C, 3200, 3600, "好的"),
        (A, 9000, 9900, "久等了"),
        (C, 10_000, 12_000, "谢谢"),
        (A, 11_500, 13_000, "不客气"),
    ];
    assert_eq!(measured(&utterances(&lines), &[], &[1]).response_ms, [800]);
    assert_eq!(measured(&utterances(&lines), &[], &[]).response_ms, [800, 5400]);
}

fn any_call() -> impl Strategy<Value = Vec<Utterance>> {
    let line = (0..4u8, 0..80_000u64, 100..9000u64, "[您好请稍等嗯一二8a ]{0,12}");
    prop::collection::vec(line, 0..12).prop_map(|lines| {
        let party = |n| [A, C, Party::Bot, Party::Unknown][usize::from(n)];
        let lines: Vec<Line<'_>> = lines
            .iter()
            .map(|(n, start, len, text)| (party(*n), *start, start + len, text.as_str()))
            .collect();
        utterances(&lines)
    })
}

fn shifted(mut call: Vec<Utterance>, ms: u64) -> Vec<Utterance> {
    for one in &mut call {
        one.span = Span::at_least_1_ms(one.span.start().plus_ms(ms), one.span.end().plus_ms(ms));
    }
    call
}

proptest! {
    #[test]
    fn order_does_not_matter(call in any_call(), turn in 0..12usize) {
        let mut other = call.clone();
        other.rotate_left(turn.min(call.len()));
        other.reverse();
        prop_assert_eq!(measured(&call, &[], &[0, 3]), measured(&other, &[], &[0, 3]));
    }

    #[test]
    fn a_later_call_measures_the_same(call in any_call(), ms in 0..5000u64) {
        let (now, later) = (measured(&call, &[], &[1]), measured(&shifted(call, ms), &[], &[1]));
        let moved = |span: Span| Span::at_least_1_ms(span.start().plus_ms(ms), span.end().plus_ms(ms));
        prop_assert_eq!(now.talk_ms, later.talk_ms);
        prop_assert_eq!(now.response_ms, later.response_ms);
        prop_assert_eq!(now.rate_per_min, later.rate_per_min);
        let silences: Vec<_> = now.silences.iter().map(|one| moved(one.span)).collect();
        prop_assert_eq!(silences, later.silences.iter().map(|one| one.span).collect::<Vec<_>>());
        let over: Vec<_> = now.overtalk.iter().map(|one| (moved(one.span), one.after_ms)).collect();
        prop_assert_eq!(over, later.overtalk.iter().map(|one| (one.span, one.after_ms)).collect::<Vec<_>>());
    }

    #[test]
    fn totals_stay_within_the_call(call in any_call()) {
        let got = measured(&call, &[], &[]);
        prop_assert!(got.talk_ms.agent <= 100_000 && got.talk_ms.customer <= 100_000);
        let silent: u64 = got.silences.iter().map(|one| one.span.len_ms()).sum();
        prop_assert!(silent + got.talk_ms.agent <= 100_000);
        for one in &got.silences {
            for said in &call {
                prop_assert_eq!(one.span.overlap(said.span), None);
            }
        }
        for one in &got.overtalk {
            prop_assert!(one.span.end() <= AudioTime::from_ms(100_000));
        }
    }
}
