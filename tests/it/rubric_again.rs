//! Judging a call again from what was kept of it: the same scorecards, bit for bit.

use lingting::app::stored_report;
use lingting::domain::{
    AudioTime, CallRecord, EndedCall, EngineRef, EvidenceKind, Loudness, Manner, Media, Party,
    PerParty, Proof, Scorecard, Sensitive, Span, Transcript, Verdict, Word,
};
use lingting::rubric::{CallFacts, Library, Plan, library, load};
use lingting::text::pii::{self, Conceal, conceal};
use lingting::text::tokens;
use lingting::wire::report::{Private, Report, Source, Timings};

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
    shown(record, cards, None)
}

/// A report as a run writes it, with what is not to be shown starred.
fn shown(record: &CallRecord, cards: &[Scorecard], what: Option<Conceal>) -> Report {
    let (mut info, mut cards) = (record.info.clone(), cards.to_vec());
    let mut ended = EndedCall {
        media: Media {
            duration_ms: record.duration_ms,
            codec: match record.conversation.manner {
                Manner::Spoken => "pcm_alaw".into(),
                Manner::Written { .. } => Media::CHAT.into(),
            },
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
        pii: what.map_or_else(Vec::new, |_| pii::find(&record.utterances)),
        unheard: record.unheard.clone(),
        parties_confidence: record.parties_confidence,
        direction: None,
    };
    let source =
        Source { file: "a.wav".into(), sha256: "0f".repeat(32), settings: "a1".repeat(32) };
    if let Some(what) = what {
        conceal(&mut info, &mut ended, &mut cards, what);
    }
    Report::new(&info, source, &ended, &cards, Timings::default())
}

/// A scorecard with nothing said of what came nearest.
fn without_near_misses(mut card: Scorecard) -> Scorecard {
    let less = |proof: &Proof| {
        let kept = proof.evidence().iter().filter(|one| one.kind != EvidenceKind::NearMiss);
        Proof::new(kept.cloned().collect()).unwrap()
    };
    for finding in &mut card.findings {
        match &mut finding.verdict {
            Verdict::Met(proof) | Verdict::NotMet(proof) => *proof = less(proof),
            Verdict::Undetermined(doubt) => {
                doubt.evidence.retain(|one| one.kind != EvidenceKind::NearMiss);
            }
            Verdict::NotApplicable => {}
        }
    }
    card
}

#[test]
fn verdicts_alone_are_those_with_all_proofs() {
    let plan = Plan::compile(lingting::rubric::built_in().unwrap());
    let mut near = 0;
    for record in records().into_iter().flat_map(|record| [record.clone(), roughened(record)]) {
        let facts = CallFacts::from(&record);
        let full = plan.evaluate(&facts);
        let evidence = full.iter().flat_map(|card| &card.findings);
        let evidence = evidence.flat_map(|finding| finding.verdict.evidence());
        near += evidence.filter(|one| one.kind == EvidenceKind::NearMiss).count();
        let want: Vec<Scorecard> = full.into_iter().map(without_near_misses).collect();
        assert!(plan.verdicts(&facts) == want, "{:?}", record.info.call_id);
    }
    assert!(near > 10, "only {near} near misses: nothing was left out");
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

const NUMBERS: &str = "rubric: numbers
version: 1
title: t
criteria:
  - {id: phone, severity: minor, met: {entity: [phone, id_card, bank_card]}}
  - {id: long, severity: minor, met: {regex: ['[0-9]{6}']}}
";

#[test]
fn a_masked_call_and_its_private_file_are_judged_as_the_call_was() {
    let mut rubrics = lingting::rubric::built_in().unwrap();
    rubrics.push(load("numbers.yaml", NUMBERS, &Library::default()).unwrap());
    let plan = Plan::compile(rubrics);
    let folder = tempfile::tempdir().unwrap();
    let (path, beside) = (folder.path().join("a.json"), folder.path().join("a.private.json"));
    let (mut hidden, mut blind) = (0, 0);
    for mut record in records().into_iter().map(roughened) {
        // A number that somebody tells, over two utterances.
        let mut said = record.utterances.iter_mut().filter(|one| one.party == Party::Customer);
        for (one, text) in said.by_ref().zip(["我的手机号是一九九零零零零", "六一三六"])
        {
            (one.text, one.words) = (text.into(), Vec::new());
        }
        let cards = plan.evaluate(&CallFacts::from(&record));
        let clear = shown(&record, &cards, Some(Conceal::NeverKept));
        let mut masked = shown(&record, &cards, Some(Conceal::All));
        masked.masked = true;
        std::fs::write(&path, masked.to_json()).unwrap();
        let again = |record: &CallRecord| plan.evaluate(&CallFacts::from(record));
        let unseen = stored_report(&path).unwrap();
        assert!(unseen.masked);
        blind += u32::from(again(&unseen.into_record().unwrap()) != cards);

        let Some(private) = Private::between(&clear, &masked) else { continue };
        std::fs::write(&beside, private.to_json()).unwrap();
        let read = stored_report(&path).unwrap();
        assert!(!read.masked && read.scorecards == clear.scorecards);
        assert!(again(&read.into_record().unwrap()) == cards, "{:?}", record.info.call_id);
        hidden += 1;
        std::fs::remove_file(&beside).unwrap();
    }
    // Without the private files many would be judged otherwise, or this proves nothing.
    assert!(hidden > 10 && blind > 10, "{hidden} {blind}");
}
