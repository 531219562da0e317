//! What a misheard number most likely is, by the words before it.
//!
//! In: digits with some lost, doubled or changed, and what announces them. Out: a kind, or none. Without
//! an announcement nothing is near enough.

use std::ops::RangeInclusive;

use crate::domain::PiiKind;

use super::context::{Context, Topic};
use super::kinds::is_service;

/// The kind of a number that is announced as personal and has about the right length.
pub(super) fn classify(digits: &str, groups: &[usize], context: &Context) -> Option<PiiKind> {
    let Some(Topic::Person(kind)) = context.topic else { return None };
    let is_amount = context.is_amount && digits.len() <= AMOUNT_DIGITS_MAX;
    if is_amount || is_date(digits, groups) || is_service(digits, context.english) {
        return None;
    }
    let len = digits.len();
    if !context.english && ID_LENS.contains(&len) && has_birth_date(digits) {
        return Some(PiiKind::IdCard);
    }
    let mobile =
        (10..=12).contains(&len) && digits.starts_with('1') && digits.as_bytes()[1] >= b'3';
    match kind {
        PiiKind::IdCard | PiiKind::BankCard if !context.english && mobile => Some(PiiKind::Phone),
        PiiKind::Cvv => None,
        _ => (*lens(kind, context.english).start() <= len).then_some(kind),
    }
}

/// How far a length is from the kind's own, or none where it is too long for one number.
pub(super) fn excess(kind: PiiKind, len: usize, english: bool) -> Option<usize> {
    let right = match (kind, english) {
        (PiiKind::Phone, true) => 10,
        (PiiKind::Phone, false) => 11,
        (PiiKind::IdCard, _) => 18,
        (PiiKind::BankCard, true) => 16,
        (PiiKind::BankCard, false) => 19,
        (PiiKind::Ssn, _) => 9,
        (PiiKind::Email | PiiKind::Cvv, _) => 0,
    };
    (len <= *lens(kind, english).end()).then_some(len.abs_diff(right))
}

/// Digits that an amount or a count may have; in longer ones the unit belongs to what follows: a
/// telephone number, then "three working days".
const AMOUNT_DIGITS_MAX: usize = 9;

/// How many digits of a misheard number a mask leaves in clear: as many as of a right one, as long as
/// enough are hidden; the last ones go before the first.
pub(super) fn shown(kind: PiiKind, digits: &str) -> (usize, usize) {
    let (first, last) = match kind {
        // No country's code can be told from the rest.
        PiiKind::Phone => (3, 4),
        kind => super::kinds::shown(kind, digits),
    };
    let hidden_min = match kind {
        PiiKind::Phone => 4,
        PiiKind::IdCard => 8,
        PiiKind::BankCard | PiiKind::Ssn => 5,
        PiiKind::Email | PiiKind::Cvv => digits.len(),
    };
    let room = digits.len().saturating_sub(hidden_min);
    let last = last.min(room);
    (first.min(room - last), last)
}

const ID_LENS: RangeInclusive<usize> = 14..=20;

/// Lengths in digits that a kind may have after a digit or two were lost or doubled; card numbers, read
/// slowly, lose whole groups.
fn lens(kind: PiiKind, english: bool) -> RangeInclusive<usize> {
    match (kind, english) {
        (PiiKind::Phone, true) => 9..=12,
        (PiiKind::Phone, false) => 8..=14,
        (PiiKind::IdCard, _) => 12..=20,
        (PiiKind::BankCard, _) => 11..=21,
        (PiiKind::Ssn, _) => 8..=10,
        // No row of digits, and one too short to be told from another.
        (PiiKind::Email | PiiKind::Cvv, _) => 0..=0,
    }
}

/// A year of birth with a month and a day after it, anywhere about the middle.
fn has_birth_date(digits: &str) -> bool {
    (4..=8).filter_map(|from| digits.get(from..from + 8)).any(|eight| is_day(eight, 1920..=2029))
}

/// Year, month and day, and nothing else: 1988-03-09, 20250312.
fn is_date(digits: &str, groups: &[usize]) -> bool {
    let written = matches!(groups, [8] | [4, 2, 2] | [4, 4]);
    digits.len() == 8 && written && is_day(digits, 1900..=2099)
}

fn is_day(eight: &str, years: RangeInclusive<u32>) -> bool {
    let number = |at: std::ops::Range<usize>| eight[at].parse::<u32>().unwrap_or(0);
    years.contains(&number(0..4))
        && (1..=12).contains(&number(4..6))
        && (1..=31).contains(&number(6..8))
}
