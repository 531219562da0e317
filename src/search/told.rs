//! The utterances of a call as they lie in the index, to be shown with a hit.
//!
//! In: utterances with word times. Out: bytes, and back. Times keep hundredths of a second; numbers of
//! one kind stand together, and so do the texts, which zstd packs best.

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

/// The numbers of a call, each kind by itself: what hardly changes then takes hardly any room.
const KINDS: usize = 9;

/// Packs the utterances of a call.
pub(super) fn packed(said: &[SaidDoc]) -> Vec<u8> {
    let mut kinds: [Vec<u8>; KINDS] = Default::default();
    let mut texts = Vec::new();
    let mut last = 0;
    for one in said {
        texts.extend_from_slice(one.text.as_bytes());
        let start = ticks(one.start_ms);
        put(&mut kinds[0], one.text.len() as u64);
        put(&mut kinds[1], u64::from(one.leg) << 2 | party_code(one.party));
        put(&mut kinds[2], zigzag(start - last));
        put(&mut kinds[3], zigzag(ticks(one.end_ms) - start));
        put(&mut kinds[4], one.words.len() as u64);
        last = start;
        let (mut char_at, mut at) = (0, start);
        for word in &one.words {
            put(&mut kinds[5], zigzag(i64::from(word.chars.start) - char_at));
            put(&mut kinds[6], u64::from(word.chars.end.saturating_sub(word.chars.start)));
            put(&mut kinds[7], zigzag(ticks(word.start_ms) - at));
            put(&mut kinds[8], zigzag(ticks(word.end_ms) - ticks(word.start_ms)));
            (char_at, at) = (i64::from(word.chars.end), ticks(word.end_ms));
        }
    }
    let mut all = Vec::with_capacity(texts.len() * 2);
    put(&mut all, said.len() as u64);
    for part in kinds.iter().chain([&texts]) {
        put(&mut all, part.len() as u64);
        all.extend_from_slice(part);
    }
    // zstd fails on nothing but want of memory; the search then says that the call cannot be unpacked.
    zstd::bulk::compress(&all, LEVEL).unwrap_or_default()
}

fn part<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = usize::try_from(take(rest)?).ok()?;
    let (part, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(part)
}

/// The next number that may be below zero, added to another.
fn step(from: i64, bytes: &mut &[u8]) -> Option<i64> {
    from.checked_add(unzigzag(take(bytes)?))
}

/// Unpacks them; `None` where the bytes are not what [`packed`] wrote.
pub(super) fn unpacked(bytes: &[u8]) -> Option<Vec<SaidDoc>> {
    let likely = bytes.len().saturating_mul(64).saturating_add(4096).min(UNPACKED_MAX);
    let all = zstd::bulk::decompress(bytes, likely);
    let all = all.or_else(|_| zstd::bulk::decompress(bytes, UNPACKED_MAX)).ok()?;
    let mut rest = all.as_slice();
    let count = take(&mut rest)? as usize;
    let mut kinds: [&[u8]; KINDS] = Default::default();
    for kind in &mut kinds {
        *kind = part(&mut rest)?;
    }
    let mut texts = part(&mut rest)?;
    let mut out = Vec::with_capacity(count.min(all.len()));
    let mut last = 0;
    for _ in 0..count {
        let length = usize::try_from(take(&mut kinds[0])?).ok()?;
        let (text, after) = texts.split_at_checked(length)?;
        texts = after;
        let who = take(&mut kinds[1])?;
        let start = step(last, &mut kinds[2])?;
        let end = step(start, &mut kinds[3])?;
        let words_len = take(&mut kinds[4])? as usize;
        last = start;
        let mut words = Vec::with_capacity(words_len.min(all.len()));
        let (mut char_at, mut at) = (0, start);
        for _ in 0..words_len {
            let from = step(char_at, &mut kinds[5])?;
            let to = from.checked_add(i64::try_from(take(&mut kinds[6])?).ok()?)?;
            let start = step(at, &mut kinds[7])?;
            let end = step(start, &mut kinds[8])?;
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
    u64::try_from(ticks).ok()?.checked_mul(TICK_MS)
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
