//! Call-progress tones: ringing, busy, dial.
//!
//! In: long power spectra of one leg (128 ms, every 64 ms). Out: spans of pure tones, told apart by
//! frequency and by the rhythm of on and off. Speech is never this pure: nearly all its power in one
//! or two lines that stand still.

use super::{BAND_TOP_HZ, LONG_HOP, LONG_SIZE};
use crate::audio::SAMPLE_RATE_HZ;
use crate::audio::envelope::power;
use crate::audio::spectrum::{bin_of, line_hz, peak_bin, power_near};
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
#[derive(Debug, Clone, PartialEq)]
pub struct Tone {
    /// What it tells.
    pub kind: ToneKind,
    /// From the first sounding to the end of the last.
    pub span: Span,
    /// Each time it sounds, in time order.
    pub soundings: Vec<Span>,
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
/// A tone without a rhythm is told only from this length on: shorter ones are notes and vowels.
const STEADY_MS_MIN: u64 = 1000;
/// A tone of the exchange begins or ends in silence: 10 dB less on one side at least.
const QUIET_SIDE_SHARE_MAX: f32 = 0.1;
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
    open: Option<Open>,
    /// Ended, but what follows is not yet heard.
    ended: Option<Open>,
    heard: Vec<On>,
    /// Band powers of the last two frames, the older first; silence before the first.
    powers: [f32; 2],
}

/// A sounding while it lasts.
#[derive(Debug, Clone, Copy)]
struct Open {
    first: u64,
    last: u64,
    low_hz: f32,
    high_hz: Option<f32>,
    power: f32,
    /// Of the window that ended just when the tone began.
    power_before: f32,
}

impl Tones {
    /// Takes frame number `frame`.
    pub(super) fn push(&mut self, frame: u64, bins: &[f32]) {
        let total: f32 =
            bins[bin_of(200.0, LONG_SIZE)..bin_of(BAND_TOP_HZ, LONG_SIZE)].iter().sum();
        if let Some(ended) = self.ended.filter(|ended| frame >= ended.last + 2) {
            self.ended = None;
            let quiet = ended.power_before.min(total) <= QUIET_SIDE_SHARE_MAX * ended.power;
            self.heard.extend(sounding(ended).filter(|_| quiet));
        }
        match (&mut self.open, lines(bins, total)) {
            (Some(open), Some(found)) if same(found, (open.low_hz, open.high_hz)) => {
                open.last = frame;
                open.power = open.power.max(total);
            }
            (open, found) => {
                self.ended = open.take().or(self.ended);
                *open = found.map(|(low_hz, high_hz)| Open {
                    first: frame,
                    last: frame,
                    low_hz,
                    high_hz,
                    power: total,
                    power_before: self.powers[0],
                });
            }
        }
        self.powers = [self.powers[1], total];
    }

    /// Every tone so far, soundings of one rhythm together.
    pub(super) fn tones(&self) -> Vec<Tone> {
        let mut groups: Vec<Vec<On>> = Vec::new();
        for on in self.all() {
            match groups.last_mut() {
                Some(group) if follows(group, &on) => group.push(on),
                _ => groups.push(vec![on]),
            }
        }
        groups.iter().filter_map(|group| tone(group)).collect()
    }

    /// The soundings alone, of whatever length.
    pub(super) fn soundings(&self) -> impl Iterator<Item = Span> + '_ {
        self.all().map(|on| on.span)
    }

    fn all(&self) -> impl Iterator<Item = On> + '_ {
        let unfinished = [self.ended, self.open].into_iter().flatten().filter_map(sounding);
        self.heard.iter().copied().chain(unfinished)
    }
}

fn sounding(open: Open) -> Option<On> {
    // Half a window of tone is enough to be seen, so the middles of the outer windows are the edges.
    let middle = |frame: u64| frame * LONG_HOP as u64 + LONG_SIZE as u64 / 2;
    let at = |sample| AudioTime::from_samples(sample, SAMPLE_RATE_HZ);
    let start = if open.first == 0 { AudioTime::ZERO } else { at(middle(open.first)) };
    let span = Span::new(start, at(middle(open.last)))?;
    let Open { low_hz, high_hz, .. } = open;
    (span.len_ms() >= ON_MS_MIN).then_some(On { span, low_hz, high_hz })
}

/// The one or two lines that hold nearly all power.
fn lines(bins: &[f32], total: f32) -> Option<(f32, Option<f32>)> {
    const REACH: usize = 3;
    let bin = |hz| bin_of(hz, LONG_SIZE);
    if total < power(LEVEL_DBFS_MIN) {
        return None;
    }
    let (from, to) = (bin(330.0), bin(660.0));
    let first = peak_bin(bins, from, to);
    if first == from || first == to {
        return None;
    }
    let second = (from..=to)
        .filter(|at| {
            at.abs_diff(first) > REACH && bins[*at] >= bins[at - 1] && bins[*at] >= bins[at + 1]
        })
        .max_by(|&a, &b| bins[a].total_cmp(&bins[b]))
        .filter(|at| power_near(bins, *at, 1) > SECOND_SHARE_MIN * total);
    let held = |at: usize, other: usize| {
        // Lines nearer than two reaches must not count the bins between twice.
        power_near(bins, at, REACH.min(at.abs_diff(other).saturating_sub(1) / 2))
    };
    match second {
        None => (power_near(bins, first, REACH) > SHARE_MIN * total)
            .then(|| (line_hz(bins, first), None)),
        Some(second) => {
            (held(first, second) + held(second, first) > SHARE_MIN * total).then(|| {
                let (low, high) = (first.min(second), first.max(second));
                (line_hz(bins, low), Some(line_hz(bins, high)))
            })
        }
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

fn tone(group: &[On]) -> Option<Tone> {
    let (first, last) = (group[0], group[group.len() - 1]);
    Some(Tone {
        kind: kind(group)?,
        span: first.span.cover(last.span),
        soundings: group.iter().map(|on| on.span).collect(),
        low_hz: first.low_hz,
        high_hz: first.high_hz,
    })
}

fn kind(group: &[On]) -> Option<ToneKind> {
    let on_ms: Vec<u64> = group.iter().map(|on| on.span.len_ms()).collect();
    let longest_ms = on_ms.iter().copied().max().unwrap_or(0);
    let between = |hz: f32, low: f32, high: f32| low <= hz && hz <= high;
    let (low, high) = (group[0].low_hz, group[0].high_hz);
    let single_ring = high.is_none() && between(low, 392.0, 458.0);
    let us_ring =
        high.is_some_and(|high| between(low, 430.0, 450.0) && between(high, 470.0, 490.0));
    let uk_ring =
        high.is_some_and(|high| between(low, 390.0, 410.0) && between(high, 440.0, 460.0));
    // Busy: short soundings and pauses of about the same length (350 ms in China, 500 ms elsewhere).
    let short_pauses =
        group.windows(2).all(|pair| pair[1].span.start().since_ms(pair[0].span.end()) <= 800);
    if uk_ring && longest_ms <= 1000 {
        return Some(ToneKind::Ring);
    }
    if group.len() >= 3 && longest_ms <= 750 && short_pauses {
        return Some(ToneKind::Busy);
    }
    // The recording may begin in a ring, and the answer cuts one: only the longest must be whole.
    if (single_ring && between(longest_ms as f32, 700.0, 2000.0))
        || (us_ring && between(longest_ms as f32, 700.0, 2600.0))
    {
        return Some(ToneKind::Ring);
    }
    (longest_ms >= STEADY_MS_MIN).then_some(ToneKind::Steady)
}
