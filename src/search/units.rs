//! Units: the places of a text that a search can point at.
//!
//! In: any text. Out: one unit for each Chinese character, digit, or letter of a script without spaces, and
//! one for each word of other scripts, all folded (width, case, simplified characters). Calls and queries
//! both come through here, so that they meet. Numbers are not read as values: any substring must be found.

use std::ops::Range;

use compact_str::CompactString;

use crate::text::{Sound, TokenKind, folded, is_hanzi, stands_alone};

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnitKind {
    /// A character that is a place of its own.
    Letter,
    /// A word.
    Word,
}

/// One place of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) kind: UnitKind,
    /// Folded.
    pub(super) text: CompactString,
    /// Its bytes in the text given.
    pub(super) at: Range<usize>,
}

impl Unit {
    /// How it sounds.
    pub(super) fn sound(&self) -> Sound {
        let kind = match self.kind {
            UnitKind::Letter if self.text.starts_with(|c: char| c.is_ascii_digit()) => {
                TokenKind::Number
            }
            UnitKind::Letter => TokenKind::Hanzi,
            UnitKind::Word => TokenKind::Word,
        };
        Sound::of(kind, &self.text)
    }
}

/// Cuts a text into units.
pub(super) fn units(text: &str) -> Vec<Unit> {
    let folded = folded(text);
    let mut out = Vec::with_capacity(folded.text().len() / 3);
    let mut chars = folded.text().char_indices().peekable();
    while let Some((from, c)) = chars.next() {
        let (kind, mut to) = (kind_of(c), from + c.len_utf8());
        let Some(kind) = kind else { continue };
        if kind == UnitKind::Word {
            while let Some(&(at, next)) = chars.peek() {
                let after = folded.text()[at + next.len_utf8()..].chars().next();
                let joins = is_apostrophe(next) && after.is_some_and(in_word);
                if !(in_word(next) || joins) {
                    break;
                }
                to = at + next.len_utf8();
                chars.next();
            }
        }
        let piece = folded.text()[from..to].chars().map(plain).collect();
        out.push(Unit { kind, text: piece, at: folded.source(from..to) });
    }
    out
}

const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '`')
}

/// One apostrophe for all, one zero for all.
const fn plain(c: char) -> char {
    match c {
        '〇' => '零',
        c if is_apostrophe(c) => '\'',
        c => c,
    }
}

fn kind_of(c: char) -> Option<UnitKind> {
    if is_hanzi(c) || stands_alone(c) || c.is_ascii_digit() {
        return Some(UnitKind::Letter);
    }
    c.is_alphanumeric().then_some(UnitKind::Word)
}

fn in_word(c: char) -> bool {
    let mark = unicode_normalization::char::is_combining_mark(c);
    kind_of(c) == Some(UnitKind::Word) || mark && !stands_alone(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, want: &str) {
        let got: Vec<_> = units(text).into_iter().map(|unit| unit.text.to_string()).collect();
        assert_eq!(got.join(" "), want, "{text}");
    }

    #[test]
    fn every_place_is_folded() {
        for (text, want) in [
            ("您好，請問４８小時", "您 好 请 问 4 8 小 时"),
            ("I don’t KNOW, B2B.", "i don't know b 2 b"),
            ("四十八小时", "四 十 八 小 时"),
            ("199****0001", "1 9 9 0 0 0 1"),
            ("Café 'quoted'", "café quoted"),
            ("カード", "カ ー ド"),
            ("，。!", ""),
        ] {
            check(text, want);
        }
    }

    proptest! {
        #[test]
        fn units_stand_in_order_inside_the_text(text in "\\PC{0,40}") {
            let mut last = 0;
            for unit in units(&text) {
                prop_assert!(text.get(unit.at.clone()).is_some());
                prop_assert!(unit.at.start >= last);
                last = unit.at.start;
            }
        }
    }
}
