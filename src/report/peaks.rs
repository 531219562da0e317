//! A waveform small enough to draw: the loudest sample of each stretch.
//!
//! In: samples of each leg in order. Out: one byte a stretch. Memory grows by [`PER_S`] bytes for
//! each second of a leg.

/// Peaks kept for each second of audio while a call is read.
const PER_S: u32 = 50;

/// The peaks of a call's legs, gathered while it is read.
#[derive(Debug, Clone)]
pub struct Peaks {
    stretch_samples: u64,
    legs: Vec<(u64, Vec<u8>)>,
}

impl Peaks {
    /// Peaks for legs at `rate_hz`.
    pub fn new(legs: usize, rate_hz: u32) -> Self {
        let stretch_samples = u64::from((rate_hz / PER_S).max(1));
        Self { stretch_samples, legs: vec![(0, Vec::new()); legs] }
    }

    /// Adds the next samples of a leg (full scale ±1); a leg that does not exist is left out.
    pub fn push(&mut self, leg: usize, samples: &[f32]) {
        let Some((seen, peaks)) = self.legs.get_mut(leg) else { return };
        for sample in samples {
            // A float becomes a byte by saturation: louder than full scale is 255, not-a-number 0.
            let level = (sample.abs() * 255.0).round() as u8;
            if seen.is_multiple_of(self.stretch_samples) {
                peaks.push(level);
            } else if let Some(last) = peaks.last_mut() {
                *last = level.max(*last);
            }
            *seen += 1;
        }
    }

    /// One list a leg, and how many peaks there are for each second.
    pub fn into_parts(self) -> (Vec<Vec<u8>>, u32) {
        (self.legs.into_iter().map(|leg| leg.1).collect(), PER_S)
    }
}

/// Fewer peaks, each the loudest of `factor` neighbours.
pub(super) fn thinned(peaks: &[u8], factor: usize) -> Vec<u8> {
    peaks.chunks(factor).map(|chunk| chunk.iter().copied().max().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loudest_sample_stands_for_its_stretch_however_it_was_cut() {
        let samples: Vec<f32> = (0..800).map(|i| if i == 330 { -1.5 } else { 0.1 }).collect();
        let mut whole = Peaks::new(1, 8000);
        whole.push(0, &samples);
        whole.push(7, &samples);
        let mut pieces = Peaks::new(1, 8000);
        samples.chunks(37).for_each(|piece| pieces.push(0, piece));
        let expected = vec![vec![26, 26, 255, 26, 26]];
        assert_eq!(whole.into_parts(), (expected.clone(), 50));
        assert_eq!(pieces.into_parts().0, expected);
    }

    #[test]
    fn thinning_keeps_the_loudest() {
        assert_eq!(thinned(&[1, 9, 3, 4, 5], 2), [9, 4, 5]);
    }
}
