//! The utterances of a call as they lie in the index, to be shown with a hit.
//!
//! In: utterances with word times. Out: bytes, and back. Times keep hundredths of a second; numbers of
//! one kind stand together, and so do the texts, which the index's own zstd packs best. When an utterance
//! begins, how long it is and whose it is stand in columns ([`Row`]) and not here once more.

use super::doc::{SaidDoc, WordAt};
use super::schema::{TICK_MS, ticks};
use super::segment::Row;

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
pub(super) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub(super) const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// The numbers of a call, each kind by itself: what hardly changes then takes hardly any room.
const KINDS: usize = 7;

/// Packs the utterances of a call.
pub(super) fn packed(said: &[SaidDoc]) -> Vec<u8> {
    let mut kinds: [Vec<u8>; KINDS] = Default::default();
    let mut texts = Vec::new();
    for one in said {
        texts.extend_from_slice(one.text.as_bytes());
        put(&mut kinds[0], one.text.len() as u64);
        put(&mut kinds[1], u64::from(one.leg));
        put(&mut kinds[2], one.words.len() as u64);
        let (mut char_at, mut at) = (0, ticks(one.start_ms));
        for word in &one.words {
            put(&mut kinds[3], zigzag(i64::from(word.chars.start) - char_at));
            put(&mut kinds[4], u64::from(word.chars.end.saturating_sub(word.chars.start)));
            put(&mut kinds[5], zigzag(ticks(word.start_ms) - at));
            put(&mut kinds[6], zigzag(ticks(word.end_ms) - ticks(word.start_ms)));
            (char_at, at) = (i64::from(word.chars.end), ticks(word.end_ms));
        }
    }
    let mut all = Vec::with_capacity(texts.len() * 2);
    for part in kinds.iter().chain([&texts]) {
        put(&mut all, part.len() as u64);
        all.extend_from_slice(part);
    }
    all
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

/// Unpacks them, one a row; `None` where the bytes are not what [`packed`] wrote.
pub(super) fn unpacked(mut rest: &[u8], rows: &[Row]) -> Option<Vec<SaidDoc>> {
    let size = rest.len();
    let mut kinds: [&[u8]; KINDS] = Default::default();
    for kind in &mut kinds {
        *kind = part(&mut rest)?;
    }
    let mut texts = part(&mut rest)?;
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        let length = usize::try_from(take(&mut kinds[0])?).ok()?;
        let (text, after) = texts.split_at_checked(length)?;
        texts = after;
        let leg = u8::try_from(take(&mut kinds[1])?).ok()?;
        let words_len = take(&mut kinds[2])? as usize;
        let mut words = Vec::with_capacity(words_len.min(size));
        let (mut char_at, mut at) = (0, ticks(row.start_ms));
        for _ in 0..words_len {
            let from = step(char_at, &mut kinds[3])?;
            let to = from.checked_add(i64::try_from(take(&mut kinds[4])?).ok()?)?;
            let start = step(at, &mut kinds[5])?;
            let end = step(start, &mut kinds[6])?;
            let chars = u32::try_from(from).ok()?..u32::try_from(to).ok()?;
            words.push(WordAt { chars, start_ms: ms(start)?, end_ms: ms(end)? });
            (char_at, at) = (to, end);
        }
        out.push(SaidDoc {
            leg,
            party: row.party,
            start_ms: row.start_ms,
            end_ms: row.end_ms,
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
            let row = |one: &SaidDoc| Row {
                at: 0,
                end: 0,
                party: one.party,
                start_ms: one.start_ms,
                end_ms: one.end_ms,
            };
            let rows: Vec<Row> = said.iter().map(row).collect();
            prop_assert_eq!(unpacked(&packed(&said), &rows), Some(said));
        }

        #[test]
        fn other_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let row = Row { at: 0, end: 0, party: Party::Agent, start_ms: 0, end_ms: 0 };
            let _ = unpacked(&bytes, &[row, row]);
        }
    }
}
