//! The utterances of a call as they lie in the index, to be shown with a hit.
//!
//! In: utterances with word times. Out: bytes, and back. Times keep hundredths of a second; all texts stand
//! together, all numbers after them, which zstd packs best.

use super::doc::{SaidDoc, WordAt};
use super::schema::{TICK_MS, party_code, party_of};

/// How hard zstd tries: 1 to 22.
const LEVEL: i32 = 6;

/// The most that a call may unpack to, in bytes.
const UNPACKED_MAX: usize = 64 << 20;

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Signed numbers near zero become small ones.
const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

const fn ticks(ms: u64) -> i64 {
    (ms / TICK_MS) as i64
}

/// Packs the utterances of a call.
pub(super) fn packed(said: &[SaidDoc]) -> Vec<u8> {
    let mut texts = Vec::new();
    let mut numbers = Vec::new();
    let mut last = 0;
    for one in said {
        texts.extend_from_slice(one.text.as_bytes());
        put(&mut numbers, one.text.len() as u64);
        put(&mut numbers, u64::from(one.leg) << 2 | party_code(one.party));
        put(&mut numbers, zigzag(ticks(one.start_ms) - last));
        put(&mut numbers, zigzag(ticks(one.end_ms) - ticks(one.start_ms)));
        put(&mut numbers, one.words.len() as u64);
        last = ticks(one.start_ms);
        let (mut char_at, mut at) = (0, last);
        for word in &one.words {
            put(&mut numbers, zigzag(i64::from(word.chars.start) - char_at));
            put(&mut numbers, u64::from(word.chars.end.saturating_sub(word.chars.start)));
            put(&mut numbers, zigzag(ticks(word.start_ms) - at));
            put(&mut numbers, zigzag(ticks(word.end_ms) - ticks(word.start_ms)));
            (char_at, at) = (i64::from(word.chars.end), ticks(word.end_ms));
        }
    }
    let mut all = Vec::with_capacity(texts.len() + numbers.len() + 10);
    put(&mut all, said.len() as u64);
    put(&mut all, texts.len() as u64);
    all.extend_from_slice(&texts);
    all.extend_from_slice(&numbers);
    // zstd fails on nothing but want of memory; what it could not pack is left out of what is shown.
    zstd::bulk::compress(&all, LEVEL).unwrap_or_default()
}

/// Unpacks them; `None` where the bytes are not what [`packed`] wrote.
pub(super) fn unpacked(bytes: &[u8]) -> Option<Vec<SaidDoc>> {
    let all =
        zstd::bulk::decompress(bytes, UNPACKED_MAX.min(bytes.len().saturating_mul(64) + 4096));
    let all = all.or_else(|_| zstd::bulk::decompress(bytes, UNPACKED_MAX)).ok()?;
    let mut rest = all.as_slice();
    let count = take(&mut rest)? as usize;
    let texts_len = take(&mut rest)? as usize;
    let (mut texts, mut numbers) = rest.split_at_checked(texts_len)?;
    let numbers = &mut numbers;
    let mut out = Vec::with_capacity(count.min(rest.len()));
    let mut last = 0;
    for _ in 0..count {
        let (text, after) = texts.split_at_checked(take(numbers)? as usize)?;
        texts = after;
        let who = take(numbers)?;
        let start = last + unzigzag(take(numbers)?);
        let end = start + unzigzag(take(numbers)?);
        let words_len = take(numbers)? as usize;
        last = start;
        let mut words = Vec::with_capacity(words_len.min(numbers.len()));
        let (mut char_at, mut at) = (0, start);
        for _ in 0..words_len {
            let from = char_at + unzigzag(take(numbers)?);
            let to = from + take(numbers)? as i64;
            let start = at + unzigzag(take(numbers)?);
            let end = start + unzigzag(take(numbers)?);
            let chars = u32::try_from(from).ok()?..u32::try_from(to).ok()?;
            words.push(WordAt { chars, start_ms: ms(start)?, end_ms: ms(end)? });
            (char_at, at) = (to, end);
        }
        out.push(SaidDoc {
            leg: (who >> 2) as u8,
            party: party_of(who),
            start_ms: ms(start)?,
            end_ms: ms(end)?,
            text: String::from_utf8(text.to_vec()).ok()?,
            words,
        });
    }
    Some(out)
}

fn ms(ticks: i64) -> Option<u64> {
    u64::try_from(ticks).ok().map(|ticks| ticks * TICK_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Party;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_packed_unpacks(
            lines in proptest::collection::vec(("\\PC{0,12}", 0u64..10_000, 0u64..400, 0u8..4), 0..8)
        ) {
            let said: Vec<SaidDoc> = lines
                .into_iter()
                .map(|(text, at, length, leg)| {
                    let (start_ms, end_ms) = (at * TICK_MS, (at + length) * TICK_MS);
                    let word = WordAt { chars: 0..text.chars().count() as u32, start_ms, end_ms };
                    let party = [Party::Agent, Party::Customer, Party::Bot, Party::Unknown][leg as usize];
                    SaidDoc { leg, party, start_ms, end_ms, text, words: vec![word] }
                })
                .collect();
            prop_assert_eq!(unpacked(&packed(&said)), Some(said));
        }

        #[test]
        fn other_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = unpacked(&bytes);
        }
    }
}
