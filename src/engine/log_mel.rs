//! Whisper's log-mel features: 25 ms Hann windows every 10 ms, Slaney mel filters, log10, clamped to
//! 8 decades below the loudest (Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak
//! Supervision", section 2.2, and the feature extractor published with it).
//!
//! In: 16 kHz mono. Out: `mels × frames`, row major. No model is known here.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// Samples from one frame to the next: 10 ms.
pub(super) const HOP_SAMPLES: usize = 160;
const FFT_SAMPLES: usize = 400;
const BINS: usize = FFT_SAMPLES / 2 + 1;
const BIN_HZ: f64 = 40.0;

/// Computes features; holds the window, the filters and the FFT plan.
pub(super) struct LogMel {
    filters: Vec<Filter>,
    window: Vec<f32>,
    fft: Arc<dyn Fft<f32>>,
}

struct Filter {
    first_bin: usize,
    weights: Vec<f32>,
}

impl LogMel {
    /// For a model with `mels` bands (80, or 128 in large-v3).
    pub(super) fn new(mels: usize) -> Self {
        let turn = 2.0 * std::f64::consts::PI / FFT_SAMPLES as f64;
        Self {
            filters: slaney_filters(mels),
            window: (0..FFT_SAMPLES)
                .map(|i| (0.5 - 0.5 * (turn * i as f64).cos()) as f32)
                .collect(),
            fft: FftPlanner::new().plan_fft_forward(FFT_SAMPLES),
        }
    }

    /// Features of `samples`, padded with silence to `frames`.
    #[cfg(feature = "ct2")]
    pub(super) fn features(&self, samples: &[f32], frames: usize) -> Vec<f32> {
        let mut out = vec![LOG_FLOOR; self.filters.len() * frames];
        let mut loudest = LOG_FLOOR;
        self.energies(samples, frames, |mel, frame, energy| {
            let log = energy.max(1e-10).log10();
            loudest = loudest.max(log);
            out[mel * frames + frame] = log;
        });
        let floor = loudest - 8.0;
        for value in &mut out {
            *value = (value.max(floor) + 4.0) / 4.0;
        }
        out
    }

    /// Plain energies, `frames × mels`, for as many whole hops as there are samples.
    #[cfg(feature = "onnx")]
    pub(super) fn power(&self, samples: &[f32]) -> Vec<f32> {
        let (mels, frames) = (self.filters.len(), samples.len() / HOP_SAMPLES);
        let mut out = vec![0.0; mels * frames];
        self.energies(samples, frames, |mel, frame, energy| out[frame * mels + mel] = energy);
        out
    }

    /// Hands out the energy of each band in each of the first `frames` frames that hold samples.
    fn energies(&self, samples: &[f32], frames: usize, mut each: impl FnMut(usize, usize, f32)) {
        let mut scratch = vec![Complex::default(); self.fft.get_inplace_scratch_len()];
        let mut buffer = vec![Complex::default(); FFT_SAMPLES];
        let heard = (samples.len() / HOP_SAMPLES + 2).min(frames);
        for frame in (0..heard).step_by(2) {
            // Two real frames ride in one complex FFT and are taken apart by symmetry.
            self.load(samples, frame, &mut buffer);
            self.fft.process_with_scratch(&mut buffer, &mut scratch);
            let power = split_power(&buffer);
            for (offset, power) in power.iter().enumerate().filter(|(d, _)| frame + d < frames) {
                for (mel, filter) in self.filters.iter().enumerate() {
                    let energy = filter
                        .weights
                        .iter()
                        .zip(&power[filter.first_bin..])
                        .map(|(w, p)| w * p)
                        .sum();
                    each(mel, frame + offset, energy);
                }
            }
        }
    }

    /// Frame `frame` into the real parts, the next one into the imaginary parts.
    fn load(&self, samples: &[f32], frame: usize, buffer: &mut [Complex<f32>]) {
        let first = (frame * HOP_SAMPLES) as isize - (FFT_SAMPLES / 2) as isize;
        // Reflected at the start, as the model was trained; silence after the end.
        let at = |i: isize| samples.get(i.unsigned_abs()).copied().unwrap_or(0.0);
        for (i, (slot, weight)) in buffer.iter_mut().zip(&self.window).enumerate() {
            let i = first + i as isize;
            *slot = Complex::new(at(i) * weight, at(i + HOP_SAMPLES as isize) * weight);
        }
    }
}

#[cfg(feature = "ct2")]
const LOG_FLOOR: f32 = -10.0;

fn split_power(spectrum: &[Complex<f32>]) -> [[f32; BINS]; 2] {
    let mut power = [[0.0; BINS]; 2];
    for bin in 0..BINS {
        let (a, b) = (spectrum[bin], spectrum[(FFT_SAMPLES - bin) % FFT_SAMPLES].conj());
        power[0][bin] = (a + b).norm_sqr() * 0.25;
        power[1][bin] = (a - b).norm_sqr() * 0.25;
    }
    power
}

/// Triangles on Slaney's mel scale (linear to 1 kHz, then logarithmic), each of unit area.
fn slaney_filters(mels: usize) -> Vec<Filter> {
    let step = 6.4f64.ln() / 27.0;
    let to_hz = |mel: f64| {
        if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * (step * (mel - 15.0)).exp() }
    };
    let top = 15.0 + 8f64.ln() / step;
    let edges: Vec<f64> =
        (0..mels + 2).map(|i| to_hz(top * i as f64 / (mels + 1) as f64)).collect();
    edges
        .windows(3)
        .map(|edge| {
            let weight = |bin: usize| {
                let hz = bin as f64 * BIN_HZ;
                let rise = (hz - edge[0]) / (edge[1] - edge[0]);
                let fall = (edge[2] - hz) / (edge[2] - edge[1]);
                (rise.min(fall).max(0.0) * 2.0 / (edge[2] - edge[0])) as f32
            };
            let weights: Vec<f32> = (0..BINS).map(weight).collect();
            let first_bin = weights.iter().position(|w| *w > 0.0).unwrap_or(0);
            let last = weights.iter().rposition(|w| *w > 0.0).map_or(first_bin, |bin| bin + 1);
            Filter { first_bin, weights: weights[first_bin..last].to_vec() }
        })
        .collect()
}

#[cfg(all(test, feature = "ct2"))]
mod tests {
    use super::*;

    #[test]
    fn a_tone_lights_its_own_band() {
        let tone: Vec<f32> = (0..16_000)
            .map(|i| (i as f32 * 1000.0 * std::f32::consts::TAU / 16_000.0).sin() * 0.5)
            .collect();
        let frames = 100;
        let features = LogMel::new(80).features(&tone, frames);
        assert_eq!(features.len(), 80 * frames);
        let column: Vec<f32> = (0..80).map(|mel| features[mel * frames + 50]).collect();
        let loudest = (0..80).max_by(|a, b| column[*a].total_cmp(&column[*b])).unwrap();
        // 1 kHz is mel 15 of 45.2, so band 15 / 45.2 × 81 ≈ 26.
        assert!((25..=27).contains(&loudest), "band {loudest}");
    }

    #[test]
    fn silence_is_flat_and_finite() {
        let features = LogMel::new(80).features(&[0.0; 1600], 20);
        assert!(features.iter().all(|v| *v == features[0] && v.is_finite()));
    }
}
