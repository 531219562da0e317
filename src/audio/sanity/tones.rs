//! Call-progress tones: ringing, busy, dial.
//!
//! In: long power spectra of one leg (128 ms, every 64 ms). Out: spans of pure tones, told apart by
//! frequency and by the rhythm of on and off. Speech is never this pure: nearly all its power in one
//! or two lines that stand still.

use super::{LONG_HOP, LONG_SIZE};
use crate::audio::envelope::power;
use crate::audio::spectrum::{bin_of, line_hz, peak_bin, power_near};
use crate::audio::SAMPLE_RATE_HZ;
use crate::domain::{AudioTime, Span};

/// What a call-progress tone tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ToneKind {
    /// The far telephone rings.
    Ring,
    /// Engaged, or no way through.
    Busy,
    /// A pure tone with no rhythm of those: dial tone, test tone, a beep.
    Steady,
}

/// A call-progress tone, from its first sounding to its last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tone {
    /// What it tells.
    pub kind: ToneKind,
    /// From the first sounding to the end of the last.
    pub span: Span,
    /// Soundings.
    pub count: u32,
    /// Lower line, in Hz.
    pub low_hz: f32,
    /// Upper line, in Hz; absent for a single tone.
    pub high_hz: Option<f32>,
}

const LEVEL_DBFS_MIN: f32 = -50.0;
/// Of the power of the telephone band. Line noise 15 dB down leaves 97 %.
const SHARE_MIN: f32 = 0.85;
/// A second line further below the first than this is noise.
const SECOND_SHARE_MIN: f32 = 0.08;
const DRIFT_HZ_MAX: f32 = 6.0;
/// Shorter stretches are left alone: a sung or hummed note, a key tone.
const ON_MS_MIN: u64 = 180;
/// The longest pause between rings in use is 5 s.
const OFF_MS_MAX: u64 = 6500;

/// One sounding.
#[derive(Debug, Clone, Copy, PartialEq)]
struct On {
    span: Span,
    low_hz: f32,
    high_hz: Option<f32>,
}

/// Watches one leg.
#[derive(Debug, Clone, Default)]
pub(super) struct Tones {
    open: Option<(u64, u64, f32, Option<f32>)>,
    heard: Vec<On>,
}

impl Tones {
    /// Takes frame number `frame`.
    pub(super) fn push(&mut self, frame: u64, bins: &[f32]) {
        let now = lines(bins);
        match (&mut self.open, now) {
            (Some((_, last, low, high)), Some(found)) if same(found, (*low, *high)) => *last = frame,
            (_, found) => {
                self.close();
                self.open = found.map(|(low, high)| (frame, frame, low, high));
            }
        }
    }

    fn close(&mut self) {
        self.heard.extend(self.open.take().and_then(sounding));
    }

    /// Every tone so far, soundings of one rhythm together.
    pub(super) fn tones(&self) -> Vec<Tone> {
        let mut groups: Vec<Vec<On>> = Vec::new();
        for on in self.heard.iter().copied().chain(self.open.and_then(sounding)) {
            match groups.last_mut() {
                Some(group) if follows(group, &on) => group.push(on),
                _ => groups.push(vec![on]),
            }
        }
        groups.iter().map(|group| tone(group)).collect()
    }

    /// The soundings alone, without the pauses between.
    pub(super) fn soundings(&self) -> Vec<Span> {
        self.heard.iter().copied().chain(self.open.and_then(sounding)).map(|on| on.span).collect()
    }
}

fn sounding((first, last, low_hz, high_hz): (u64, u64, f32, Option<f32>)) -> Option<On> {
    // Half a window of tone is enough to be seen, so the middles of the outer windows are the edges.
    let middle = |frame: u64| frame * LONG_HOP as u64 + LONG_SIZE as u64 / 2;
    let at = |sample| AudioTime::from_samples(sample, SAMPLE_RATE_HZ);
    let start = if first == 0 { AudioTime::ZERO } else { at(middle(first)) };
    let span = Span::new(start, at(middle(last)))?;
    (span.len_ms() >= ON_MS_MIN).then_some(On { span, low_hz, high_hz })
}

/// The one or two lines that hold nearly all power.
fn lines(bins: &[f32]) -> Option<(f32, Option<f32>)> {
    const REACH: usize = 3;
    let bin = |hz| bin_of(hz, LONG_SIZE);
    let total: f32 = bins[bin(200.0)..bin(3400.0)].iter().sum();
    if total < power(LEVEL_DBFS_MIN) {
        return None;
    }
    let (from, to) = (bin(330.0), bin(660.0));
    let first = peak_bin(bins, from, to);
    let second = (from..=to)
        .filter(|at| at.abs_diff(first) > REACH && bins[*at] >= bins[at - 1] && bins[*at] >= bins[at + 1])
        .max_by(|&a, &b| bins[a].total_cmp(&bins[b]))
        .filter(|at| power_near(bins, *at, 1) > SECOND_SHARE_MIN * total);
    let held = |at: usize, other: usize| {
        // Lines nearer than two reaches must not count the bins between twice.
        power_near(bins, at, REACH.min(at.abs_diff(other).saturating_sub(1) / 2))
    };
    match second {
        None => (power_near(bins, first, REACH) > SHARE_MIN * total)
            .then(|| (line_hz(bins, first), None)),
        Some(second) => (held(first, second) + held(second, first) > SHARE_MIN * total).then(|| {
            let (low, high) = (first.min(second), first.max(second));
            (line_hz(bins, low), Some(line_hz(bins, high)))
        }),
    }
}

fn same(a: (f32, Option<f32>), b: (f32, Option<f32>)) -> bool {
    let near = |x: f32, y: f32| (x - y).abs() <= DRIFT_HZ_MAX;
    near(a.0, b.0)
        && match (a.1, b.1) {
            (Some(x), Some(y)) => near(x, y),
            (None, None) => true,
            _ => false,
        }
}

fn follows(group: &[On], on: &On) -> bool {
    group.last().is_some_and(|last| {
        same((last.low_hz, last.high_hz), (on.low_hz, on.high_hz))
            && on.span.start().since_ms(last.span.end()) <= OFF_MS_MAX
    })
}

fn tone(group: &[On]) -> Tone {
    let (first, last) = (group[0], group[group.len() - 1]);
    Tone {
        kind: kind(group),
        span: first.span.cover(last.span),
        count: group.len() as u32,
        low_hz: first.low_hz,
        high_hz: first.high_hz,
    }
}

fn kind(group: &[On]) -> ToneKind {
    let on_ms: Vec<u64> = group.iter().map(|on| on.span.len_ms()).collect();
    let longest_ms = on_ms.iter().copied().max().unwrap_or(0);
    let between = |hz: f32, low: f32, high: f32| low <= hz && hz <= high;
    let (low, high) = (group[0].low_hz, group[0].high_hz);
    let single_ring = high.is_none() && between(low, 390.0, 470.0);
    let us_ring = high.is_some_and(|high| between(low, 430.0, 450.0) && between(high, 470.0, 490.0));
    let uk_ring = high.is_some_and(|high| between(low, 390.0, 410.0) && between(high, 440.0, 460.0));
    // Busy: short soundings and pauses of about the same length (350 ms in China, 500 ms elsewhere).
    let short_pauses = group
        .windows(2)
        .all(|pair| pair[1].span.start().since_ms(pair[0].span.end()) <= 800);
    if uk_ring && longest_ms <= 1000 {
        return ToneKind::Ring;
    }
    if group.len() >= 3 && longest_ms <= 750 && short_pauses {
        return ToneKind::Busy;
    }
    // The recording may begin in a ring, and the answer cuts one: only the longest must be whole.
    if (single_ring && between(longest_ms as f32, 700.0, 2000.0))
        || (us_ring && between(longest_ms as f32, 700.0, 2600.0))
    {
        return ToneKind::Ring;
    }
    ToneKind::Steady
}
