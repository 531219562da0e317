//! Folding: the many ways to write the same text become one.
//!
//! In: text of any script. Out: for people, simplified characters with the punctuation and case
//! untouched ([`fold`]); for rules, NFKC, lower case and simplified, with the way back to the bytes
//! of the text given ([`folded`]). It must not drop or add anything that a person would miss.

use std::ops::Range;
use std::sync::OnceLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// The block in which nearly all Chinese text is written.
pub(super) const COMMON_HANZI: std::ops::RangeInclusive<char> = '\u{4e00}'..='\u{9fff}';

/// Whether a character is a Chinese one.
pub const fn is_hanzi(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}' | '〇')
}

fn opencc() -> Option<&'static OpenCC> {
    static OPENCC: OnceLock<Option<OpenCC>> = OnceLock::new();
    OPENCC.get_or_init(|| OpenCC::from_config(BuiltinConfig::T2s).ok()).as_ref()
}

/// Traditional only in company, such as 瞭解, while alone they stay; and what we change ourselves.
const TOUCHY: [char; 7] = ['瞭', '藉', '覆', '沈', '牴', '衹', '妳'];

/// Whether a character is as simple as it gets, whatever stands beside it. Nearly all text is made of
/// such, and needs no dictionary.
fn is_simple(c: char) -> bool {
    static SIMPLE: OnceLock<Vec<bool>> = OnceLock::new();
    let simple = SIMPLE.get_or_init(|| {
        let Some(opencc) = opencc() else { return Vec::new() };
        let lines: String = COMMON_HANZI.flat_map(|c| [c, '\n']).collect();
        let converted = opencc.convert(&lines);
        let same = COMMON_HANZI
            .zip(converted.lines())
            .map(|(c, line)| line.chars().eq([c]) && !TOUCHY.contains(&c));
        same.collect()
    });
    match u32::from(c).checked_sub(u32::from(*COMMON_HANZI.start())) {
        Some(at) if COMMON_HANZI.contains(&c) => simple.get(at as usize).copied().unwrap_or(false),
        _ => !is_hanzi(c),
    }
}

/// Traditional characters become simplified, one for one, so that positions stay.
fn simplify(chars: &mut [char]) {
    if chars.iter().copied().all(is_simple) {
        return;
    }
    let Some(opencc) = opencc() else { return };
    let text: String = chars.iter().collect();
    let simple: Vec<char> = opencc.convert(&text).chars().collect();
    // Every entry of the dictionary keeps its length; were one not to, the text stays as it is.
    if simple.len() == chars.len() {
        chars.copy_from_slice(&simple);
    }
    for c in chars {
        if *c == '妳' {
            *c = '你';
        }
    }
}

/// Text for people: simplified characters, half-width letters and digits; punctuation, spaces and
/// case stay as they were.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let half = |c: char| match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            char::from_u32(c as u32 - 0xfee0).unwrap_or(c)
        }
        _ => c,
    };
    let mut chars: Vec<char> = text.chars().map(half).collect();
    simplify(&mut chars);
    chars.into_iter().collect()
}

/// Text folded for comparison, with the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    text: String,
    /// For each byte of `text`, the bytes of the source that its character came from.
    source: Vec<(u32, u32)>,
}

impl Folded {
    /// The folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the source that a range of bytes of the folded text came from. An empty range
    /// gives an empty one.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        let end_of_all = self.source.last().map_or(0, |&(_, end)| end as usize);
        let start = self.source.get(range.start).map_or(end_of_all, |&(start, _)| start as usize);
        if range.is_empty() {
            return start..start;
        }
        let last = range.end.min(self.source.len()).saturating_sub(1);
        let end = self.source.get(last).map_or(end_of_all, |&(_, end)| end as usize);
        start..end.max(start)
    }
}

/// Folds a text for comparison: NFKC (width, ligatures), lower case, simplified characters.
pub fn folded(text: &str) -> Folded {
    let chars = folded_chars(text);
    let mut out = Folded { text: String::new(), source: Vec::with_capacity(text.len()) };
    for (c, at) in chars {
        out.text.push(c);
        let from = (at.start as u32, at.end as u32);
        out.source.extend(std::iter::repeat_n(from, c.len_utf8()));
    }
    out
}

/// The folded form of a character that needs no table to fold, and takes no mark from another.
fn alone(c: char) -> Option<char> {
    match c {
        '\0'..='\x7f' => Some(c.to_ascii_lowercase()),
        '、' | '。' => Some(c),
        '！'..='～' => {
            let half = char::from_u32(u32::from(c) - 0xfee0)?;
            Some(half.to_ascii_lowercase())
        }
        c => COMMON_HANZI.contains(&c).then_some(c),
    }
}

/// The folded characters, each with the bytes of the text given that it came from.
pub(super) fn folded_chars(text: &str) -> Vec<(char, Range<usize>)> {
    let mut out: Vec<(char, Range<usize>)> = Vec::with_capacity(text.len());
    let mut starts = text.char_indices().peekable();
    let mut simple = true;
    while let Some((start, first)) = starts.next() {
        let next = starts.peek().copied();
        if let Some(c) = alone(first)
            && next.is_none_or(|(_, next)| alone(next).is_some())
        {
            simple = simple && is_simple(c);
            out.push((c, start..next.map_or(text.len(), |(at, _)| at)));
            continue;
        }
        simple = false;
        // A letter and the marks above it are one: they are composed together.
        while starts.next_if(|&(_, c)| canonical_combining_class(c) != 0).is_some() {}
        let end = starts.peek().map_or(text.len(), |&(at, _)| at);
        if end - start == 1 {
            out.push((first.to_ascii_lowercase(), start..end));
            continue;
        }
        let lower = text[start..end].nfkc().flat_map(char::to_lowercase);
        out.extend(lower.map(|c| (c, start..end)));
    }
    if simple {
        return out;
    }
    let mut chars: Vec<char> = out.iter().map(|&(c, _)| c).collect();
    simplify(&mut chars);
    for (slot, c) in out.iter_mut().zip(chars) {
        slot.0 = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_keep_their_punctuation() {
        let table = [
            ("您好，請問有什麼可以幫您？", "您好，请问有什么可以帮您？"),
            ("Thank You, ４８小時！", "Thank You, 48小时！"),
            ("乾坤乾燥", "乾坤干燥"),
            ("", ""),
        ];
        for (text, want) in table {
            assert_eq!(fold(text), want);
        }
    }

    #[test]
    fn what_is_traditional_only_in_company_is_seen() {
        let table = [
            ("一目瞭然", "一目了然"),
            ("我瞭解了", "我了解了"),
            ("找藉口", "找借口"),
            ("給您答覆", "给您答复"),
            ("沈默", "沉默"),
            ("牴牾", "抵牾"),
            ("衹得", "只得"),
            ("妳好", "你好"),
            ("乾坤", "乾坤"),
        ];
        for (text, want) in table {
            assert_eq!(folded(text).text(), want);
            assert_eq!(fold(text), want);
        }
    }

    #[test]
    fn rules_see_one_form() {
        let table = [
            ("ＡＢＣ，４８", "abc,48"),
            ("請稍等。", "请稍等。"),
            ("Café", "café"),
            ("ﬁne", "fine"),
        ];
        for (text, want) in table {
            assert_eq!(folded(text).text(), want);
        }
    }

    #[test]
    fn folded_bytes_lead_back() {
        let text = "ﬁ請Ｂ";
        let folded = folded(text);
        assert_eq!(folded.text(), "fi请b");
        assert_eq!(&text[folded.source(0..1)], "ﬁ");
        assert_eq!(&text[folded.source(2..5)], "請");
        assert_eq!(&text[folded.source(2..6)], "請Ｂ");
        assert_eq!(folded.source(6..6), text.len()..text.len());
    }

    /// As [`folded_chars`], by the tables alone.
    fn slowly(text: &str) -> String {
        let lower: String = text.nfkc().flat_map(char::to_lowercase).collect();
        opencc().unwrap().convert(&lower).replace('妳', "你")
    }

    proptest! {
        #[test]
        fn what_needs_no_table_folds_as_the_tables_say(text in "[一-龥Ａ-ｚ！-～a-zA-Z0-9，。、？!?]{0,24}") {
            let (quick, slow) = (folded(&text), slowly(&text));
            prop_assert_eq!(quick.text(), slow);
        }

        #[test]
        fn every_range_is_a_slice_of_the_source(text in "\\PC{0,24}") {
            let folded = folded(&text);
            for (at, c) in folded.text().char_indices() {
                prop_assert!(text.get(folded.source(at..at + c.len_utf8())).is_some());
            }
        }
    }
}
