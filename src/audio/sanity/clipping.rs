//! Samples at full scale.
//!
//! In: one leg's samples. Out: the share of its loud audio that hit the ceiling. Loud is not clipped:
//! a recording brought to full scale touches it once or twice, a clipped one lies flat along it. So
//! what counts is that more of the 10 ms peaks end in the top step than in the wider one below it.

use crate::audio::lanes::peak;

/// The top step, in shares of full scale. G.711 ends at 0.98, and resampling ripples along a plateau.
const TOP_MIN: f32 = 0.94;
/// The step below is twice as wide, and in unclipped speech always fuller.
const BELOW_MIN: f32 = 0.82;
/// Samples in a row at the top.
const RUN_MIN: u32 = 3;
const FRAME_SAMPLES: usize = 160;
const TOP_FRAMES_MIN: u64 = 8;

/// Watches one leg.
#[derive(Debug, Clone, Default)]
pub(super) struct Clipping {
    samples: u64,
    clipped: u64,
    run: u32,
    frame_samples: usize,
    frame_peak: f32,
    frame_runs: bool,
    frames_top: u64,
    frames_below: u64,
}

impl Clipping {
    pub(super) fn push(&mut self, mut samples: &[f32]) {
        self.samples += samples.len() as u64;
        while !samples.is_empty() {
            let (now, later) =
                samples.split_at((FRAME_SAMPLES - self.frame_samples).min(samples.len()));
            samples = later;
            let peak = peak(now);
            self.frame_peak = self.frame_peak.max(peak);
            if peak >= TOP_MIN {
                now.iter().for_each(|sample| self.take(sample.abs()));
            } else {
                self.run = 0;
            }
            self.frame_samples += now.len();
            if self.frame_samples == FRAME_SAMPLES {
                self.frames_top += u64::from(self.frame_runs);
                self.frames_below += u64::from((BELOW_MIN..TOP_MIN).contains(&self.frame_peak));
                (self.frame_samples, self.frame_peak, self.frame_runs) = (0, 0.0, false);
            }
        }
    }

    fn take(&mut self, magnitude: f32) {
        self.run = if magnitude >= TOP_MIN { self.run + 1 } else { 0 };
        if self.run >= RUN_MIN {
            self.frame_runs = true;
            self.clipped += if self.run == RUN_MIN { u64::from(RUN_MIN) } else { 1 };
        }
    }

    /// Share of all samples that lie along the ceiling, when the leg is clipped.
    pub(super) fn share(&self) -> Option<f32> {
        (self.frames_top >= TOP_FRAMES_MIN && self.frames_top > self.frames_below)
            .then(|| self.clipped as f32 / self.samples.max(1) as f32)
    }
}
