//! What differs from language to language: how speech is counted, how words are joined, where a
//! sentence ends.
//!
//! In: text, and a language where it matters. Out: counts and text. A language that nobody thought
//! of counts words and writes spaces; that is right for most.

use super::fold::is_hanzi;
use super::lex::{LexKind, Lexeme, lexemes, stands_alone};
use crate::domain::Language;

/// How a language reads numbers out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// One syllable a character: 四十八.
    Chinese,
    /// Words: forty-eight.
    Words,
}

/// Units of speech in a text: characters for Chinese, words for others, digits as they are read out
/// (48 is 四十八, three characters, or two words; 8026 is four of either).
pub fn units(text: &str, language: &Language) -> u32 {
    let reading = if language.is_chinese() { Reading::Chinese } else { Reading::Words };
    lexemes(text).iter().map(|lexeme| lexeme_units(lexeme, reading)).sum()
}

fn lexeme_units(lexeme: &Lexeme, reading: Reading) -> u32 {
    if lexeme.kind != LexKind::Digits {
        return 1;
    }
    let digits = lexeme.text.trim_end_matches('%');
    let percent = match (lexeme.text.len() - digits.len(), reading) {
        (0, _) => 0,
        (_, Reading::Chinese) => 3,
        (_, Reading::Words) => 1,
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let point = u32::from(!decimals.is_empty());
    whole_units(whole, reading) + point + decimals.len() as u32 + percent
}

/// Up to three digits are read as a value, round thousands too, longer ones digit by digit.
fn whole_units(digits: &str, reading: Reading) -> u32 {
    let round = match reading {
        Reading::Chinese => "0000",
        Reading::Words => "000",
    };
    if digits.starts_with('0') {
        return digits.len() as u32;
    }
    if digits.len() > 3 {
        return match digits.strip_suffix(round) {
            Some(rest) if rest.len() <= 3 => whole_units(rest, reading) + 1,
            _ => digits.len() as u32,
        };
    }
    let value: u32 = digits.parse().unwrap_or(0);
    let (hundreds, tens, ones) = (value / 100, value / 10 % 10, value % 10);
    let hundreds_units = if hundreds > 0 { 2 } else { 0 };
    let rest = match reading {
        Reading::Chinese => {
            let zero = hundreds > 0 && tens == 0 && ones > 0;
            let one_ten = hundreds == 0 && tens == 1;
            let tens_units = if tens == 0 { 0 } else { 2 - u32::from(one_ten) };
            tens_units + u32::from(zero) + u32::from(ones > 0)
        }
        Reading::Words if tens == 1 => 1,
        Reading::Words => u32::from(tens > 0) + u32::from(ones > 0),
    };
    (hundreds_units + rest).max(1)
}

/// Joins words into a text: with a space where both neighbours are written with spaces, without one
/// next to Chinese characters and before punctuation.
pub fn join<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for word in words {
        let word = word.trim();
        let (Some(first), last) = (word.chars().next(), out.chars().last()) else { continue };
        if last.is_some_and(|last| spaced(last, first)) {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn spaced(last: char, first: char) -> bool {
    let closes = |c: char| {
        matches!(c, ',' | '.' | '!' | '?' | ':' | ';' | ')' | ']' | '}' | '%' | '’' | '\'')
    };
    let opens = |c: char| matches!(c, '(' | '[' | '{' | '“' | '‘' | '¿' | '¡');
    let tight = |c: char| is_hanzi(c) || stands_alone(c) || is_wide_mark(c);
    !(tight(last) || tight(first) || closes(first) || opens(last))
}

/// CJK punctuation and full-width forms.
const fn is_wide_mark(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff65}' | '—' | '…' | '·')
}

/// Whether a text ends where a sentence ends. "Mr." and other titles end none.
pub fn ends_sentence(text: &str) -> bool {
    let text = text.trim_end().trim_end_matches(['"', '\'', '”', '’', '」', '』', ')', '）']);
    let Some(last) = text.chars().last() else { return false };
    match last {
        '.' => {
            let word = text.trim_end_matches('.').rsplit(|c: char| !c.is_alphabetic()).next();
            let titles = ["mr", "mrs", "ms", "dr", "st", "no", "vs", "jr", "sr"];
            !word.is_some_and(|word| titles.contains(&word.to_lowercase().as_str()))
        }
        '。' | '！' | '？' | '!' | '?' | '…' | '．' | '؟' | '।' | '॥' | '۔' | '።' => {
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_counted_as_spoken() {
        let (zh, en) = (Language::chinese(), Language::english());
        for (text, language, want) in [
            ("您好，请问有什么可以帮您？", &zh, 11),
            ("48小时", &zh, 5),
            ("20元", &zh, 3),
            ("10分钟", &zh, 3),
            ("105", &zh, 4),
            ("工号8026", &zh, 6),
            ("5%", &zh, 4),
            ("3.5万", &zh, 4),
            ("我的VIP卡", &zh, 4),
            ("I'm fine, thank you.", &en, 4),
            ("48 hours", &en, 3),
            ("agent 6630", &en, 5),
            ("3000 dollars", &en, 3),
            ("", &en, 0),
        ] {
            assert_eq!(units(text, language), want, "{text}");
        }
    }

    #[test]
    fn words_are_joined_as_they_are_written() {
        for (words, want) in [
            (&["您好", "，", "请问"][..], "您好，请问"),
            (&["Thank", " you", ".", "Bye"], "Thank you. Bye"),
            (&["我的", "VIP", "卡"], "我的VIP卡"),
            (&["i", "phone", "坏了"], "i phone坏了"),
            (&[], ""),
        ] {
            assert_eq!(join(words.iter().copied()), want);
        }
    }

    #[test]
    fn sentences_end_at_their_marks() {
        for (text, want) in [
            ("您好。", true),
            ("好吗？”", true),
            ("Hello.", true),
            ("Thank you, Mr.", false),
            ("请问，", false),
            ("", false),
            ("3.5", false),
        ] {
            assert_eq!(ends_sentence(text), want, "{text}");
        }
    }
}
