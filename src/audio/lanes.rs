//! Sums and peaks worked out side by side: a sum in one place waits for each addition to end.
//!
//! In: samples. Out: one number, the same for the same samples.

const LANES: usize = 8;

/// What `of` gives for each sample, added up.
fn sum_of(samples: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (eights, rest) = samples.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for eight in eights {
        for (sum, sample) in sums.iter_mut().zip(eight) {
            *sum += of(*sample);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|sample| of(*sample)).sum::<f32>()
}

/// The sum of samples.
pub(crate) fn sum(samples: &[f32]) -> f32 {
    sum_of(samples, |sample| sample)
}

/// The sum of their squares.
pub(crate) fn square_sum(samples: &[f32]) -> f32 {
    sum_of(samples, |sample| sample * sample)
}

/// The largest magnitude.
pub(crate) fn peak(samples: &[f32]) -> f32 {
    let (eights, rest) = samples.as_chunks::<LANES>();
    let larger = |peak: f32, sample: f32| if sample.abs() > peak { sample.abs() } else { peak };
    let mut peaks = [0.0; LANES];
    for eight in eights {
        for (peak, sample) in peaks.iter_mut().zip(eight) {
            *peak = larger(*peak, *sample);
        }
    }
    peaks.iter().chain(rest).copied().fold(0.0, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_counts_once() {
        for len in 0..40 {
            let samples: Vec<f32> = (0..len).map(|n| n as f32 - 30.0).collect();
            assert_eq!(sum(&samples), samples.iter().sum::<f32>(), "{len}");
            assert_eq!(square_sum(&samples), samples.iter().map(|s| s * s).sum::<f32>(), "{len}");
            assert_eq!(peak(&samples), if len > 0 { 30.0 } else { 0.0 }, "{len}");
        }
        assert_eq!(peak(&[0.1, -0.7, f32::NAN, 0.2]), 0.7);
    }
}
