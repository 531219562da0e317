//! What a row of digits surely is: shapes, check digits, and the words before it.
//!
//! In: digits, how they were grouped, what was said before. Out: a kind, and the masked value.

use crate::domain::PiiKind;

use super::context::{Context, Topic};

/// The kind of a number that is right in every digit, if it is personal. `groups` are the lengths in which it was said.
pub(super) fn classify(digits: &str, groups: &[usize], context: &Context) -> Option<PiiKind> {
    let bytes: Vec<u8> = digits.bytes().map(|b| b.wrapping_sub(b'0')).collect();
    if is_id_card(digits) {
        return Some(PiiKind::IdCard);
    }
    if digits.ends_with('X') {
        return None;
    }
    if is_security_code(digits, context) {
        return Some(PiiKind::Cvv);
    }
    if is_card(digits) && luhn(&bytes) && !context.is_thing(PiiKind::BankCard) {
        return Some(PiiKind::BankCard);
    }
    if is_ssn(digits, groups, context) {
        return Some(PiiKind::Ssn);
    }
    let phone = is_mobile(digits) || is_landline(digits) || (context.english && is_nanp(digits));
    (phone && !context.is_thing(PiiKind::Phone) && !is_service(digits, context.english))
        .then_some(PiiKind::Phone)
}

/// GB 11643: 17 digits, a date of birth among them, and a check digit modulo 11.
fn is_id_card(digits: &str) -> bool {
    let d: Vec<u32> = digits.chars().map(|c| c.to_digit(10).unwrap_or(10)).collect();
    if d.len() != 18 || d[..17].contains(&10) || !(1..=8).contains(&d[0]) {
        return false;
    }
    let number = |from: usize, len: usize| d[from..from + len].iter().fold(0, |n, x| n * 10 + x);
    let born = (1900..2100).contains(&number(6, 4))
        && (1..=12).contains(&number(10, 2))
        && (1..=31).contains(&number(12, 2));
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = d.iter().zip(weights).map(|(x, weight)| x * weight).sum();
    born && d[17] == (12 - sum % 11) % 11
}

/// ISO/IEC 7812: the leading digits of the card schemes, with their lengths.
fn is_card(digits: &str) -> bool {
    let lead = |len: usize| digits.get(..len).and_then(|text| text.parse::<u32>().ok());
    let two = lead(2).unwrap_or(0);
    match digits.len() {
        13 => two / 10 == 4,
        14 => matches!(two, 30 | 36 | 38 | 39),
        15 => matches!(two, 34 | 37),
        16 => {
            let four = lead(4).unwrap_or(0);
            matches!(two, 35 | 40..=49 | 51..=55 | 60..=69) || (2221..=2720).contains(&four)
        }
        17..=19 => matches!(two, 35 | 62 | 60 | 64..=68) || (two / 10 == 4 && digits.len() == 19),
        _ => false,
    }
}

/// Three digits (four on some cards), known by nothing but the words before them.
fn is_security_code(digits: &str, context: &Context) -> bool {
    let announced = context.topic == Some(Topic::Person(PiiKind::Cvv));
    announced && !context.is_amount && matches!(digits.len(), 3 | 4)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| {
            let d = u32::from(d) * if i % 2 == 1 { 2 } else { 1 };
            if d > 9 { d - 9 } else { d }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Nine digits said 3-2-4, or asked for. Nine hundreds are taxpayer numbers: as personal.
fn is_ssn(digits: &str, groups: &[usize], context: &Context) -> bool {
    let shape = digits.len() == 9 && !digits.starts_with("000") && !digits.starts_with("666");
    let valid = shape && &digits[3..5] != "00" && &digits[5..] != "0000";
    let grouped = groups == [3, 2, 4];
    let asked = context.topic == Some(Topic::Person(PiiKind::Ssn));
    valid && context.english && (asked || (grouped && context.topic != Some(Topic::Thing)))
}

/// A Chinese mobile number, maybe with the country's code.
fn is_mobile(digits: &str) -> bool {
    let local = if digits.len() == 13 { digits.strip_prefix("86") } else { Some(digits) };
    local.is_some_and(|local| {
        local.len() == 11 && local.starts_with('1') && local.as_bytes()[1] >= b'3'
    })
}

/// A Chinese landline with its area code.
fn is_landline(digits: &str) -> bool {
    let after = |code: usize, lens: &[usize]| lens.contains(&(digits.len().saturating_sub(code)));
    match digits.as_bytes() {
        [b'0', b'1', b'0', ..] | [b'0', b'2', ..] => after(3, &[8]),
        [b'0', b'3'..=b'9', ..] => after(4, &[7, 8]),
        _ => false,
    }
}

/// A number that companies publish, free to call.
pub(super) fn is_service(digits: &str, english: bool) -> bool {
    if !english {
        return digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"));
    }
    let local = if digits.len() == 11 { digits.strip_prefix('1') } else { Some(digits) };
    let free = ["400", "800", "833", "844", "855", "866", "877", "888", "900"];
    local.is_some_and(|local| local.len() == 10 && free.contains(&&local[..3]))
}

/// A North American number; not the ones that are free to call, which belong to companies.
fn is_nanp(digits: &str) -> bool {
    let local = if digits.len() == 11 { digits.strip_prefix('1') } else { Some(digits) };
    local.is_some_and(|local| {
        local.len() == 10
            && local.as_bytes()[0] >= b'2'
            && local.as_bytes()[3] >= b'2'
            && !is_service(local, true)
    })
}

/// How many digits a mask leaves in clear, at the start and at the end.
pub(super) fn shown(kind: PiiKind, digits: &str) -> (usize, usize) {
    match kind {
        // The country's code is no secret.
        PiiKind::Phone => (3 + digits.len().saturating_sub(masked(kind, digits).len()), 4),
        PiiKind::IdCard | PiiKind::BankCard => (6, 4),
        PiiKind::Ssn | PiiKind::Email => (0, 4),
        PiiKind::Cvv => (0, 0),
    }
}

/// The value with its middle starred out.
pub(super) fn masked(kind: PiiKind, digits: &str) -> String {
    match kind {
        PiiKind::Phone => {
            let local = match digits.len() {
                13 => &digits[2..],
                11 if digits.starts_with('1') && is_nanp(digits) && !is_mobile(digits) => {
                    &digits[1..]
                }
                _ => digits,
            };
            stars(local, 3, 4)
        }
        PiiKind::IdCard | PiiKind::BankCard => stars(digits, 6, 4),
        PiiKind::Ssn | PiiKind::Email => stars(digits, 0, 4),
        PiiKind::Cvv => stars(digits, 0, 0),
    }
}

/// Keeps the first and the last characters of an ASCII text.
pub(super) fn stars(text: &str, first: usize, last: usize) -> String {
    let hidden = text.len().saturating_sub(first + last);
    format!("{}{}{}", &text[..first], "*".repeat(hidden), &text[first + hidden..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn check_digits_hold() {
        assert!(is_id_card("11010519491231002X"));
        assert!(!is_id_card("110105194912310021"));
        assert!(luhn(&[4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
        assert!(!luhn(&[4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]));
    }

    proptest! {
        #[test]
        fn any_digits_are_taken(digits in "[0-9]{1,24}X?", english: bool) {
            let context = Context { topic: None, also: vec![], is_amount: false, english };
            if let Some(kind) = classify(&digits, &[digits.len()], &context) {
                let shown = masked(kind, &digits).bytes().filter(u8::is_ascii_digit).count();
                prop_assert!(shown <= 10 && shown < digits.len());
            }
        }
    }
}
