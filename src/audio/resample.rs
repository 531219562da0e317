//! Any rate in, 16 kHz out, all legs in step.
//!
//! In: samples of every leg at the recording's rate, in pieces of any size. Out: the same audio at
//! 16 kHz, as long as the input to the sample (`round(n × 16000 / rate)`) and not delayed: the
//! filter's own delay is cut off. It must not drift and must not depend on how the input was cut.

use audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Indexing, Resampler as _, WindowFunction};

use super::SAMPLE_RATE_HZ;

/// Rates that are taken for real, in Hz. Outside, a header is lying.
pub const RATE_HZ: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// Frames the filter works on at a time: long enough for a steep edge, 128 ms at 8 kHz.
const CHUNK_FRAMES: usize = 1024;

/// Why no resampler could be made or used.
#[derive(Debug, thiserror::Error)]
pub enum ResampleError {
    /// A rate that no recording has.
    #[error("a sample rate of {0} Hz is outside 4000 to 192000 Hz")]
    Rate(u32),
    /// The filter refused, which a checked rate and equal legs rule out.
    #[error("resampling failed: {0}")]
    Filter(String),
}

/// One stateful resampler for all legs of a recording.
pub struct Resampler {
    /// Absent at 16 kHz, where samples pass through.
    filter: Option<Fft<f32>>,
    rate_hz: u32,
    pending: Vec<Vec<f32>>,
    scratch: Vec<Vec<f32>>,
    frames_in: u64,
    frames_out: u64,
    /// Output still to be dropped because the filter answers late.
    delay_frames: usize,
}

impl Resampler {
    /// A resampler for `legs` legs at `rate_hz`.
    ///
    /// # Errors
    /// [`ResampleError::Rate`] for a rate outside [`RATE_HZ`].
    pub fn new(rate_hz: u32, legs: usize) -> Result<Self, ResampleError> {
        if !RATE_HZ.contains(&rate_hz) {
            return Err(ResampleError::Rate(rate_hz));
        }
        let filter = (rate_hz != SAMPLE_RATE_HZ).then(|| make_filter(rate_hz, legs)).transpose()?;
        let delay_frames = filter.as_ref().map_or(0, |f| f.output_delay());
        let scratch_frames = filter.as_ref().map_or(0, |f| f.output_frames_max());
        Ok(Self {
            filter,
            rate_hz,
            pending: vec![Vec::new(); legs],
            scratch: vec![vec![0.0; scratch_frames]; legs],
            frames_in: 0,
            frames_out: 0,
            delay_frames,
        })
    }

    /// Takes the next samples of every leg (equally long) and appends what is ready to `out`.
    ///
    /// # Errors
    /// [`ResampleError::Filter`], which does not happen with equally long legs.
    pub fn push(&mut self, input: &[Vec<f32>], out: &mut [Vec<f32>]) -> Result<(), ResampleError> {
        self.frames_in += input.first().map_or(0, Vec::len) as u64;
        if self.filter.is_none() {
            for (to, from) in out.iter_mut().zip(input) {
                to.extend_from_slice(from);
            }
            self.frames_out = self.frames_in;
            return Ok(());
        }
        for (pending, leg) in self.pending.iter_mut().zip(input) {
            pending.extend_from_slice(leg);
        }
        self.run(out, u64::MAX)
    }

    /// Appends what the filter still holds, up to the exact length.
    ///
    /// # Errors
    /// As for [`Resampler::push`].
    pub fn finish(&mut self, out: &mut [Vec<f32>]) -> Result<(), ResampleError> {
        let Some(filter) = &self.filter else { return Ok(()) };
        let chunk = filter.input_frames_next();
        let rate = u128::from(self.rate_hz);
        let total = (u128::from(self.frames_in) * u128::from(SAMPLE_RATE_HZ) + rate / 2) / rate;
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        while self.frames_out < total {
            for pending in &mut self.pending {
                let len = pending.len().max(1).next_multiple_of(chunk);
                pending.resize(len, 0.0);
            }
            self.run(out, total)?;
        }
        self.pending.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    /// Filters all whole chunks that are pending, and lets no more than `total` frames out.
    fn run(&mut self, out: &mut [Vec<f32>], total: u64) -> Result<(), ResampleError> {
        let Some(filter) = &mut self.filter else { return Ok(()) };
        let failed = |e: &dyn std::fmt::Display| ResampleError::Filter(e.to_string());
        let legs = self.pending.len();
        let frames = self.pending.first().map_or(0, Vec::len);
        let mut used = 0;
        while frames - used >= filter.input_frames_next() {
            let input = SequentialSliceOfVecs::new(&self.pending[..], legs, frames)
                .map_err(|e| failed(&e))?;
            let capacity = self.scratch.first().map_or(0, Vec::len);
            let mut output = SequentialSliceOfVecs::new_mut(&mut self.scratch[..], legs, capacity)
                .map_err(|e| failed(&e))?;
            let at = Indexing {
                input_offset: used,
                output_offset: 0,
                partial_len: None,
                active_channels_mask: None,
            };
            let (taken, given) = filter
                .process_into_buffer(&input, &mut output, Some(&at))
                .map_err(|e| failed(&e))?;
            used += taken;
            let skip = self.delay_frames.min(given);
            self.delay_frames -= skip;
            let room = usize::try_from(total - self.frames_out).unwrap_or(usize::MAX);
            let keep = (given - skip).min(room);
            for (to, from) in out.iter_mut().zip(&self.scratch) {
                to.extend_from_slice(&from[skip..skip + keep]);
            }
            self.frames_out += keep as u64;
        }
        for pending in &mut self.pending {
            pending.drain(..used);
        }
        Ok(())
    }
}

fn make_filter(rate_hz: u32, legs: usize) -> Result<Fft<f32>, ResampleError> {
    Fft::new_custom(
        rate_hz as usize,
        SAMPLE_RATE_HZ as usize,
        CHUNK_FRAMES,
        1,
        legs,
        WindowFunction::BlackmanHarris2,
        FixedSync::Both,
    )
    .map_err(|e| ResampleError::Filter(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tone(rate_hz: u32, frames: usize) -> Vec<f32> {
        let step = 440.0 * std::f64::consts::TAU / f64::from(rate_hz);
        (0..frames).map(|i| (i as f64 * step).sin() as f32 * 0.5).collect()
    }

    fn resample(rate_hz: u32, input: &[f32], pieces: &[usize]) -> Vec<f32> {
        let mut resampler = Resampler::new(rate_hz, 2).unwrap();
        let mut out = vec![Vec::new(); 2];
        let (mut at, mut turn) = (0, 0);
        while at < input.len() {
            let n = pieces[turn % pieces.len()].clamp(1, input.len() - at);
            let piece = input[at..at + n].to_vec();
            resampler.push(&[piece.clone(), piece], &mut out).unwrap();
            at += n;
            turn += 1;
        }
        resampler.finish(&mut out).unwrap();
        assert_eq!(out[0], out[1]);
        out.swap_remove(0)
    }

    #[test]
    fn a_tone_keeps_its_length_level_and_place() {
        for rate in [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000] {
            let out = resample(rate, &tone(rate, rate as usize), &[160]);
            assert_eq!(out.len(), 16_000, "{rate}");
            let wanted = tone(16_000, 16_000);
            let worst = out[1_000..15_000]
                .iter()
                .zip(&wanted[1_000..15_000])
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            // Where the filter's delay is no whole sample, it is cut to within one (62 µs).
            let most = if 48_000 % rate == 0 { 0.002 } else { 0.5 * 0.173 };
            assert!(worst < most, "{rate} Hz: off by {worst}");
        }
    }

    #[test]
    fn absurd_rates_are_refused() {
        for rate in [0, 1, 3_999, 192_001, u32::MAX] {
            assert!(matches!(Resampler::new(rate, 1), Err(ResampleError::Rate(_))));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn length_is_exact_and_cutting_changes_nothing(
            rate in prop_oneof![Just(8_000u32), Just(44_100), Just(48_000), 4_000u32..20_000],
            frames in 0usize..9_000,
            pieces in prop::collection::vec(1usize..2_000, 1..6),
        ) {
            let input = tone(rate, frames);
            let cut = resample(rate, &input, &pieces);
            let exact = (frames as u64 * 16_000 + u64::from(rate) / 2) / u64::from(rate);
            prop_assert_eq!(cut.len() as u64, exact);
            prop_assert_eq!(cut, resample(rate, &input, &[frames.max(1)]));
        }
    }
}
