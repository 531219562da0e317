//! How sure a share is that was counted on a few cases.
//!
//! In: cases and how many of them were right. Out: Wilson's score interval (E. B. Wilson, 1927, JASA 22),
//! which stays inside 0 and 1 and is honest for small counts, where the plain one says "100 % ± 0".

/// A share with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Cases counted.
    pub of: u64,
    /// Those that were right.
    pub right: u64,
}

/// Standard normal quantile of 97.5 %.
const Z: f64 = 1.959_963_984_540_054;

impl Share {
    /// The share itself, 0 to 1; `None` without a case.
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.right as f64 / self.of as f64)
    }

    /// The bounds between which the true share lies, 19 times out of 20; everything without a case.
    pub fn wilson(self) -> (f64, f64) {
        let Some(p) = self.value() else { return (0.0, 1.0) };
        let (n, zz) = (self.of as f64, Z * Z);
        let middle = p + zz / (2.0 * n);
        let spread = Z * (p * (1.0 - p) / n + zz / (4.0 * n * n)).sqrt();
        let scale = 1.0 + zz / n;
        (((middle - spread) / scale).max(0.0), ((middle + spread) / scale).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_tables() {
        // Newcombe, Statistics in Medicine 17 (1998), table I: method 3.
        for (right, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let (l, h) = Share { of, right }.wilson();
            assert!((l - low).abs() < 6e-5 && (h - high).abs() < 6e-5, "{right}/{of}: {l} {h}");
        }
        assert_eq!(Share { of: 0, right: 0 }.wilson(), (0.0, 1.0));
    }
}
