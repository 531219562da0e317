//! Calls made here: voices that glide, tones, keys, music, leaks.

use proptest::prelude::*;

use super::*;
use crate::domain::ProblemKind;

const RATE: f32 = 16_000.0;

/// Numbers that look drawn, the same for one seed.
struct Draw(u64);

impl Draw {
    /// Between 0 and 1.
    fn next(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }
}

fn samples(seconds: f32) -> usize {
    (seconds * RATE) as usize
}

fn noise(seconds: f32, dbfs: f32, seed: u64) -> Vec<f32> {
    let mut draw = Draw(seed);
    let amplitude = 10f32.powf(dbfs / 20.0) * 3f32.sqrt();
    (0..samples(seconds)).map(|_| amplitude * (2.0 * draw.next() - 1.0)).collect()
}

/// Something with a voice's rhythm: syllables whose pitch glides, in phrases with pauses. With it,
/// where the phrases are.
fn voice(seconds: f32, level: f32, seed: u64) -> (Vec<f32>, Vec<Span>) {
    let mut draw = Draw(seed);
    let mut out = noise(seconds, -58.0, seed + 77);
    let mut phrases = Vec::new();
    let mut at = samples(0.3 + draw.next());
    while at + samples(3.0) < out.len() {
        let start = at;
        for _ in 0..4 + (draw.next() * 6.0) as usize {
            let length = samples(0.12 + 0.14 * draw.next());
            let (from_hz, to_hz) = (110.0 + 120.0 * draw.next(), 110.0 + 120.0 * draw.next());
            let formant_hz = 400.0 + 1200.0 * draw.next();
            let mut phase = 0.0f32;
            for n in 0..length {
                let part = n as f32 / length as f32;
                let hz = from_hz + (to_hz - from_hz) * part;
                phase += std::f32::consts::TAU * hz / RATE;
                let swell = (std::f32::consts::PI * part).sin();
                let lines = (1..18).map(|h| {
                    let away = (hz * h as f32 - formant_hz) / 500.0;
                    (phase * h as f32).sin() * (0.1 + (-away * away).exp())
                });
                out[at + n] += level * 0.3 * swell * lines.sum::<f32>();
            }
            at += length;
        }
        phrases.extend(span_of(start, at));
        at += samples(0.4 + draw.next());
    }
    (out, phrases)
}

fn span_of(start: usize, end: usize) -> Option<Span> {
    Span::from_ms(start as u64 / 16, end as u64 / 16)
}

fn add(into: &mut [f32], at_s: f32, seconds: f32, lines_hz: &[f32], amplitude: f32) {
    let start = samples(at_s);
    for n in 0..samples(seconds) {
        let t = n as f32 / RATE;
        for hz in lines_hz {
            into[start + n] += amplitude * (std::f32::consts::TAU * hz * t).sin();
        }
    }
}

fn heard(legs: &[&[f32]]) -> Sanity {
    let mut sanity = Sanity::new(legs.len());
    sanity.push(legs);
    sanity
}

fn kinds(report: &SanityReport) -> Vec<ProblemKind> {
    report.problems.iter().map(|problem| problem.kind).collect()
}

/// `on_off_s`: soundings and pauses in turn.
#[track_caller]
fn check_tone(lines_hz: &[f32], on_off_s: &[f32], want: Option<ToneKind>) {
    let mut line = noise(on_off_s.iter().sum::<f32>() + 1.0, -55.0, 5);
    let (mut at, mut end) = (0.5, 0.0);
    for (ix, seconds) in on_off_s.iter().enumerate() {
        if ix % 2 == 0 {
            add(&mut line, at, *seconds, lines_hz, 0.1);
            end = at + seconds;
        }
        at += seconds;
    }
    let tones = heard(&[&line]).finish(&[]).tones.remove(0);
    assert_eq!(tones.first().map(|tone| tone.kind), want, "{lines_hz:?} {tones:?}");
    if let Some(tone) = tones.first() {
        assert_eq!(tone.soundings.len(), on_off_s.len().div_ceil(2), "{tones:?}");
        assert!(tone.span.start().ms().abs_diff(500) <= 80, "{tones:?}");
        assert!(tone.span.end().ms().abs_diff((end * 1000.0) as u64) <= 80, "{tones:?}");
    }
}

#[test]
fn rings_of_the_world() {
    check_tone(&[450.0], &[1.0, 4.0, 1.0, 4.0, 1.0], Some(ToneKind::Ring));
    check_tone(&[440.0, 480.0], &[2.0, 4.0, 2.0], Some(ToneKind::Ring));
    check_tone(&[400.0, 450.0], &[0.4, 0.2, 0.4, 2.0, 0.4, 0.2, 0.4], Some(ToneKind::Ring));
    check_tone(&[425.0], &[1.0, 4.0, 1.0], Some(ToneKind::Ring));
    check_tone(&[440.0], &[1.5, 3.5, 1.5], Some(ToneKind::Ring));
    check_tone(&[450.0], &[1.0], Some(ToneKind::Ring));
}

#[test]
fn other_tones_are_no_ring() {
    check_tone(&[450.0], &[0.35, 0.35, 0.35, 0.35, 0.35, 0.35, 0.35], Some(ToneKind::Busy));
    check_tone(&[480.0, 620.0], &[0.5, 0.5, 0.5, 0.5, 0.5], Some(ToneKind::Busy));
    check_tone(&[350.0, 440.0], &[6.0], Some(ToneKind::Steady));
    check_tone(&[450.0], &[0.3], None);
}

#[track_caller]
fn check_key(lines_hz: [f32; 2], seconds: f32, presses: usize) {
    let mut line = noise(2.0, -50.0, 9);
    add(&mut line, 0.5, seconds, &lines_hz, 0.1);
    add(&mut line, 1.2, seconds, &lines_hz, 0.1);
    let report = heard(&[&line]).finish(&[]);
    assert_eq!(report.keys[0].len(), presses, "{:?}", report.keys);
    for (span, at_ms) in report.keys[0].iter().zip([500u64, 1200]) {
        assert!(span.start().ms().abs_diff(at_ms) <= 15, "{span}");
        assert!(span.len_ms().abs_diff((seconds * 1000.0) as u64) <= 25, "{span}");
    }
    assert_eq!(kinds(&report).contains(&ProblemKind::Dtmf), presses > 0);
}

#[test]
fn keys_are_found_and_not_named() {
    for row in [697.0, 770.0, 852.0, 941.0] {
        for column in [1209.0, 1336.0, 1477.0, 1633.0] {
            check_key([row, column], 0.1, 2);
            check_key([row * 1.01, column * 0.99], 0.045, 2);
        }
    }
    check_key([697.0, 1209.0], 0.02, 0);
    check_key([697.0, 1270.0], 0.1, 0);
    check_key([730.0, 1336.0], 0.1, 0);
}

/// Broken chords, each note dying away.
fn music(seconds: f32) -> Vec<f32> {
    let mut out = noise(seconds + 1.0, -60.0, 3);
    let notes_hz = [261.6, 329.6, 392.0, 523.3, 392.0, 329.6, 220.0, 261.6, 329.6, 440.0];
    for n in 0..(seconds / 0.3) as usize {
        let hz = notes_hz[n % notes_hz.len()];
        let start = samples(n as f32 * 0.3);
        for m in 0..samples(0.9).min(out.len() - start) {
            let t = m as f32 / RATE;
            let tone = (std::f32::consts::TAU * hz * t).sin()
                + 0.4 * (std::f32::consts::TAU * 2.0 * hz * t).sin();
            out[start + m] += 0.06 * (-3.0 * t).exp() * tone;
        }
    }
    out
}

#[test]
fn music_is_found_between_speech() {
    let (mut line, mut speech) = voice(12.0, 0.2, 1);
    let from = line.len();
    line.extend(music(10.0));
    let to = line.len();
    let (after, phrases) = voice(12.0, 0.2, 2);
    line.extend(after);
    let late = to as u64 / 16;
    speech.extend(
        phrases
            .iter()
            .filter_map(|span| Span::from_ms(span.start().ms() + late, span.end().ms() + late)),
    );
    let sanity = heard(&[&line]);
    let report = sanity.finish(&[speech]);
    let [span] = report.music[0][..] else { panic!("{:?}", report.music) };
    assert!(span.start().ms().abs_diff(from as u64 / 16) < 500, "{span}");
    assert!(span.end().ms().abs_diff(to as u64 / 16) < 1500, "{span}");
    let inside = Span::from_ms(14_000, 16_000).unwrap();
    assert_eq!(sanity.non_speech(LegIx(0), inside), vec![inside]);
    assert_eq!(kinds(&report), vec![ProblemKind::HoldMusic]);
}

#[test]
fn speech_rings_no_bell() {
    for seed in 0..8 {
        let (line, speech) = voice(30.0, 0.25, seed);
        assert_eq!(heard(&[&line]).finish(&[speech]).problems, vec![], "seed {seed}");
    }
}

fn mixed(own: &[f32], other: &[f32], gain_db: f32, delay_ms: usize) -> Vec<f32> {
    let gain = 10f32.powf(gain_db / 20.0);
    let late = delay_ms * 16;
    own.iter()
        .enumerate()
        .map(|(n, x)| x + if n >= late { gain * other[n - late] } else { 0.0 })
        .collect()
}

/// Two voices in turn, ten seconds each.
fn conversation() -> [(Vec<f32>, Vec<Span>); 2] {
    [0, 1].map(|leg: usize| {
        let (mut line, mut phrases) = voice(60.0, 0.2, 20 + leg as u64);
        let hush = noise(60.0, -58.0, 90 + leg as u64);
        let mine = |ms: u64| (ms / 10_000) as usize % 2 == leg;
        for (n, sample) in line.iter_mut().enumerate() {
            if !mine(n as u64 / 16) {
                *sample = hush[n];
            }
        }
        phrases.retain(|span| mine(span.start().ms()) && mine(span.end().ms()));
        (line, phrases)
    })
}

#[track_caller]
fn check_leak(gain_db: f32, delay_ms: usize) {
    let [(a, said_a), (b, said_b)] = conversation();
    let b_heard = mixed(&b, &a, gain_db, delay_ms);
    let sanity = heard(&[&a, &b_heard]);
    let report = sanity.finish(&[said_a.clone(), said_b.clone()]);
    assert_eq!(kinds(&report), vec![ProblemKind::Crosstalk], "{:?}", report.problems);
    let leak = report.leaks[1].unwrap();
    assert!((leak.gain_db - gain_db).abs() < 1.5, "{leak:?}");
    assert!((leak.delay_ms - delay_ms as f32).abs() < 0.3, "{leak:?}");
    for span in &said_a {
        let late = delay_ms as u64;
        let echo = Span::from_ms(span.start().ms() + late, span.end().ms() + late).unwrap();
        assert!(sanity.crosstalk_likelihood(LegIx(1), echo) >= 0.5, "{echo} at {gain_db}");
        assert!(sanity.crosstalk_likelihood(LegIx(0), *span) < 0.5, "{span} own");
    }
    for span in &said_b {
        assert!(sanity.crosstalk_likelihood(LegIx(1), *span) < 0.5, "{span} own");
    }
}

#[test]
fn a_leak_is_measured_and_gated() {
    check_leak(-14.0, 0);
    check_leak(-20.0, 35);
    check_leak(-28.0, 90);
    check_leak(-34.0, 12);
}

#[test]
fn an_answer_is_cut_free_of_the_leak_before_it() {
    let [(a, said_a), (b, said_b)] = conversation();
    for gain_db in [-18.0, -24.0, -30.0] {
        let sanity = heard(&[&a, &mixed(&b, &a, gain_db, 10)]);
        for answer in &said_b {
            assert_eq!(sanity.own_parts(LegIx(1), *answer, 0.5), vec![*answer], "{gain_db}");
        }
        for question in &said_a {
            let after = |span: &&Span| span.start() > question.end();
            let Some(answer) = said_b.iter().find(after) else { continue };
            let next = said_a.iter().find(after).is_none_or(|span| span.start() > answer.end());
            if !next {
                continue;
            }
            let parts = sanity.own_parts(LegIx(1), question.cover(*answer), 0.5);
            let kept = |span: Span| parts.iter().map(|part| part.overlap_ms(span)).sum::<u64>();
            assert_eq!(kept(*answer), answer.len_ms(), "{answer} after {question}: {parts:?}");
            assert!(kept(*question) <= 120, "{question} before {answer}: {parts:?}");
        }
    }
}

#[test]
fn talking_at_once_is_not_gated() {
    for gain_db in [-16.0, -30.0] {
        let (a, said_a) = voice(60.0, 0.2, 31);
        let (b, said_b) = voice(60.0, 0.1, 32);
        let b_heard = mixed(&b, &a, gain_db, 20);
        let sanity = heard(&[&a, &b_heard]);
        for span in &said_b {
            assert!(sanity.crosstalk_likelihood(LegIx(1), *span) < 0.5, "{span} {gain_db}");
        }
        for span in &said_a {
            assert!(sanity.crosstalk_likelihood(LegIx(0), *span) < 0.5, "{span} {gain_db}");
        }
    }
}

#[test]
fn strangers_do_not_leak() {
    let [(a, said_a), (b, said_b)] = conversation();
    let report = heard(&[&a, &b]).finish(&[said_a, said_b]);
    assert_eq!(report.problems, vec![]);
    assert_eq!(report.leaks, vec![None, None]);
}

#[track_caller]
fn check_copy(gain: f32, noise_dbfs: f32) {
    let (a, said) = voice(20.0, 0.2, 40);
    let hiss = noise(20.0, noise_dbfs, 41);
    let b: Vec<f32> = a.iter().zip(&hiss).map(|(x, n)| gain * x + n).collect();
    let report = heard(&[&a, &b]).finish(&[said.clone(), said]);
    assert_eq!(kinds(&report), vec![ProblemKind::MonoAsStereo], "{:?}", report.problems);
    let copy = report.copy.unwrap();
    assert!((copy.gain_db - 20.0 * gain.log10()).abs() < 0.5, "{copy:?}");
}

#[test]
fn copies_are_no_second_leg() {
    check_copy(1.0, -127.0);
    check_copy(1.0, -60.0);
    check_copy(0.5, -60.0);
    check_copy(0.25, -127.0);
}

#[test]
fn a_clipped_leg_is_told_from_a_loud_one() {
    let (mut line, speech) = voice(20.0, 0.2, 50);
    let peak = line.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
    for sample in &mut line {
        *sample /= peak;
    }
    assert_eq!(heard(&[&line]).finish(std::slice::from_ref(&speech)).problems, vec![]);
    for sample in &mut line {
        *sample = (*sample * 3.0).clamp(-0.98, 0.98);
    }
    assert_eq!(kinds(&heard(&[&line]).finish(&[speech])), vec![ProblemKind::Clipping]);
}

#[test]
fn a_leg_without_a_voice() {
    let (a, said) = voice(20.0, 0.2, 60);
    let dead = vec![0.0; a.len()];
    let hiss = noise(20.0, -60.0, 61);
    for other in [&dead, &hiss] {
        let report = heard(&[&a, other]).finish(&[said.clone(), vec![]]);
        assert_eq!(kinds(&report), vec![ProblemKind::OneWayAudio]);
        assert_eq!(report.problems[0].leg, Some(LegIx(1)));
    }
    assert_eq!(kinds(&heard(&[&hiss]).finish(&[vec![]])), vec![ProblemKind::NoSpeech]);
}

#[test]
fn a_dead_line_is_silence() {
    let (mut a, _) = voice(30.0, 0.2, 70);
    let mut b = noise(30.0, -58.0, 71);
    a[samples(10.0)..samples(22.0)].fill(0.0);
    b[samples(10.0)..samples(22.0)].fill(1e-4);
    let problems = heard(&[&a, &b]).finish(&[]).problems;
    let silence: Vec<_> =
        problems.iter().filter(|problem| problem.kind == ProblemKind::Silence).collect();
    assert_eq!(silence.len(), 1);
    assert_eq!(silence[0].span, Span::from_ms(10_000, 22_000));
}

#[test]
fn nothing_at_all_is_no_panic() {
    let report = Sanity::new(2).finish(&[]);
    assert_eq!(kinds(&report), vec![ProblemKind::NoSpeech]);
    assert_eq!(Sanity::new(0).finish(&[]).music.len(), 0);
    let mut sanity = Sanity::new(2);
    sanity.push(&[&[f32::NAN; 5000], &[0.1; 100]]);
    sanity.finish(&[vec![Span::from_ms(0, 9_000_000).unwrap()]]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn cutting_changes_nothing(
        cuts in proptest::collection::vec(1usize..9000, 1..12),
        clipped in proptest::bool::ANY,
    ) {
        let (mut a, said_a) = voice(9.0, 0.2, 80);
        let (b, said_b) = voice(9.0, 0.2, 81);
        add(&mut a, 0.0, 1.0, &[450.0], 0.1);
        add(&mut a, 5.0, 0.1, &[770.0, 1336.0], 0.2);
        let b = mixed(&b, &a, -20.0, 7);
        if clipped {
            a.iter_mut().for_each(|sample| *sample = (*sample * 8.0).clamp(-0.98, 0.98));
        }
        let speech = [said_a, said_b];
        let whole = heard(&[&a, &b]).finish(&speech);
        prop_assert_eq!(kinds(&whole).contains(&ProblemKind::Clipping), clipped);
        let mut pieces = Sanity::new(2);
        let mut at = 0;
        for cut in cuts.iter().cycle() {
            let end = (at + cut).min(a.len());
            pieces.push(&[&a[at..end], &b[at..end]]);
            at = end;
            if at == a.len() { break; }
        }
        prop_assert_eq!(whole, pieces.finish(&speech));
    }
}
