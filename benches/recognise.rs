//! What does a window of speech cost to recognise, by length, language and beam? One worker on one
//! core, word times included.
//!
//! Throughput "elements" are milliseconds of speech.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::hint::black_box;

use common::{speech_en, speech_zh, window};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lingting::domain::{EngineRef, Language};
use lingting::engine::ct2::Ct2;
use lingting::engine::models::{ModelFiles, ModelFolder};
use lingting::speech::{Request, Transcriber};

fn ct2(beam: usize) -> Ct2 {
    let files = ModelFolder::resolve(None).locate("whisper-base-ct2").unwrap();
    let ModelFiles::Ct2 { dir } = &files else { panic!("not a CTranslate2 folder") };
    let id = EngineRef { name: "ctranslate2".into(), model: files.label(), sha256: String::new() };
    Ct2::open(dir, id, beam).unwrap()
}

fn recognise(c: &mut Criterion) {
    let voices =
        [("zh", speech_zh(), Language::chinese()), ("en", speech_en(), Language::english())];
    let mut group = c.benchmark_group("recognise");
    group.sample_size(10);
    for beam in [1, 2, 3, 5] {
        let mut engine = ct2(beam);
        for (name, voice, language) in &voices {
            // A single utterance, and what windows are packed to.
            let once = voice.len() / lingting::audio::SAMPLE_RATE_HZ as usize;
            for seconds in [once, 15] {
                let window = window(voice, seconds);
                let (language, prompt) = (language.clone(), String::new());
                let request = Request { language, prompt, draft: false };
                group.throughput(Throughput::Elements(seconds as u64 * 1000));
                let id = BenchmarkId::new(format!("{name} {seconds} s"), format!("beam {beam}"));
                group.bench_function(id, |b| {
                    b.iter(|| engine.transcribe(black_box(&window), &request).unwrap());
                });
            }
        }
    }
    let mut engine = ct2(1);
    // Of unequal length, as they come.
    let windows = [11, 12, 13, 14].map(|seconds| window(&voices[0].1, seconds));
    let request = Request { language: Language::chinese(), prompt: String::new(), draft: false };
    group.throughput(Throughput::Elements(50_000));
    group.bench_function("four windows, one by one", |b| {
        b.iter(|| {
            let heard = windows.each_ref().map(|window| engine.transcribe(window, &request));
            heard.map(Result::unwrap)
        });
    });
    group.bench_function("four windows together", |b| {
        let asked = windows.each_ref().map(|window| (window.as_slice(), &request));
        b.iter(|| engine.transcribe_all(black_box(&asked)));
    });
    let window = window(&voices[0].1, 15);
    group.throughput(Throughput::Elements(15_000));
    group.bench_function("detect language, 15 s", |b| {
        b.iter(|| engine.detect_language(black_box(&window)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, recognise);
criterion_main!(benches);
