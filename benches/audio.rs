//! What does a second of a two-leg telephone call cost before it is recognised? Stage by stage:
//! decoding and resampling, playback audio, channel sanity, voice activity, segments and windows.
//!
//! Throughput "elements" are milliseconds of call, both legs together.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::hint::black_box;
use std::io::Cursor;

use common::{BLOCK_SAMPLES, talk, telephone_wav};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lingting::audio::playback::{Band, Playback};
use lingting::audio::resample::Resampler;
use lingting::audio::sanity::Sanity;
use lingting::domain::LegIx;
use lingting::speech::{Packer, Segmenter, SegmenterConfig, VAD_FRAME_SAMPLES};

const SECONDS: usize = 60;

fn blocks(legs: &[Vec<f32>]) -> Vec<Vec<&[f32]>> {
    let count = legs[0].len().div_ceil(BLOCK_SAMPLES);
    (0..count)
        .map(|ix| legs.iter().map(|leg| leg.chunks(BLOCK_SAMPLES).nth(ix).unwrap()).collect())
        .collect()
}

fn stages(c: &mut Criterion) {
    let legs = talk(SECONDS);
    let file = telephone_wav(&legs);
    let blocks = blocks(&legs);
    let mut group = c.benchmark_group("audio");
    group.throughput(Throughput::Elements(SECONDS as u64 * 1000)).sample_size(10);
    group.bench_function("decode and resample 8 kHz WAV", |b| {
        b.iter(|| common::decoded(black_box(&file)));
    });
    let narrow: Vec<Vec<f32>> =
        legs.iter().map(|leg| leg.iter().step_by(2).copied().collect()).collect();
    group.bench_function("resample 8 kHz", |b| {
        b.iter(|| {
            let mut resampler = Resampler::new(8_000, 2).unwrap();
            let mut out = vec![Vec::new(); 2];
            resampler.push(black_box(&narrow), &mut out).unwrap();
            resampler.finish(&mut out).unwrap();
            out
        });
    });
    for (name, band) in [("playback 8 kHz", Band::Narrow), ("playback 16 kHz", Band::Wide)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut playback = Playback::new(Cursor::new(Vec::new()), 2, band, None).unwrap();
                for block in black_box(&blocks) {
                    playback.push(block).unwrap();
                }
                playback.finish().unwrap()
            });
        });
    }
    group.bench_function("sanity", |b| {
        b.iter(|| {
            let mut sanity = Sanity::new(2);
            for block in black_box(&blocks) {
                sanity.push(block);
            }
            sanity.finish(&[Vec::new(), Vec::new()])
        });
    });
    let heard = probabilities(&legs[0]);
    group.bench_function("segments and windows", |b| {
        b.iter(|| windows(black_box(&legs[0]), &heard).max(windows(&legs[1], &heard)));
    });
    group.finish();
}

/// Speech wherever it is loud, in place of a model: what is measured here is what comes after it.
fn probabilities(samples: &[f32]) -> Vec<f32> {
    let loud = |frame: &[f32]| frame.iter().map(|s| s * s).sum::<f32>() / frame.len() as f32 > 1e-4;
    samples.chunks(VAD_FRAME_SAMPLES).map(|f| if loud(f) { 0.9 } else { 0.05 }).collect()
}

fn windows(samples: &[f32], heard: &[f32]) -> usize {
    let mut segmenter = Segmenter::new(LegIx(0), SegmenterConfig::default());
    let mut packer = Packer::new(15_000);
    let mut count = 0;
    for (block, heard) in
        samples.chunks_exact(BLOCK_SAMPLES).zip(heard.chunks(BLOCK_SAMPLES / VAD_FRAME_SAMPLES))
    {
        for segment in segmenter.push(block, heard) {
            count += packer.push(segment).count();
        }
    }
    count
        + segmenter
            .finish(&[])
            .into_iter()
            .flat_map(|rest| packer.push(rest).collect::<Vec<_>>())
            .count()
}

#[cfg(feature = "onnx")]
fn vad(c: &mut Criterion) {
    use lingting::audio::SAMPLE_RATE_HZ;
    use lingting::engine::models::ModelFolder;
    use lingting::engine::{onnx, silero::Silero, speaker::Ge2e};
    use lingting::speech::{SpeakerEmbedder, Vad};
    let models = ModelFolder::resolve(None);
    let environment = onnx::environment(&models.file_of("onnxruntime").unwrap()).unwrap();
    let model = Silero::model(&environment, &models.file_of("silero-vad").unwrap());
    let mut silero = Silero::new(model.unwrap());
    let leg = talk(SECONDS).swap_remove(0);
    let mut group = c.benchmark_group("voice, one leg");
    group.throughput(Throughput::Elements(SECONDS as u64 * 1000)).sample_size(10);
    // The session asks for 8 frames at a time; what would longer questions save?
    for frames in [8, 64] {
        group.bench_function(format!("activity (Silero), {frames} frames at a time"), |b| {
            b.iter(|| {
                silero.reset();
                for block in black_box(&leg).chunks_exact(frames * VAD_FRAME_SAMPLES) {
                    black_box(silero.probabilities(block).unwrap());
                }
            });
        });
    }
    let model = Ge2e::model(&environment, &models.file_of("speaker-ge2e").unwrap());
    let mut ge2e = Ge2e::new(model.unwrap());
    let voice = &leg[..SAMPLE_RATE_HZ as usize * 2];
    group.throughput(Throughput::Elements(2_000));
    group.bench_function("speaker embedding of 2 s (GE2E)", |b| {
        b.iter(|| ge2e.embed(black_box(voice)).unwrap());
    });
    group.finish();
}

#[cfg(not(feature = "onnx"))]
fn vad(_: &mut Criterion) {}

criterion_group!(benches, stages, vad);
criterion_main!(benches);
