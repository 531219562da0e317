//! Numbers said in English: forty-eight, six six three zero, double five, five percent.
//!
//! In: lexemes from some point on. Out: the number that starts there, in digits, or none. A lonely
//! "one" stays a word: no one, one moment.

use std::cell::Cell;

use super::lex::{Gap, LexKind, Lexeme};
use super::token::Number;

const DIGITS: [&str; 10] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const TEENS: [&str; 10] = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] =
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// The number from 0 to 9 that a word names.
pub(super) fn digit(word: &str) -> Option<u64> {
    DIGITS.iter().position(|&name| name == word).map(|i| i as u64)
}

/// The word for a number from 0 to 19.
pub(super) fn word(number: usize) -> Option<&'static str> {
    DIGITS.get(number).or_else(|| TEENS.get(number.checked_sub(10)?)).copied()
}

fn teen(word: &str) -> Option<u64> {
    TEENS.iter().position(|&name| name == word).map(|i| i as u64 + 10)
}

fn ten(word: &str) -> Option<u64> {
    TENS.iter().position(|&name| name == word).map(|i| (i as u64 + 2) * 10)
}

/// The words that stand together here, none after the first mark of punctuation. They are followed only
/// as far as they are asked for: a text without punctuation is read once, not once a word.
struct Words<'a> {
    rest: &'a [Lexeme],
    /// So many from the first on are known to stand together.
    together: Cell<usize>,
}

impl<'a> Words<'a> {
    fn new(rest: &'a [Lexeme]) -> Self {
        Self { rest, together: Cell::new(1) }
    }

    fn at(&self, i: usize) -> &str {
        while self.together.get() <= i && self.rest.get(self.together.get()).is_some_and(joined) {
            self.together.set(self.together.get() + 1);
        }
        match self.rest.get(i).filter(|_| i < self.together.get()) {
            Some(lexeme) if lexeme.kind == LexKind::Word => &lexeme.text,
            _ => "",
        }
    }

    /// A digit by any of its names; "oh" needs digits around it, which the caller sees to.
    fn any_digit(&self, i: usize) -> Option<u64> {
        digit(self.at(i)).or_else(|| matches!(self.at(i), "oh" | "o").then_some(0))
    }

    /// A number under 100 and the words it takes.
    fn small(&self, i: usize) -> Option<(u64, usize)> {
        if let Some(tens) = ten(self.at(i)) {
            let unit = digit(self.at(i + 1)).filter(|&unit| unit > 0);
            return Some((tens + unit.unwrap_or(0), if unit.is_some() { 2 } else { 1 }));
        }
        teen(self.at(i)).or_else(|| digit(self.at(i))).map(|value| (value, 1))
    }

    /// A number under 1000: `one hundred and twenty`.
    fn hundreds(&self, i: usize) -> Option<(u64, usize)> {
        let (mut value, mut used) = self.small(i)?;
        if self.at(i + used) == "hundred" {
            value *= 100;
            used += 1;
            let and = usize::from(self.at(i + used) == "and");
            if let Some((rest, more)) = self.small(i + used + and) {
                value += rest;
                used += and + more;
            }
        }
        Some((value, used))
    }

    /// A value with a unit: at least one of hundred, thousand, million.
    fn value(&self, i: usize) -> Option<(u64, usize)> {
        let (first, mut used) = self.hundreds(i)?;
        let mut total = 0;
        let mut section = first;
        let mut unit_last = u64::MAX;
        let has_unit = (i..i + used).any(|at| self.at(at) == "hundred");
        loop {
            let unit = match self.at(i + used) {
                "thousand" => 1_000,
                "million" => 1_000_000,
                _ => break,
            };
            if unit >= unit_last {
                break;
            }
            total += section * unit;
            section = 0;
            unit_last = unit;
            used += 1;
            let and = usize::from(self.at(i + used) == "and");
            if let Some((rest, more)) = self.hundreds(i + used + and) {
                section = rest;
                used += and + more;
            }
        }
        (has_unit || unit_last != u64::MAX).then_some((total + section, used))
    }

    /// A row of digits and pairs: `two oh two`, `double five`, `twenty twenty six`.
    fn row(&self) -> (String, usize) {
        let mut text = String::new();
        let mut i = 0;
        loop {
            // A value with a unit is a number of its own.
            if i > 0 && self.value(i).is_some() {
                break;
            }
            let repeat = match self.at(i) {
                "double" => 2,
                "triple" => 3,
                _ => 1,
            };
            if repeat > 1 {
                let Some(d) = self.any_digit(i + 1) else { break };
                text.push_str(&d.to_string().repeat(repeat));
                i += 2;
            } else if let Some((value, used)) = self.small(i) {
                text.push_str(&value.to_string());
                i += used;
            } else if self.any_digit(i).is_some() && self.oh_is_zero(i) {
                text.push('0');
                i += 1;
            } else {
                break;
            }
        }
        (text, i)
    }

    /// Whether the "oh" here stands among digits.
    fn oh_is_zero(&self, i: usize) -> bool {
        let number = |at: usize| self.small(at).is_some();
        let follows = |at: usize| number(at) || matches!(self.at(at), "oh" | "o" | "double");
        if i == 0 { number(1) && follows(2) } else { follows(i + 1) || i >= 2 }
    }
}

/// Whether a word goes on with what stands before it.
fn joined(lexeme: &Lexeme) -> bool {
    matches!(lexeme.gap, Gap::None | Gap::Space | Gap::Hyphen) && lexeme.kind == LexKind::Word
}

/// Reads the number that starts here.
pub(super) fn read(rest: &[Lexeme]) -> Option<Number> {
    if rest.first()?.kind == LexKind::Hanzi {
        return None;
    }
    let words = Words::new(rest);
    let (mut digits, mut used) = match rest.first()?.kind {
        LexKind::Digits => (rest[0].text.to_string(), 1),
        LexKind::Word => words
            .value(0)
            .map(|(value, used)| (value.to_string(), used))
            .unwrap_or_else(|| words.row()),
        LexKind::Hanzi => return None,
    };
    if used == 0 {
        return None;
    }
    let written = rest[0].kind == LexKind::Digits;
    if words.at(used) == "point" && !written {
        let decimals: String =
            (used + 1..).map_while(|i| words.any_digit(i)).map(|d| d.to_string()).collect();
        if !decimals.is_empty() {
            used += 1 + decimals.len();
            digits = format!("{digits}.{decimals}");
        }
    }
    let percent = match (words.at(used), words.at(used + 1)) {
        ("percent", _) => 1,
        ("per", "cent") => 2,
        _ => 0,
    };
    let lonely = (written || words.at(0) == "one") && used == 1;
    if lonely && percent == 0 {
        return None;
    }
    if percent > 0 && !digits.ends_with('%') {
        digits.push('%');
    }
    Some(Number { digits, lexemes: used + percent })
}
