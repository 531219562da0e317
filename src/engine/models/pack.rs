//! ggml's number formats: half precision and the quantised blocks of 32.
//!
//! In: numbers. Out: bytes as ggml lays them out, bit for bit as its own reference quantisers do.
//! Must not know of models.

/// Numbers in a quantised block.
pub(super) const BLOCK: usize = 32;

/// Half to single precision, exact.
pub(super) fn f16_to_f32(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10) & 31;
    let fraction = u32::from(half) & 0x3ff;
    match exponent {
        // A subnormal half is a whole number of 2^-24.
        0 => f32::from_bits(sign | (fraction as f32 * (-24f32).exp2()).to_bits()),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

/// Single to half precision, to the nearest, ties to even; too large becomes infinite.
pub(super) fn f32_to_f16(single: f32) -> u16 {
    let bits = single.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let magnitude = bits & 0x7fff_ffff;
    let half = if magnitude > 0x7f80_0000 {
        0x7e00
    } else if magnitude >= 0x477f_f000 {
        0x7c00 // 65520 and more
    } else if magnitude >= 0x3880_0000 {
        let rebased = magnitude - (112 << 23);
        (rebased + 0xfff + (rebased >> 13 & 1)) >> 13
    } else {
        // Subnormal: count 2^-24; `round_ties_even` does the rounding.
        (f32::from_bits(magnitude) * 24f32.exp2()).round_ties_even() as u32
    };
    sign | half as u16
}

/// Appends `row` as halves.
pub(super) fn f16(row: &[f32], out: &mut Vec<u8>) {
    out.extend(row.iter().flat_map(|x| f32_to_f16(*x).to_le_bytes()));
}

/// Appends `row` as singles.
pub(super) fn f32(row: &[f32], out: &mut Vec<u8>) {
    out.extend(row.iter().flat_map(|x| x.to_le_bytes()));
}

/// Appends blocks of a scale and 32 signed bytes. A rest shorter than a block is the caller's error.
pub(super) fn q8_0(row: &[f32], out: &mut Vec<u8>) {
    for block in row.as_chunks::<BLOCK>().0 {
        let scale = block.iter().fold(0f32, |m, x| m.max(x.abs())) / 127.0;
        let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
        out.extend(f32_to_f16(scale).to_le_bytes());
        out.extend(block.iter().map(|x| (x * inverse).round() as i8 as u8));
    }
}

/// Appends blocks of a scale, a minimum, 32 fifth bits and 32 nibbles.
pub(super) fn q5_1(row: &[f32], out: &mut Vec<u8>) {
    for block in row.as_chunks::<BLOCK>().0 {
        let (low, high) =
            block.iter().fold((f32::MAX, f32::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
        let scale = (high - low) / 31.0;
        let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
        let level = block.map(|x| ((x - low) * inverse + 0.5) as u8);
        let fifth = level.iter().rev().fold(0u32, |bits, q| bits << 1 | u32::from(q >> 4 & 1));
        out.extend(f32_to_f16(scale).to_le_bytes());
        out.extend(f32_to_f16(low).to_le_bytes());
        out.extend(fifth.to_le_bytes());
        let (first, second) = level.split_at(BLOCK / 2);
        out.extend(first.iter().zip(second).map(|(a, b)| a & 15 | b << 4));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_survives() {
        for half in 0..=u16::MAX {
            let single = f16_to_f32(half);
            if !single.is_nan() {
                assert_eq!(f32_to_f16(single), half, "{half:#06x} {single}");
            }
        }
    }

    #[test]
    fn rounding_is_to_nearest_even() {
        let check = |single: f32, half: u16| assert_eq!(f32_to_f16(single), half, "{single}");
        check(1.0 + 1.0 / 2048.0, 0x3c00);
        check(1.0 + 3.0 / 2048.0, 0x3c02);
        check(65519.9, 0x7bff);
        check(65520.0, 0x7c00);
        check(-0.0, 0x8000);
        check(0.5f32.powi(25), 0);
        check(0.5f32.powi(25) * 1.01, 1);
        assert!(f16_to_f32(f32_to_f16(f32::NAN)).is_nan());
    }

    fn unpack_q8_0(bytes: &[u8]) -> Vec<f32> {
        let scale = f16_to_f32(u16::from_le_bytes([bytes[0], bytes[1]]));
        bytes[2..].iter().map(|b| f32::from(*b as i8) * scale).collect()
    }

    fn unpack_q5_1(bytes: &[u8]) -> Vec<f32> {
        let half = |i: usize| f16_to_f32(u16::from_le_bytes([bytes[i], bytes[i + 1]]));
        let fifth = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        let level = |i: usize| {
            let byte = bytes[8 + i % 16];
            let nibble = if i < 16 { byte & 15 } else { byte >> 4 };
            f32::from(nibble) + 16.0 * (fifth >> i & 1) as f32
        };
        (0..32).map(|i| level(i) * half(0) + half(2)).collect()
    }

    proptest::proptest! {
        #[test]
        fn a_block_comes_back_within_half_a_step(row in proptest::collection::vec(-2f32..2.0, BLOCK)) {
            let mut bytes = Vec::new();
            q8_0(&row, &mut bytes);
            assert_eq!(bytes.len(), 34);
            for (x, y) in row.iter().zip(unpack_q8_0(&bytes)) {
                assert!((x - y).abs() < 2.0 / 127.0, "{x} {y}");
            }
            bytes.clear();
            q5_1(&row, &mut bytes);
            assert_eq!(bytes.len(), 24);
            for (x, y) in row.iter().zip(unpack_q5_1(&bytes)) {
                assert!((x - y).abs() < 4.0 / 31.0, "{x} {y}");
            }
        }
    }

    #[test]
    fn zeros_stay_zero() {
        let (mut q8, mut q5) = (Vec::new(), Vec::new());
        q8_0(&[0.0; BLOCK], &mut q8);
        q5_1(&[0.0; BLOCK], &mut q5);
        assert!(q8.iter().chain(&q5).all(|b| *b == 0));
    }
}
