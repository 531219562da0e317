//! Short-time power spectra of a stream.
//!
//! In: samples in pieces of any size. Out: one power spectrum a hop, the same however the stream
//! was cut. Holds one window of samples and no history.

use std::sync::Arc;

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

use super::SAMPLE_RATE_HZ;
use super::lanes::square_sum;

/// No detector looks above the telephone's band: power from here on reads as zero.
pub(crate) const TOP_HZ: f32 = 3_500.0;

/// Windowed transforms of a 16 kHz stream.
pub(crate) struct Spectrum {
    /// Of half a window: a real signal rides in a complex one of half its length.
    fft: Arc<dyn Fft<f32>>,
    /// What puts the two halves together, by bin.
    turns: Vec<Complex32>,
    window: Vec<f32>,
    hop: usize,
    pending: Vec<f32>,
    line: Vec<Complex32>,
    scratch: Vec<Complex32>,
    power: Vec<f32>,
    frames: u64,
    quiet_square_sum: f32,
}

impl Spectrum {
    /// Hann windows of `size` samples, one every `hop` samples. Windows below `quiet_dbfs` are not
    /// worth a transform: their power reads as zero.
    pub(crate) fn new(size: usize, hop: usize, quiet_dbfs: f32) -> Self {
        let fft = FftPlanner::new().plan_fft_forward(size / 2);
        let scratch = vec![Complex32::default(); fft.get_inplace_scratch_len()];
        let turn = std::f32::consts::TAU / size as f32;
        // Scaled so that the bins of a signal add up to about its mean square.
        let scale = (2.0 / (0.375 * size as f32 * size as f32)).sqrt();
        let window = (0..size).map(|n| scale * 0.5 * (1.0 - (turn * n as f32).cos())).collect();
        let turns =
            (0..bin_of(TOP_HZ, size)).map(|bin| -Complex32::I * Complex32::cis(-turn * bin as f32));
        Self {
            fft,
            turns: turns.collect(),
            window,
            hop,
            pending: Vec::with_capacity(size * 2),
            line: vec![Complex32::default(); size / 2],
            scratch,
            power: vec![0.0; size / 2],
            frames: 0,
            quiet_square_sum: 10f32.powf(quiet_dbfs / 10.0) * size as f32,
        }
    }

    /// Calls `each` with the frame's number and power by bin, for every frame that `samples`
    /// complete.
    pub(crate) fn push(&mut self, mut samples: &[f32], mut each: impl FnMut(u64, &[f32])) {
        let size = self.window.len();
        while !samples.is_empty() {
            let take = (size - self.pending.len()).min(samples.len());
            self.pending.extend_from_slice(&samples[..take]);
            samples = &samples[take..];
            if self.pending.len() == size {
                if square_sum(&self.pending) < self.quiet_square_sum {
                    self.power.fill(0.0);
                } else {
                    self.transform();
                }
                each(self.frames, &self.power);
                self.frames += 1;
                self.pending.drain(..self.hop);
            }
        }
    }

    fn transform(&mut self) {
        let pairs = self.pending.as_chunks::<2>().0.iter().zip(self.window.as_chunks::<2>().0);
        for (slot, (samples, weights)) in self.line.iter_mut().zip(pairs) {
            *slot = Complex32::new(samples[0] * weights[0], samples[1] * weights[1]);
        }
        self.fft.process_with_scratch(&mut self.line, &mut self.scratch);
        let half = self.line.len();
        for (bin, (power, turn)) in self.power.iter_mut().zip(&self.turns).enumerate() {
            let (here, there) = (self.line[bin], self.line[(half - bin) % half].conj());
            *power = 0.25 * ((here + there) + turn * (here - there)).norm_sqr();
        }
    }
}

/// The bin nearest to `hz` in windows of `size` samples.
pub(crate) fn bin_of(hz: f32, size: usize) -> usize {
    (hz * size as f32 / SAMPLE_RATE_HZ as f32).round() as usize
}

/// The strongest bin of `from..=to`.
pub(crate) fn peak_bin(power: &[f32], from: usize, to: usize) -> usize {
    (from..=to).max_by(|&a, &b| power[a].total_cmp(&power[b])).unwrap_or(from)
}

/// The frequency in Hz of the line that peaks at bin `at`, between the bins by the parabola through
/// the logarithms of its neighbours.
pub(crate) fn line_hz(power: &[f32], at: usize) -> f32 {
    let log = |bin: usize| power[bin].max(1e-20).ln();
    let (left, top, right) = (log(at - 1), log(at), log(at + 1));
    let bend = left - 2.0 * top + right;
    let shift = if bend < -1e-6 { (0.5 * (left - right) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    (at as f32 + shift) * SAMPLE_RATE_HZ as f32 / (2 * power.len()) as f32
}

/// The power within `reach` bins of bin `at`.
pub(crate) fn power_near(power: &[f32], at: usize, reach: usize) -> f32 {
    power[at.saturating_sub(reach)..(at + reach + 1).min(power.len())].iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f32, samples: usize) -> Vec<f32> {
        let step = std::f64::consts::TAU * f64::from(hz) / f64::from(SAMPLE_RATE_HZ);
        (0..samples).map(|n| (step * n as f64).sin() as f32 * 0.5).collect()
    }

    #[track_caller]
    fn check(hz: f32, size: usize, error_hz_max: f32) {
        let mut spectrum = Spectrum::new(size, size / 2, -90.0);
        let mut seen = 0;
        spectrum.push(&sine(hz, size * 4), |_, power| {
            seen += 1;
            let at = peak_bin(power, 2, power.len() - 2);
            assert!((line_hz(power, at) - hz).abs() < error_hz_max, "{}", line_hz(power, at));
            let mean_square: f32 = power.iter().sum();
            assert!((mean_square - 0.125).abs() < 0.01, "{mean_square}");
        });
        assert_eq!(seen, 7);
    }

    #[test]
    fn a_line_is_found_between_the_bins() {
        check(450.0, 2048, 0.5);
        check(425.0, 2048, 0.5);
        check(941.0, 512, 2.0);
        check(1336.0, 512, 2.0);
    }

    #[test]
    fn cutting_changes_nothing() {
        let signal = sine(700.0, 5000);
        let run = |cut: usize| {
            let mut out = Vec::new();
            let mut spectrum = Spectrum::new(512, 160, -90.0);
            for piece in signal.chunks(cut) {
                spectrum.push(piece, |n, power| out.push((n, power.to_vec())));
            }
            out
        };
        assert_eq!(run(1), run(5000));
        assert_eq!(run(77), run(5000));
    }
}
