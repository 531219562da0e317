//! Numbers as reports tell them.
//!
//! In: a measure as it was taken. Out: the same with the decimals that a report keeps. Rules compare
//! these, so that a call judged again from its report is judged alike to the bit (law 4), and a
//! person who holds a report against a rule sees the number that was compared.

/// A share of 0 to 1, to the thousandth; what is no number is 0.
pub(crate) fn share(value: f32) -> f32 {
    rounded(f64::from(value).clamp(0.0, 1.0), 1000.0)
}

/// Decibels to the tenth, from -120 to 120; digital silence is the least of them.
pub(crate) fn decibels(value: f32) -> f32 {
    rounded(f64::from(value).clamp(-120.0, 120.0), 10.0)
}

/// Units a minute to the tenth; what is not finite is 0.
pub(crate) fn tenth(value: f32) -> f32 {
    rounded(f64::from(value), 10.0)
}

fn rounded(value: f64, scale: f64) -> f32 {
    let rounded = (value * scale).round() / scale;
    if rounded.is_finite() { rounded as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digital_silence_is_very_quiet() {
        assert_eq!(decibels(f32::NEG_INFINITY), -120.0);
    }

    proptest! {
        #[test]
        fn a_number_told_twice_is_the_same(value in -200.0f32..2000.0, json in 0u32..=1000) {
            prop_assert_eq!(decibels(decibels(value)).to_bits(), decibels(value).to_bits());
            prop_assert_eq!(tenth(tenth(value)).to_bits(), tenth(value).to_bits());
            let written = f64::from(json) / 1000.0;
            let read: f64 = written.to_string().parse().unwrap();
            prop_assert_eq!(share(read as f32).to_bits(), (read as f32).to_bits());
        }
    }
}
