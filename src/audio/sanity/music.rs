//! Music on hold.
//!
//! In: long power spectra of one leg (128 ms, every 64 ms). Out: spans of music. What tells music
//! from speech here is that its lines stand still: a note keeps its pitch for a quarter of a second,
//! while a voice glides. Over four seconds the power in lines that did not move is above 0.2 of all
//! power for music and below 0.15 for speech in any language. Stores 17 bytes a second.

use super::{LONG_HOP, LONG_SIZE, frame_start};
use crate::audio::SAMPLE_RATE_HZ;
use crate::audio::envelope::Envelope;
use crate::audio::spectrum::{TOP_HZ, bin_of};
use crate::domain::Span;

/// Frames of a judged stretch: about four seconds.
const WINDOW_FRAMES: usize = 64;
/// Mean share of still lines that starts a span of music, and that keeps it going.
const STILL_MIN: f32 = 0.19;
const STILL_KEEP_MIN: f32 = 0.165;
/// Below this a frame is line noise with its hum.
const LEVEL_DBFS_MIN: f32 = -48.0;
/// Frames this far below the loudest of the stretch are pauses, and do not count.
const DROP_DB_MAX: f32 = 30.0;
/// Music has few pauses.
const ACTIVE_SHARE_MIN: f32 = 0.75;
const MUSIC_MS_MIN: u64 = 3000;
/// A line stands this far above the mean of its neighbours.
const PROMINENCE: f32 = 2.5;
const NEIGHBOURS: usize = 16;

/// Watches one leg.
#[derive(Debug, Clone)]
pub(super) struct Music {
    /// Share of still lines by frame, 255 is all.
    still: Vec<u8>,
    /// Shapes of the last two spectra.
    before: [Vec<f32>; 2],
    low: Vec<f32>,
}

impl Music {
    pub(super) fn new() -> Self {
        let width = band().len();
        Self {
            still: Vec::new(),
            before: [vec![0.0; width], vec![0.0; width]],
            low: vec![0.0; width],
        }
    }

    /// Takes the next frame.
    pub(super) fn push(&mut self, bins: &[f32]) {
        let bins = &bins[band()];
        let total = bins.iter().sum::<f32>().max(1e-12);
        let [older, old] = &mut self.before;
        for ((low, bin), old) in self.low.iter_mut().zip(bins).zip(old.iter()) {
            *low = (bin / total).min(*old);
        }
        let share = still_share(&self.low, older);
        self.still.push((share.min(1.0) * 255.0).round() as u8);
        std::mem::swap(older, old);
        for (slot, bin) in old.iter_mut().zip(bins) {
            *slot = bin / total;
        }
    }

    /// Music inside `within`. `silent` are stretches that count as pauses: tones.
    pub(super) fn spans(&self, envelope: &Envelope, silent: &[Span], within: Span) -> Vec<Span> {
        // The judged stretches reach beyond the span asked for.
        let margin = WINDOW_FRAMES;
        let first = frame_at(within.start().ms()).saturating_sub(margin);
        let last = (frame_at(within.end().ms()) + margin).min(self.still.len());
        let frames: Vec<(f32, f32)> = (first..last)
            .map(|ix| {
                let span = Span::at_least_1_ms(frame_start(ix), frame_start(ix + 1));
                let muted = silent.iter().any(|tone| tone.overlap(span).is_some());
                let level = envelope.rms_dbfs(span).unwrap_or(f32::NEG_INFINITY);
                (f32::from(self.still[ix]) / 255.0, if muted { f32::NEG_INFINITY } else { level })
            })
            .collect();
        merged(&frames)
            .into_iter()
            .filter_map(|(from, to)| {
                Span::new(frame_start(first + from), frame_start(first + to + 1))
            })
            .filter(|span| span.len_ms() >= MUSIC_MS_MIN)
            .filter_map(|span| span.overlap(within))
            .collect()
    }
}

const MUSIC_TOP_HZ: f32 = 3440.0;
const _: () = assert!(MUSIC_TOP_HZ < TOP_HZ);

fn band() -> std::ops::Range<usize> {
    bin_of(195.0, LONG_SIZE)..bin_of(MUSIC_TOP_HZ, LONG_SIZE)
}

fn frame_at(ms: u64) -> usize {
    (ms * u64::from(SAMPLE_RATE_HZ) / 1000 / LONG_HOP as u64) as usize
}

/// Power in lines that are in this spectrum and in both before it.
fn still_share(low: &[f32], older: &[f32]) -> f32 {
    let width = low.len();
    let mut sum: f32 = low[..NEIGHBOURS].iter().sum();
    let mut share = 0.0;
    for ix in 0..width {
        if ix + NEIGHBOURS < width {
            sum += low[ix + NEIGHBOURS];
        }
        if ix > NEIGHBOURS {
            sum -= low[ix - NEIGHBOURS - 1];
        }
        let count = (ix + NEIGHBOURS).min(width - 1) - ix.saturating_sub(NEIGHBOURS) + 1;
        if low[ix] > PROMINENCE * sum / count as f32 {
            share += low[ix].min(older[ix]);
        }
    }
    share
}

/// Runs of frames (first, last) that lie in music, from `(still share, level)` by frame.
fn merged(frames: &[(f32, f32)]) -> Vec<(usize, usize)> {
    let judged: Vec<f32> = frames.windows(WINDOW_FRAMES).map(judge).collect();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut ix = 0;
    while ix < judged.len() {
        let from = ix;
        let mut best = 0.0f32;
        while ix < judged.len() && judged[ix] >= STILL_KEEP_MIN {
            best = best.max(judged[ix]);
            ix += 1;
        }
        if best >= STILL_MIN {
            // The frames in the middle of the stretches, and from there outwards to where the
            // lines stop standing still.
            let (from, to) = (from + WINDOW_FRAMES / 2, ix - 1 + WINDOW_FRAMES / 2);
            let (from, to) = (reach(frames, from, to, -1), reach(frames, to, from, 1));
            match runs.last_mut() {
                Some(last) if from <= last.1 + 8 => last.1 = last.1.max(to),
                _ if from < to => runs.push((from, to)),
                _ => {}
            }
        }
        ix += 1;
    }
    runs
}

/// Mean share of still lines over the frames that sound; zero when few do.
fn judge(window: &[(f32, f32)]) -> f32 {
    let loudest = window.iter().map(|frame| frame.1).fold(f32::NEG_INFINITY, f32::max);
    let least = (loudest - DROP_DB_MAX).max(LEVEL_DBFS_MIN);
    let (sum, active) = window
        .iter()
        .filter(|frame| frame.1 >= least)
        .fold((0.0, 0usize), |(sum, count), frame| (sum + frame.0, count + 1));
    if (active as f32) < ACTIVE_SHARE_MIN * window.len() as f32 {
        return 0.0;
    }
    sum / active as f32
}

/// Moves `edge` by `step` while the frames around it still look like music, or back towards
/// `inside` while they do not.
fn reach(frames: &[(f32, f32)], edge: usize, inside: usize, step: isize) -> usize {
    const AROUND: usize = 4;
    let sounds = |at: usize| {
        let near = &frames[at.saturating_sub(AROUND)..(at + AROUND + 1).min(frames.len())];
        let still = near.iter().map(|frame| frame.0).sum::<f32>() / near.len() as f32;
        frames[at].1 >= LEVEL_DBFS_MIN && still >= STILL_KEEP_MIN
    };
    let mut at = edge;
    while !sounds(at) && at != inside {
        at = at.saturating_add_signed(-step);
    }
    for _ in 0..WINDOW_FRAMES {
        match at.checked_add_signed(step) {
            Some(next) if next < frames.len() && sounds(next) => at = next,
            _ => break,
        }
    }
    at
}
