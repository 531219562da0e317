//! A sound that is found again: a sweep through the telephone band, to measure how late it is heard.
//!
//! In: samples. Out: samples with the sweep in them, or the place where the sweep begins. A sweep correlates with
//! nothing but itself, and survives G.711.

/// How long it lasts, in milliseconds.
pub const CHIRP_MS: u32 = 100;

/// Where in a call it begins, in milliseconds.
pub const CHIRP_AT_MS: u32 = 5_000;

/// From and to, in Hz.
const SWEEP_HZ: (f64, f64) = (500.0, 3_000.0);

/// Full scale is 1.
const LEVEL: f64 = 0.5;

/// So like the sweep must it be, of 1, to have been heard.
const ALIKE_MIN: f64 = 0.6;

/// The sweep, 16 bit.
pub(super) fn chirp(rate_hz: u32) -> Vec<i16> {
    let samples = rate_hz * CHIRP_MS / 1_000;
    let (from, to) = SWEEP_HZ;
    let length_s = f64::from(CHIRP_MS) / 1_000.0;
    (0..samples)
        .map(|n| {
            let t = f64::from(n) / f64::from(rate_hz);
            let turns = from * t + (to - from) * t * t / (2.0 * length_s);
            ((turns * std::f64::consts::TAU).sin() * LEVEL * f64::from(i16::MAX)) as i16
        })
        .collect()
}

/// Puts the sweep in place of what is there, with silence of the same length on both sides. `false`: too short for it.
pub(super) fn inject(samples: &mut [i16], rate_hz: u32) -> bool {
    let sweep = chirp(rate_hz);
    let at = (CHIRP_AT_MS * (rate_hz / 1_000)) as usize;
    let length = sweep.len();
    let around = at.checked_sub(length).and_then(|from| samples.get_mut(from..at + 2 * length));
    let Some(around) = around else { return false };
    around.fill(0);
    around.iter_mut().skip(length).zip(sweep).for_each(|(to, from)| *to = from);
    true
}

/// Where the sweep begins; `None` where it is not.
pub(super) fn find(samples: &[i16], rate_hz: u32) -> Option<usize> {
    let sweep: Vec<f64> = chirp(rate_hz).into_iter().map(f64::from).collect();
    let own: f64 = sweep.iter().map(|s| s * s).sum();
    let square = |s: i16| f64::from(s) * f64::from(s);
    // The power under the window moves along with it.
    let mut power: f64 = samples.iter().take(sweep.len()).map(|s| square(*s)).sum();
    let mut best: Option<(f64, usize)> = None;
    for (at, window) in samples.windows(sweep.len()).enumerate() {
        if power > own * 0.01 {
            let dot: f64 = window.iter().zip(&sweep).map(|(a, b)| f64::from(*a) * b).sum();
            let alike = dot / (own * power).sqrt();
            if alike > ALIKE_MIN && best.is_none_or(|(most, _)| alike > most) {
                best = Some((alike, at));
            }
        }
        let leaves = window.first().map_or(0.0, |s| square(*s));
        let comes = samples.get(at + sweep.len()).map_or(0.0, |s| square(*s));
        power += comes - leaves;
    }
    best.map(|(_, at)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(samples: usize, level: f64) -> Vec<i16> {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as f64 / f64::from(u32::MAX >> 1) - 1.0
        };
        (0..samples).map(|_| (next() * level * 32_767.0) as i16).collect()
    }

    #[test]
    fn the_sweep_is_found_to_the_sample_in_noise_and_never_where_it_is_not() {
        let rate_hz = 8_000;
        let mut samples = noise(6 * 8_000, 0.3);
        assert_eq!(find(&samples[4 * 8_000..], rate_hz), None);
        assert!(inject(&mut samples, rate_hz));
        let hum = noise(samples.len(), 0.05);
        samples.iter_mut().zip(hum).for_each(|(s, h)| *s = s.saturating_add(h));
        assert_eq!(find(&samples[4 * 8_000..], rate_hz), Some(8_000));
    }

    #[test]
    fn a_short_call_has_no_room_for_it() {
        assert!(!inject(&mut [0; 8_000 * 5], 8_000));
        assert_eq!(find(&[0; 100], 8_000), None);
        assert_eq!(find(&[], 8_000), None);
    }
}
