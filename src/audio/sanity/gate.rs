//! Whether what sounds like speech on one leg is the other leg's voice, heard through.
//!
//! In: both legs' envelopes, what is known of the leak, a candidate span. Out: a likelihood. A leak
//! follows the other leg's loudness up and down, far below it; somebody who talks at the same time
//! does neither.

use super::pair::LeakEvidence;
use crate::audio::envelope::{Envelope, LEVEL_MS, power};
use crate::domain::{AudioTime, Span};

/// Sound beside the span that helps to compare, in milliseconds.
const CONTEXT_MS: u64 = 200;
/// The leak may come this much later or earlier, in frames of 10 ms.
const LAG_FRAMES_MAX: isize = 10;
/// The leg's frames this far below its loudest do not count for the difference.
const LOUD_DROP_DB_MAX: f32 = 15.0;
const FRAMES_MIN: usize = 10;

/// The other leg rules where it is this much louder: less than any leak is fainter, more than two
/// people on the phone differ.
const RULES_DB_MIN: f32 = 10.0;
/// Levels are compared over so many frames to each side.
const RULES_FRAMES: usize = 12;
/// Shorter stretches cannot be told from the flicker of loudness between syllables.
const PART_MS_MIN: u64 = 250;

/// The parts of `span` that are not the other leg heard through: a leak and an answer to it may
/// follow each other without a pause. All of `span` where nothing leaks.
pub fn own_parts(
    own: &Envelope,
    other: &Envelope,
    leak: LeakEvidence,
    span: Span,
    likelihood_min: f32,
) -> Vec<Span> {
    let mut kept: Vec<Span> = Vec::new();
    for part in parts(own, other, leak, span) {
        if crosstalk_likelihood(own, other, leak, part) >= likelihood_min {
            continue;
        }
        match kept.last_mut() {
            Some(last) if last.end() == part.start() => *last = last.cover(part),
            _ => kept.push(part),
        }
    }
    kept
}

/// `span`, cut where the other leg begins or ceases to rule.
fn parts(own: &Envelope, other: &Envelope, leak: LeakEvidence, span: Span) -> Vec<Span> {
    if leak == LeakEvidence::Absent {
        return vec![span];
    }
    let frame = |ms: u64| (ms / LEVEL_MS) as usize;
    let (first, last) = (frame(span.start().ms()), frame(span.end().ms()));
    let sums = |of: &Envelope| -> Vec<f32> {
        let mut sum = 0.0;
        let powers = (first..last).map(|at| of.level_dbfs(at).map_or(0.0, power));
        std::iter::once(0.0)
            .chain(powers.map(|power| {
                sum += power;
                sum
            }))
            .collect()
    };
    let (own, other) = (sums(own), sums(other));
    let rules = |at: usize| {
        let from = (at - first).saturating_sub(RULES_FRAMES);
        let to = (at - first + RULES_FRAMES).min(last - first);
        other[to] - other[from] >= (own[to] - own[from]) * power(RULES_DB_MIN)
    };
    let mut cuts = vec![span.start()];
    let mut ruled = None;
    for at in first..last {
        let rules = rules(at);
        let time = AudioTime::from_ms(at as u64 * LEVEL_MS);
        let long_enough = |since: &AudioTime| time.since_ms(*since) >= PART_MS_MIN;
        if ruled.is_some_and(|ruled| ruled != rules) && cuts.last().is_some_and(long_enough) {
            cuts.push(time);
        }
        ruled = Some(rules);
    }
    if cuts.len() > 1 && cuts.last().is_some_and(|cut| span.end().since_ms(*cut) < PART_MS_MIN) {
        cuts.pop();
    }
    cuts.push(span.end());
    cuts.windows(2).filter_map(|pair| Span::new(pair[0], pair[1])).collect()
}

/// How likely the sound of `own` in `span` is `other`'s voice heard through, 0 to 1.
pub fn crosstalk_likelihood(
    own: &Envelope,
    other: &Envelope,
    leak: LeakEvidence,
    span: Span,
) -> f32 {
    if leak == LeakEvidence::Absent {
        return 0.0;
    }
    let first = (span.start().minus_ms(CONTEXT_MS).ms() / LEVEL_MS) as isize;
    let last = (span.end().plus_ms(CONTEXT_MS).ms() / LEVEL_MS) as isize;
    let inside = (span.start().ms() / LEVEL_MS) as isize..(span.end().ms() / LEVEL_MS) as isize;
    let own_floor = own.floor_dbfs().unwrap_or(-90.0);
    let other_floor = other.floor_dbfs().unwrap_or(-90.0);
    let level = |of: &Envelope, at: isize, floor: f32| {
        usize::try_from(at).ok().and_then(|at| of.level_dbfs(at)).map(|level| level.max(floor))
    };
    let mut best = (-1.0f32, 0.0f32);
    for lag in -LAG_FRAMES_MAX..=LAG_FRAMES_MAX {
        let pairs: Vec<(isize, f32, f32)> = (first..last)
            .filter_map(|at| {
                Some((at, level(own, at, own_floor)?, level(other, at - lag, other_floor)?))
            })
            .collect();
        let correlation = correlation(&pairs);
        if correlation > best.0 {
            let difference = difference_db(&pairs, &inside, power(own_floor));
            best = (correlation, difference.unwrap_or(0.0));
        }
    }
    let (correlation, difference_db) = best;
    let alike = ramp(correlation, 0.5, 0.8);
    match leak {
        LeakEvidence::Present(leak) => {
            // Louder than the leak can be is the leg's own voice; fainter may be noise.
            alike.max(0.5) * ramp(difference_db, -leak.gain_db - 8.0, -leak.gain_db - 4.0)
        }
        _ => 0.9 * alike * ramp(difference_db, 8.0, 14.0),
    }
}

/// How far `own` lies below `other` where `own` is loudest inside the span, noise taken off: a word
/// of its own, however short, makes it small.
fn difference_db(
    pairs: &[(isize, f32, f32)],
    inside: &std::ops::Range<isize>,
    own_noise: f32,
) -> Option<f32> {
    let pairs = || pairs.iter().filter(|pair| inside.contains(&pair.0));
    let loudest = pairs().map(|pair| pair.1).reduce(f32::max)?;
    let (mut own, mut other) = (0.0, 0.0);
    for pair in pairs().filter(|pair| pair.1 >= loudest - LOUD_DROP_DB_MAX) {
        own += (power(pair.1) - own_noise).max(own_noise * 0.1);
        other += power(pair.2);
    }
    Some(10.0 * (other / own.max(1e-12)).log10())
}

fn correlation(pairs: &[(isize, f32, f32)]) -> f32 {
    if pairs.len() < FRAMES_MIN {
        return -1.0;
    }
    let count = pairs.len() as f32;
    let mean = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.1, sum.1 + pair.2));
    let (mean_own, mean_other) = (mean.0 / count, mean.1 / count);
    let (mut both, mut own, mut other) = (0.0f32, 0.0f32, 0.0f32);
    for pair in pairs {
        let (a, b) = (pair.1 - mean_own, pair.2 - mean_other);
        both += a * b;
        own += a * a;
        other += b * b;
    }
    both / (own * other).sqrt().max(1e-6)
}

/// 0 up to `from`, 1 from `to` on, straight between.
fn ramp(value: f32, from: f32, to: f32) -> f32 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}
