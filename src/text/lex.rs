//! Lexemes: the smallest pieces of a text, before numbers are read.
//!
//! In: text. Out: single hanzi, words, runs of digits, in order, each with its bytes and with what
//! stood before it. It must not interpret anything.

use std::ops::Range;

use compact_str::CompactString;
use unicode_normalization::char::is_combining_mark;

use super::fold::{COMMON_HANZI, folded_chars, is_hanzi};

/// What stands between a lexeme and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// Nothing.
    None,
    /// White space.
    Space,
    /// A hyphen or a dash.
    Hyphen,
    /// A comma, or another mark that does not end a sentence.
    Comma,
    /// Anything else, or the start of the text.
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LexKind {
    Hanzi,
    Word,
    /// ASCII digits, maybe with a decimal point and a percent sign.
    Digits,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lexeme {
    pub(super) kind: LexKind,
    pub(super) text: CompactString,
    pub(super) at: Range<usize>,
    pub(super) gap: Gap,
}

impl Lexeme {
    /// Its only character, when it is a hanzi.
    pub(super) fn hanzi(&self) -> Option<char> {
        if self.kind == LexKind::Hanzi { self.text.chars().next() } else { None }
    }
}

/// Scripts written without spaces, whose characters are tokens of their own.
pub const fn stands_alone(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}')
}

fn gap_of(c: char) -> Gap {
    match c {
        '-' | '‐' | '‑' | '–' => Gap::Hyphen,
        c if c.is_whitespace() => Gap::Space,
        ',' | '、' | ':' | ';' | '·' | '.' => Gap::Comma,
        _ => Gap::Stop,
    }
}

/// Cuts a text into lexemes.
pub(super) fn lexemes(text: &str) -> Vec<Lexeme> {
    let chars = folded_chars(text);
    let mut out: Vec<Lexeme> = Vec::with_capacity(chars.len());
    let mut gap = Gap::Stop;
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i].0;
        let (kind, len) = if is_hanzi(c) || stands_alone(c) {
            let mark = |&&(c, _): &&(char, Range<usize>)| {
                !COMMON_HANZI.contains(&c) && is_combining_mark(c)
            };
            let marks = chars[i + 1..].iter().take_while(mark).count();
            (if is_hanzi(c) { LexKind::Hanzi } else { LexKind::Word }, 1 + marks)
        } else if c.is_ascii_digit() {
            (LexKind::Digits, digits_len(&chars[i..]))
        } else if c.is_alphanumeric() {
            (LexKind::Word, word_len(&chars[i..]))
        } else {
            gap = gap.max(gap_of(c));
            i += 1;
            continue;
        };
        let piece = &chars[i..i + len];
        out.push(Lexeme {
            kind,
            text: match piece {
                [(c, _)] => CompactString::new(plain(*c).encode_utf8(&mut [0; 4])),
                all => all.iter().map(|&(c, _)| plain(c)).filter(|&c| c != ',').collect(),
            },
            at: piece[0].1.start..piece[len - 1].1.end,
            gap,
        });
        gap = Gap::None;
        i += len;
    }
    out
}

/// One apostrophe for all, one zero for all.
const fn plain(c: char) -> char {
    match c {
        '’' | 'ʼ' | '＇' | '`' => '\'',
        '〇' => '零',
        c => c,
    }
}

fn word_len(chars: &[(char, Range<usize>)]) -> usize {
    let letter =
        |c: char| c.is_alphabetic() && !is_hanzi(c) && !stands_alone(c) || is_combining_mark(c);
    let mut len = 1;
    while let Some(&(c, _)) = chars.get(len) {
        let joins = plain(c) == '\'' && chars.get(len + 1).is_some_and(|&(next, _)| letter(next));
        if !(letter(c) || joins) {
            break;
        }
        len += 1;
    }
    len
}

/// `1,234`, `3.5`, `5%` are one lexeme; `1,2` and `1, 234` are not.
fn digits_len(chars: &[(char, Range<usize>)]) -> usize {
    let at = |i: usize| chars.get(i).map(|&(c, _)| c);
    let digit = |i: usize| at(i).is_some_and(|c| c.is_ascii_digit());
    let run = |from: usize| (from..).take_while(|&i| digit(i)).count();
    let mut len = run(0);
    if len <= 3 {
        while at(len) == Some(',') && run(len + 1) == 3 {
            len += 4;
        }
    }
    let decimals = run(len + 1);
    // Two points make a date or an address, not a decimal.
    if at(len) == Some('.') && decimals > 0 && at(len + 1 + decimals) != Some('.') {
        len += 1 + decimals;
    }
    if at(len) == Some('%') { len + 1 } else { len }
}
