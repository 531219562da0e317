//! 16 kHz to 8 kHz.
//!
//! In: samples in pieces of any size. Out: every second sample of the low-passed signal, in step with
//! the input (output `n` is at input time `2n`), the same however the stream was cut.

/// Taps on each side of the middle; the others of the half-band filter are zero.
const SIDE_TAPS: usize = 32;
/// Input samples on each side of an output; the farthest has no weight.
const REACH: usize = 2 * SIDE_TAPS;
/// Outputs that are worked out side by side.
const LANES: usize = 8;

/// Low-pass at 4 kHz (3.7 kHz flat, 60 dB down from 4.3 kHz on) and decimation by two.
#[derive(Debug, Clone)]
pub(crate) struct Halver {
    /// Weights of the odd taps, from the nearest on.
    side: [f32; SIDE_TAPS],
    /// Inputs at even times, from the middle of the next output on.
    even: Vec<f32>,
    /// Inputs at odd times, from the farthest before the next output on.
    odd: Vec<f32>,
    taken: u64,
    given: u64,
}

impl Halver {
    pub(crate) fn new() -> Self {
        let mut side = [0.0; SIDE_TAPS];
        for (ix, tap) in side.iter_mut().enumerate() {
            let at = (2 * ix + 1) as f64;
            let angle = std::f64::consts::PI * at / 2.0;
            // Sinc of half the rate under a Blackman window.
            let turn = std::f64::consts::PI * at / REACH as f64;
            let window = 0.42 + 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos();
            *tap = (0.5 * angle.sin() / angle * window) as f32;
        }
        let sum: f32 = side.iter().sum();
        for tap in &mut side {
            *tap *= 0.25 / sum;
        }
        Self { side, even: Vec::new(), odd: vec![0.0; SIDE_TAPS], taken: 0, given: 0 }
    }

    /// Takes samples, appends what they complete to `out`.
    pub(crate) fn push(&mut self, mut samples: &[f32], out: &mut Vec<f32>) {
        if !self.taken.is_multiple_of(2)
            && let Some((first, rest)) = samples.split_first()
        {
            self.odd.push(*first);
            self.taken += 1;
            samples = rest;
        }
        self.taken += samples.len() as u64;
        self.even.extend(samples.iter().step_by(2));
        self.odd.extend(samples.iter().skip(1).step_by(2));
        // The even input that follows an output's last odd one has no weight, but tells that it is there.
        let ready = self.even.len().saturating_sub(SIDE_TAPS);
        let mut at = 0;
        while at + LANES <= ready {
            out.extend(self.at::<LANES>(at));
            at += LANES;
        }
        for at in at..ready {
            out.extend(self.at::<1>(at));
        }
        self.given += ready as u64;
        self.even.drain(..ready);
        self.odd.drain(..ready);
    }

    /// The rest: after it, outputs number half the inputs, rounded up.
    pub(crate) fn finish(&mut self, out: &mut Vec<f32>) {
        let missing = (self.taken.div_ceil(2) - self.given) as usize;
        let mut tail = Vec::new();
        self.push(&[0.0; 2 * REACH + 2], &mut tail);
        out.extend_from_slice(&tail[..missing]);
    }

    /// Outputs from `at` on. Each is the sum of four, whether it is worked out alone or beside others.
    fn at<const N: usize>(&self, at: usize) -> [f32; N] {
        let mut sums = [[0.0f32; N]; 4];
        let odd = &self.odd[at..at + 2 * SIDE_TAPS + N - 1];
        for (tap, weight) in self.side.iter().enumerate() {
            let after = &odd[SIDE_TAPS + tap..][..N];
            let before = &odd[SIDE_TAPS - 1 - tap..][..N];
            for ((sum, after), before) in sums[tap % 4].iter_mut().zip(after).zip(before) {
                *sum += weight * (after + before);
            }
        }
        let total = |n: usize| sums.iter().map(|sum| sum[n]).sum::<f32>();
        std::array::from_fn(|n| 0.5 * self.even[at + n] + total(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halved(signal: &[f32], cut: usize) -> Vec<f32> {
        let mut halver = Halver::new();
        let mut out = Vec::new();
        for piece in signal.chunks(cut) {
            halver.push(piece, &mut out);
        }
        halver.finish(&mut out);
        out
    }

    fn sine(hz: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (std::f32::consts::TAU * hz * n as f32 / 16_000.0).sin()).collect()
    }

    /// Gain in dB in the middle of a tone.
    #[track_caller]
    fn check(hz: f32, gain_db_min: f32, gain_db_max: f32) {
        let out = halved(&sine(hz, 8000), 8000);
        let middle = &out[1000..3000];
        let power = middle.iter().map(|x| x * x).sum::<f32>() / middle.len() as f32;
        let gain_db = 10.0 * (power / 0.5).max(1e-12).log10();
        assert!((gain_db_min..=gain_db_max).contains(&gain_db), "{gain_db} at {hz}");
    }

    #[test]
    fn passes_the_telephone_band_and_stops_what_would_fold() {
        check(50.0, -0.1, 0.1);
        check(1000.0, -0.1, 0.1);
        check(3600.0, -0.2, 0.1);
        check(4450.0, -120.0, -50.0);
        check(6000.0, -120.0, -65.0);
    }

    #[test]
    fn keeps_time_and_length() {
        for samples in [0, 1, 2, 3, 127, 128, 5001] {
            assert_eq!(halved(&sine(500.0, samples), 64).len(), samples.div_ceil(2));
        }
        let (signal, out) = (sine(500.0, 4000), halved(&sine(500.0, 4000), 4000));
        for n in 200..1800 {
            assert!((out[n] - signal[2 * n]).abs() < 1e-3);
        }
    }

    #[test]
    fn cutting_changes_nothing() {
        let signal = sine(900.0, 3001);
        assert_eq!(halved(&signal, 1), halved(&signal, 3001));
        assert_eq!(halved(&signal, 97), halved(&signal, 3001));
    }
}
