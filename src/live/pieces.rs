//! A fuzzer's input as a peer would send it: piece by piece.
//!
//! In: any bytes. Out: pieces, each with a byte that says what kind it is. Golden inputs are put together the same way, so that what is
//! bent in them stays mostly whole.

/// What comes one after the other: a byte for the kind, two for the length (the low one first), and so many bytes, or what is left.
pub(super) fn pieces(mut bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (&[kind, low, high], rest) = bytes.split_first_chunk::<3>()?;
        let length = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
        let (piece, rest) = rest.split_at_checked(length)?;
        bytes = rest;
        Some((kind, piece))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_what_is_left() {
        let all: Vec<_> = pieces(&[7, 2, 0, 1, 2, 8, 0, 0, 9, 0xff, 0xff, 5]).collect();
        assert_eq!(all, [(7, &[1, 2][..]), (8, &[][..]), (9, &[5][..])]);
        assert_eq!(pieces(&[1, 1]).count(), 0);
    }
}
