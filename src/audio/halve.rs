//! 16 kHz to 8 kHz.
//!
//! In: samples in pieces of any size. Out: every second sample of the low-passed signal, in step with
//! the input (output `n` is at input time `2n`), the same however the stream was cut.

/// Taps on each side of the middle; the others of the half-band filter are zero.
const SIDE_TAPS: usize = 32;
/// Input samples on each side of an output; the farthest has no weight.
const REACH: usize = 2 * SIDE_TAPS;

/// Low-pass at 4 kHz (3.7 kHz flat, 60 dB down from 4.3 kHz on) and decimation by two.
#[derive(Debug, Clone)]
pub(crate) struct Halver {
    /// Weights of the odd taps, from the nearest on.
    side: [f32; SIDE_TAPS],
    pending: Vec<f32>,
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
        Self { side, pending: vec![0.0; REACH], taken: 0, given: 0 }
    }

    /// Takes samples, appends what they complete to `out`.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.taken += samples.len() as u64;
        self.pending.extend_from_slice(samples);
        let mut middle = REACH;
        while middle + REACH < self.pending.len() {
            out.push(self.at(middle));
            self.given += 1;
            middle += 2;
        }
        self.pending.drain(..middle - REACH);
    }

    /// The rest: after it, outputs number half the inputs, rounded up.
    pub(crate) fn finish(&mut self, out: &mut Vec<f32>) {
        let missing = (self.taken.div_ceil(2) - self.given) as usize;
        let mut tail = Vec::new();
        self.push(&[0.0; 2 * REACH + 2], &mut tail);
        out.extend_from_slice(&tail[..missing]);
    }

    fn at(&self, middle: usize) -> f32 {
        // Four sums side by side: one alone waits for each addition to end.
        let mut sums = [0.0f32; 4];
        let after = self.pending[middle + 1..].chunks_exact(8);
        let before = self.pending[..middle].rchunks_exact(8);
        for ((taps, after), before) in self.side.chunks_exact(4).zip(after).zip(before) {
            for (ix, sum) in sums.iter_mut().enumerate() {
                *sum += taps[ix] * (after[2 * ix] + before[7 - 2 * ix]);
            }
        }
        0.5 * self.pending[middle] + sums.iter().sum::<f32>()
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
