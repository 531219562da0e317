//! A waveform small enough to draw.
//!
//! In: the loudest level of each stretch. Out: fewer of them.

/// Fewer peaks, each the loudest of `factor` neighbours.
pub(super) fn thinned(peaks: &[u8], factor: usize) -> Vec<u8> {
    peaks.chunks(factor).map(|chunk| chunk.iter().copied().max().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_loudest() {
        assert_eq!(thinned(&[1, 9, 3, 4, 5], 2), [9, 4, 5]);
    }
}
