//! From what the detectors hold to typed problems.
//!
//! In: a [`Sanity`] that has heard all, speech by leg. Out: [`SanityReport`]. Says nothing of words,
//! and never which key was pressed.

use super::{Copy, Leak, LeakEvidence, Sanity, Tone, ToneKind, joined};
use crate::audio::envelope::{LEVEL_MS, Levels};
use crate::domain::{LegIx, Problem, ProblemKind, Span};

/// A line at or under this carries nothing: A-law's silence is -72 dBFS, a quiet line's noise -65.
const DEAD_DBFS_MAX: f32 = -67.0;
/// A dead line for so long is worth a word.
const SILENCE_MS_MIN: u64 = 10_000;
/// Less speech than this is a click or a cough.
const SPEECH_MS_MIN: u64 = 400;
/// One-way is told only when the other party has spoken for so long.
const OTHER_SPEECH_MS_MIN: u64 = 3000;
/// Key presses nearer than this are one entry.
const KEYS_GAP_MS_MAX: u64 = 5000;
/// A span is gated from here on.
const LIKELY: f32 = 0.5;

/// What is known of a recording besides its words. Lists by leg are in the order of the legs.
#[derive(Debug, Clone, PartialEq)]
pub struct SanityReport {
    /// In time order; those of the whole recording first.
    pub problems: Vec<Problem>,
    /// Music on hold, by leg.
    pub music: Vec<Vec<Span>>,
    /// Call-progress tones, by leg.
    pub tones: Vec<Vec<Tone>>,
    /// Key presses, by leg.
    pub keys: Vec<Vec<Span>>,
    /// The other leg heard on this one, by leg.
    pub leaks: Vec<Option<Leak>>,
    /// The legs hold one signal.
    pub copy: Option<Copy>,
    /// Speech and noise levels, by leg; absent without speech.
    pub levels: Vec<Option<Levels>>,
}

/// Music, tones and keys so far.
pub(super) fn so_far(sanity: &Sanity) -> SanityReport {
    let music = music(sanity);
    let tones = sanity.legs.iter().zip(&music).map(|(watch, music)| watch.tones(music)).collect();
    let legs = sanity.legs.len();
    let keys: Vec<Vec<Span>> = sanity.legs.iter().map(|watch| watch.dtmf.presses()).collect();
    SanityReport {
        problems: key_presses(&keys),
        music,
        tones,
        keys,
        leaks: vec![None; legs],
        copy: None,
        levels: vec![None; legs],
    }
}

fn music(sanity: &Sanity) -> Vec<Vec<Span>> {
    let of = |watch: &super::Watch| match Span::new(Default::default(), watch.envelope.end()) {
        Some(all) => watch.music(all),
        None => Vec::new(),
    };
    sanity.legs.iter().map(of).collect()
}

pub(super) fn report(sanity: &Sanity, speech: &[Vec<Span>]) -> SanityReport {
    let legs = sanity.legs.len();
    let leg_ixs = || (0..legs).map(|ix| LegIx(ix as u8));
    let keys: Vec<Vec<Span>> = sanity.legs.iter().map(|watch| watch.dtmf.presses()).collect();
    let music = music(sanity);
    let tones: Vec<Vec<Tone>> =
        sanity.legs.iter().zip(&music).map(|(watch, music)| watch.tones(music)).collect();
    let copy = sanity.copy();
    let leaks: Vec<Option<Leak>> = leg_ixs()
        .map(|leg| match sanity.leak(leg) {
            LeakEvidence::Present(leak) if copy.is_none() => Some(leak),
            _ => None,
        })
        .collect();
    let voices: Vec<Vec<Span>> = leg_ixs()
        .map(|leg| {
            let heard = speech.get(leg.ix()).map(Vec::as_slice).unwrap_or_default();
            heard.iter().copied().filter(|span| own_voice(sanity, copy, leg, *span)).collect()
        })
        .collect();
    let levels = leg_ixs()
        .map(|leg| {
            let mut other: Vec<Span> = music[leg.ix()].clone();
            other.extend(tones[leg.ix()].iter().map(|tone| tone.span));
            other.extend(&keys[leg.ix()]);
            sanity.legs[leg.ix()].envelope.levels(&voices[leg.ix()], &joined(other))
        })
        .collect();
    let mut problems = Vec::new();
    problems.extend(copy.map(Copy::problem));
    problems.extend(leaks.iter().flatten().map(leaking));
    problems.extend(clipping(sanity));
    problems.extend(unheard(sanity, copy, &voices));
    problems.extend(dead_air(sanity));
    let rings: Vec<Vec<Span>> = tones
        .iter()
        .map(|tones| {
            tones.iter().filter(|tone| tone.kind == ToneKind::Ring).map(|tone| tone.span).collect()
        })
        .collect();
    problems.extend(heard(ProblemKind::RingTone, &rings));
    problems.extend(heard(ProblemKind::HoldMusic, &music));
    problems.extend(key_presses(&keys));
    problems.sort_by_key(|problem| (problem.span, problem.kind, problem.leg));
    SanityReport { problems, music, tones, keys, leaks, copy, levels }
}

/// Speech that is neither music nor tone nor the other leg's.
fn own_voice(sanity: &Sanity, copy: Option<Copy>, leg: LegIx, span: Span) -> bool {
    let covered_ms: u64 =
        sanity.non_speech(leg, span).iter().map(|other| other.overlap_ms(span)).sum();
    covered_ms * 2 < span.len_ms()
        && (copy.is_some() || sanity.crosstalk_likelihood(leg, span) < LIKELY)
}

fn whole(kind: ProblemKind, leg: Option<LegIx>, detail: String) -> Problem {
    Problem { kind, leg, span: None, detail }
}

impl Copy {
    /// The leg that holds all of the signal: what is quieter may be taken for the other leg heard through.
    pub fn louder(self) -> LegIx {
        LegIx(u8::from(self.gain_db > 0.0))
    }

    /// What is to be said about it.
    pub fn problem(self) -> Problem {
        let detail = format!("r = {:.3}, {:+.1} dB", self.correlation, self.gain_db);
        whole(ProblemKind::MonoAsStereo, None, detail)
    }
}

fn leaking(leak: &Leak) -> Problem {
    let detail = format!("{:.1} dB, {:+.1} ms", leak.gain_db, leak.delay_ms);
    whole(ProblemKind::Crosstalk, Some(leak.onto), detail)
}

fn clipping(sanity: &Sanity) -> Vec<Problem> {
    let clipped = sanity.legs.iter().enumerate().filter_map(|(ix, watch)| {
        let detail = format!("{:.2} %", 100.0 * watch.clipping.share()?);
        Some(whole(ProblemKind::Clipping, Some(LegIx(ix as u8)), detail))
    });
    clipped.collect()
}

/// Nobody speaks, or one party is not heard.
fn unheard(sanity: &Sanity, copy: Option<Copy>, voices: &[Vec<Span>]) -> Vec<Problem> {
    let spoken_ms: Vec<u64> =
        voices.iter().map(|spans| spans.iter().map(|span| span.len_ms()).sum()).collect();
    let detail = |ms: u64| format!("{:.1} s", ms as f64 / 1000.0);
    if spoken_ms.iter().all(|ms| *ms < SPEECH_MS_MIN) {
        return vec![whole(ProblemKind::NoSpeech, None, detail(spoken_ms.iter().sum()))];
    }
    if copy.is_some() || sanity.legs.len() < 2 {
        return Vec::new();
    }
    let most_ms = spoken_ms.iter().copied().max().unwrap_or(0);
    let silent = spoken_ms.iter().enumerate().filter(|(_, ms)| **ms < SPEECH_MS_MIN);
    silent
        .filter(|(ix, _)| most_ms >= OTHER_SPEECH_MS_MIN || dead(sanity, *ix))
        .map(|(ix, ms)| whole(ProblemKind::OneWayAudio, Some(LegIx(ix as u8)), detail(*ms)))
        .collect()
}

fn dead(sanity: &Sanity, leg: usize) -> bool {
    let envelope = &sanity.legs[leg].envelope;
    let frames = 0..envelope.frame_count();
    frames.filter_map(|ix| envelope.level_dbfs(ix)).all(|level| level <= DEAD_DBFS_MAX)
}

/// Stretches in which every line is dead.
fn dead_air(sanity: &Sanity) -> Vec<Problem> {
    let frames = sanity.legs.iter().map(|watch| watch.envelope.frame_count()).max().unwrap_or(0);
    let loudest = |ix: usize| {
        let levels = sanity.legs.iter().filter_map(|watch| watch.envelope.level_dbfs(ix));
        levels.fold(f32::NEG_INFINITY, f32::max)
    };
    let mut problems = Vec::new();
    let mut start = 0;
    for ix in 0..=frames {
        if ix < frames && loudest(ix) <= DEAD_DBFS_MAX {
            continue;
        }
        let span = Span::from_ms(start as u64 * LEVEL_MS, ix as u64 * LEVEL_MS);
        if let Some(span) = span.filter(|span| span.len_ms() >= SILENCE_MS_MIN) {
            let detail = format!("{:.1} s", span.len_ms() as f64 / 1000.0);
            problems.push(Problem {
                kind: ProblemKind::Silence,
                leg: None,
                span: Some(span),
                detail,
            });
        }
        start = ix + 1;
    }
    problems
}

/// One problem a stretch; what sounds on several legs at once is told once, of the whole recording.
fn heard(kind: ProblemKind, by_leg: &[Vec<Span>]) -> Vec<Problem> {
    let stretches = joined(by_leg.iter().flatten().copied().collect());
    let problem = |span: Span| {
        let on = |spans: &Vec<Span>| spans.iter().any(|other| other.overlap(span).is_some());
        let mut legs = (0..by_leg.len()).filter(|ix| on(&by_leg[*ix])).map(|ix| LegIx(ix as u8));
        let first = legs.next();
        let leg = first.filter(|_| legs.next().is_none());
        Problem { kind, leg, span: Some(span), detail: seconds(span) }
    };
    stretches.into_iter().map(problem).collect()
}

fn seconds(span: Span) -> String {
    format!("{:.1} s", span.len_ms() as f64 / 1000.0)
}

fn key_presses(keys: &[Vec<Span>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (ix, presses) in keys.iter().enumerate() {
        let apart = |a: &Span, b: &Span| b.start().since_ms(a.end()) <= KEYS_GAP_MS_MAX;
        for entry in presses.chunk_by(apart) {
            problems.push(Problem {
                kind: ProblemKind::Dtmf,
                leg: Some(LegIx(ix as u8)),
                span: entry.iter().copied().reduce(Span::cover),
                detail: format!("×{}", entry.len()),
            });
        }
    }
    problems
}
