//! Judging a call again from what was kept of it: the same scorecards, bit for bit.

use lingting::domain::{
    AudioTime, CallRecord, EndedCall, EngineRef, Loudness, Media, PerParty, Scorecard, Sensitive,
    Span, Transcript, Word,
};
use lingting::rubric::{CallFacts, Plan, library, load};
use lingting::text::tokens;
use lingting::wire::report::{Report, Source, Timings};

use crate::rubric_calls::records;

/// Asks for every measure, with bounds that what is measured lies on both sides of.
const MEASURES: &str = "
rubric: measures
version: 1
title: {zh: 度量, en: Measures}
pass_mark: 60
sections:
  all: {zh: 全部, en: All}
criteria:
  - id: loud
    title: {zh: 音量, en: Loudness}
    section: all
    severity: minor
    weight: 10
    violated_by: {loudness: {above: -24.5}, by: agent}
  - id: louder
    title: {zh: 提高音量, en: Louder}
    section: all
    severity: minor
    weight: 10
    violated_by: {loudness: {above: 2, relative: yes}, by: customer}
  - id: fast
    title: {zh: 语速, en: Rate}
    section: all
    severity: minor
    weight: 10
    violated_by: {rate: {above: 200, take: average}, by: agent}
  - id: slow_answer
    title: {zh: 响应, en: Response}
    section: all
    severity: minor
    weight: 10
    violated_by: {response: {above: 1s, take: average}, by: agent}
  - id: talks
    title: {zh: 说话占比, en: Talk share}
    section: all
    severity: minor
    weight: 10
    violated_by: {talk: {above: 55%, take: share}, by: agent}
";

/// A call as a recogniser gives it: words with times and confidences that no report can hold in full.
fn roughened(mut record: CallRecord) -> CallRecord {
    let mut state = 1u32;
    let mut share = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from((state >> 16) as u16) / f32::from(u16::MAX)
    };
    for one in &mut record.utterances {
        let text = one.text.as_str().to_owned();
        let cuts = tokens(&text);
        let step = one.span.len_ms() / (cuts.len() as u64 + 1);
        one.words = (cuts.iter().zip(0u64..))
            .map(|(token, ix)| Word {
                text: Sensitive::new(text[token.at.clone()].to_owned()),
                span: Span::at_least_1_ms(
                    one.span.start().plus_ms(step * ix),
                    one.span.start().plus_ms(step * (ix + 1)),
                ),
                confidence: 0.3 + 0.7 * share(),
            })
            .collect();
        one.confidence = 0.35 + 0.6 * share();
    }
    for rate in &mut record.conversation.rates {
        rate.per_min += share();
    }
    let rough = |rate: Option<f32>| rate.map(|rate| rate * 1.000_37);
    let rates = &mut record.conversation.rate_per_min;
    *rates = PerParty { agent: rough(rates.agent), customer: rough(rates.customer) };
    record.conversation.loudness = (record.utterances.iter())
        .map(|one| Loudness {
            utterance: one.id,
            party: one.party,
            span: one.span,
            dbfs: -20.0 - share() * 9.0,
        })
        .collect();
    record.conversation.response_ms = vec![(share() * 900.0) as u64];
    record.parties_confidence = 0.4996 + 0.4 * share();
    let middle = AudioTime::from_ms(record.duration_ms / 2);
    record.unheard = vec![Span::at_least_1_ms(middle, middle.plus_ms(1234))];
    record
}

pub(crate) fn report(record: &CallRecord, cards: &[Scorecard]) -> Report {
    let ended = EndedCall {
        media: Media {
            duration_ms: record.duration_ms,
            codec: "pcm_alaw".into(),
            sample_rate_hz: 8000,
            channels: 2,
            legs: Vec::new(),
            problems: Vec::new(),
        },
        transcript: Transcript {
            language: record.info.language.clone().unwrap(),
            engine: EngineRef { name: "none".into(), model: "none".into(), sha256: String::new() },
            utterances: record.utterances.clone(),
            rejected: Vec::new(),
        },
        conversation: record.conversation.clone(),
        pii: Vec::new(),
        unheard: record.unheard.clone(),
        parties_confidence: record.parties_confidence,
        direction: None,
    };
    let source =
        Source { file: "a.wav".into(), sha256: "0f".repeat(32), settings: "a1".repeat(32) };
    Report::new(&record.info, source, &ended, cards, Timings::default())
}

#[test]
fn a_call_judged_again_from_its_report_is_judged_alike() {
    let mut rubrics = lingting::rubric::built_in().unwrap();
    rubrics.push(load("measures.yaml", MEASURES, &library()).unwrap());
    let plan = Plan::compile(rubrics);
    let mut judged = 0;
    for record in records().into_iter().flat_map(|record| [record.clone(), roughened(record)]) {
        let cards = plan.evaluate(&CallFacts::from(&record));
        let json = report(&record, &cards).to_json();
        let read = Report::from_json(&json).unwrap().into_record().unwrap();
        let again = plan.evaluate(&CallFacts::from(&read));
        assert!(cards == again, "{:?}", record.info.call_id);
        // What rules do not read today they may read tomorrow: nothing else is lost either.
        assert_eq!(read.unheard, record.unheard);
        assert_eq!(read.duration_ms, record.duration_ms);
        assert_eq!(read.conversation.silences, record.conversation.silences);
        assert_eq!(read.conversation.response_ms, record.conversation.response_ms);
        assert_eq!(read.conversation.talk_ms, record.conversation.talk_ms);
        assert_eq!(report(&read, &again).to_json(), json);
        judged += cards.len();
    }
    assert!(judged > 100, "{judged}");
}
