//! What does a call cost once its words are known? Tokens, personal data, measures, rubrics, and the
//! reports, for a call of ten minutes.
//!
//! Throughput "elements" are milliseconds of call.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use common::{talk, telephone_wav, utterances};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lingting::domain::{
    CallId, CallInfo, Conversation, Direction, EndedCall, EngineRef, Language, Media, Transcript,
    Utterance,
};
use lingting::measure::{Input, MeasureConfig, measure};
use lingting::report::{UiLanguage, html};
use lingting::rubric::{CallFacts, Plan, WhoSpeaks, built_in};
use lingting::text::{pii, tokens};
use lingting::wire::report::{Report, Source, Timings};

const MINUTES: u64 = 10;
const DURATION_MS: u64 = MINUTES * 60_000;

fn info() -> CallInfo {
    CallInfo {
        direction: Some(Direction::Inbound),
        client: Some("星河商城".into()),
        language: Some(Language::chinese()),
        rings: Some(2),
        ..CallInfo::unknown(CallId::new("bench").unwrap())
    }
}

fn measured(utterances: &[Utterance]) -> Conversation {
    let loudness = utterances.iter().map(|one| (one.id, -20.0)).collect::<BTreeMap<_, _>>();
    measure(&Input {
        utterances,
        language: &Language::chinese(),
        loudness_dbfs: &loudness,
        holds: &[],
        announces_wait: &BTreeSet::from([2]),
        duration_ms: DURATION_MS,
        goes_on: false,
        config: &MeasureConfig::default(),
    })
}

fn judge(c: &mut Criterion) {
    let said = utterances(MINUTES);
    let info = info();
    let plan = Plan::compile(built_in().unwrap());
    let conversation = measured(&said);
    let facts = CallFacts {
        info: &info,
        utterances: &said,
        conversation: &conversation,
        duration_ms: DURATION_MS,
        parties_confidence: 1.0,
        who: WhoSpeaks::Told,
        direction_told: true,
        unheard: &[],
    };
    let mut group = c.benchmark_group("judge");
    group.sample_size(10);
    group.bench_function("load the built-in rubrics", |b| b.iter(|| built_in().unwrap()));
    group.bench_function("compile the built-in rubrics", |b| {
        b.iter_batched(|| built_in().unwrap(), Plan::compile, criterion::BatchSize::SmallInput);
    });
    group.throughput(Throughput::Elements(DURATION_MS));
    group.bench_function("tokens", |b| {
        b.iter(|| {
            black_box(&said).iter().map(|one| tokens(one.text.as_str()).len()).sum::<usize>()
        });
    });
    group.bench_function("personal data", |b| b.iter(|| pii::find(black_box(&said))));
    group.bench_function("measures", |b| b.iter(|| measured(black_box(&said))));
    group.bench_function("all built-in rubrics", |b| b.iter(|| plan.evaluate(black_box(&facts))));
    let ended = EndedCall {
        direction: None,
        media: Media {
            duration_ms: DURATION_MS,
            codec: "pcm_alaw".into(),
            sample_rate_hz: 8_000,
            channels: 2,
            legs: Vec::new(),
            problems: Vec::new(),
        },
        transcript: Transcript {
            language: Language::chinese(),
            engine: EngineRef { name: "none".into(), model: "none".into(), sha256: String::new() },
            utterances: said.clone(),
            rejected: Vec::new(),
        },
        conversation: conversation.clone(),
        pii: pii::find(&said),
        unheard: Vec::new(),
        parties_confidence: 1.0,
    };
    let source =
        Source { file: "bench.wav".into(), sha256: String::new(), settings: String::new() };
    let cards = plan.evaluate(&facts);
    let report = Report::new(&info, source, &ended, &cards, Timings::default());
    group.bench_function("report as JSON", |b| b.iter(|| black_box(&report).to_json()));
    let audio = telephone_wav(&talk(DURATION_MS as usize / 1000));
    let peaks = vec![vec![60; DURATION_MS as usize / 50]; 2];
    group.bench_function("report as a page, audio inside", |b| {
        let playback = html::Playback::Embedded(&audio);
        b.iter(|| html::page(black_box(&report), playback, &peaks, 20, UiLanguage::Zh));
    });
    group.finish();
}

criterion_group!(benches, judge);
criterion_main!(benches);
