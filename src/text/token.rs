//! Tokens: the units in which phrases are compared.
//!
//! In: any text, a rubric's phrase or what was heard; both must come through here, so that they
//! meet. Out: tokens with their bytes in the text given. It must not depend on a language setting.

use std::ops::Range;

use compact_str::CompactString;

use super::lex::{LexKind, Lexeme, lexemes};
use super::sound::Sound;
use super::{number_en, number_zh};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// One Chinese character.
    Hanzi,
    /// One word of an alphabetic script; one character of a script without spaces.
    Word,
    /// A number in digits.
    Number,
}

/// One unit of comparison. Punctuation and space make no tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Folded form: simplified, half width, lower case; a number in digits, `5%` for a percentage.
    pub text: CompactString,
    /// Its bytes in the text given.
    pub at: Range<usize>,
    /// How it sounds.
    pub sound: Sound,
}

impl Token {
    fn new(kind: TokenKind, text: CompactString, at: Range<usize>) -> Self {
        let sound = Sound::of(kind, &text);
        Self { kind, text, at, sound }
    }
}

/// A number that was read from lexemes.
pub(super) struct Number {
    /// In digits.
    pub(super) digits: String,
    /// How many lexemes it took.
    pub(super) lexemes: usize,
}

/// Cuts a text into tokens. Numbers said and numbers written give the same token: `四十八`, `48` and
/// `forty-eight`; `幺九九` and `199`; `百分之五`, `5%` and `five percent`.
pub fn tokens(text: &str) -> Vec<Token> {
    let lexemes = lexemes(text);
    let mut out = Vec::with_capacity(lexemes.len());
    let mut i = 0;
    while let Some(first) = lexemes.get(i) {
        let rest = &lexemes[i..];
        // Fixed words are passed over whole, so that no number starts inside one.
        let fixed = number_zh::fixed_len(rest, lexemes[..i].last());
        if fixed > 0 {
            out.extend(rest[..fixed].iter().map(plain_token));
            i += fixed;
            continue;
        }
        match number_zh::read(rest).or_else(|| number_en::read(rest)) {
            Some(number) => {
                let at = first.at.start..rest[number.lexemes - 1].at.end;
                out.push(Token::new(TokenKind::Number, number.digits.into(), at));
                i += number.lexemes;
            }
            None => {
                out.push(plain_token(first));
                i += 1;
            }
        }
    }
    out
}

fn plain_token(lexeme: &Lexeme) -> Token {
    let kind = match lexeme.kind {
        LexKind::Hanzi => TokenKind::Hanzi,
        LexKind::Word => TokenKind::Word,
        LexKind::Digits => TokenKind::Number,
    };
    Token::new(kind, lexeme.text.clone(), lexeme.at.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, want: &str) {
        let got: Vec<CompactString> = tokens(text).into_iter().map(|token| token.text).collect();
        assert_eq!(got.join(" "), want, "{text}");
    }

    /// Looked at to the end of its clause for every word, it would take minutes.
    #[test]
    fn a_text_without_punctuation_is_read_once() {
        let text = "so oh well and then ".repeat(10_000) + "double five";
        let all = tokens(&text);
        assert_eq!((all.len(), all[50_000].text.as_str()), (50_001, "55"));
    }

    #[test]
    fn chinese_numbers_meet() {
        for (text, want) in [
            ("四十八小时", "48 小 时"),
            ("48小时", "48 小 时"),
            ("４８ 小時", "48 小 时"),
            ("二十四小时内", "24 小 时 内"),
            ("十五分钟", "15 分 钟"),
            ("十分钟", "10 分 钟"),
            ("两个工作日", "2 个 工 作 日"),
            ("三百二", "320"),
            ("三百零二", "302"),
            ("三百二十块", "320 块"),
            ("一万两千", "12000"),
            ("1万2千元", "12000 元"),
            ("3万", "30000"),
            ("一点五万", "15000"),
            ("1.5万", "15000"),
            ("一百二十万零五百", "1200500"),
            ("两亿", "200000000"),
            ("百分之五", "5%"),
            ("百分之三点五", "3.5%"),
            ("百分之百", "100%"),
            ("百分百", "100%"),
            ("5%", "5%"),
            ("第一", "第 1"),
            ("第1", "第 1"),
            ("工号八零二六为您", "工 号 8026 为 您"),
            ("工号幺零五二", "工 号 1052"),
            ("工号一一二三", "工 号 1123"),
            ("幺九九零零零零六幺三六", "19900006136"),
            ("洞拐三幺", "0731"),
            ("二〇二六年", "2026 年"),
            ("三点五", "3.5"),
            ("三点四十五分", "3 点 45 分"),
            ("1,234元", "1234 元"),
            ("工号3105为您", "工 号 3105 为 您"),
        ] {
            check(text, want);
        }
    }

    #[test]
    fn fixed_words_stay_words() {
        for (text, want) in [
            ("稍等一下", "稍 等 一 下"),
            ("我们一起", "我 们 一 起"),
            ("千万不要", "千 万 不 要"),
            ("十分抱歉", "十 分 抱 歉"),
            ("万一", "万 一"),
            ("一心一意", "一 心 一 意"),
            ("三心二意", "三 心 二 意"),
            ("统一", "统 一"),
            ("一直", "一 直"),
            ("星期一", "星 期 一"),
            ("周五之前", "周 五 之 前"),
            ("一两天", "一 两 天"),
            ("乱七八糟", "乱 七 八 糟"),
            ("万科物业", "万 科 物 业"),
            ("百货", "百 货"),
        ] {
            check(text, want);
        }
    }

    #[test]
    fn english_numbers_meet() {
        for (text, want) in [
            ("twenty four hours", "24 hours"),
            ("Forty-eight hours", "48 hours"),
            ("48 hours", "48 hours"),
            ("one hundred and twenty dollars", "120 dollars"),
            ("two thousand five hundred", "2500"),
            ("three million", "3000000"),
            ("agent six six three zero", "agent 6630"),
            ("two oh two", "202"),
            ("double five eight", "558"),
            ("twenty twenty six", "2026"),
            ("five percent", "5%"),
            ("5 per cent", "5%"),
            ("within two business days", "within 2 business days"),
            ("no one is here", "no one is here"),
            ("one moment please", "one moment please"),
            ("Oh, I see", "oh i see"),
            ("I'm fine, don’t worry", "i'm fine don't worry"),
            ("$1,200.50", "1200.50"),
        ] {
            check(text, want);
        }
    }

    #[test]
    fn other_scripts_make_tokens() {
        check("¿Cómo está usted?", "cómo está usted");
        check("かな", "か な");
        check("Привет мир", "привет мир");
        check("…！？", "");
        check("0¼5", "01 45");
    }

    proptest! {
        #[test]
        fn tokens_stand_in_the_text_in_order(text in "[一二三十百千万亿两零幺点第您好请0-9a-z ,.%，。-]{0,24}|\\PC{0,16}") {
            let mut last = 0..0;
            for token in tokens(&text) {
                // One character, with the marks upon it, may hold the end of one token and the start of the
                // next: ¼ is 1 and 4.
                let shared = text.get(token.at.start..last.end.max(token.at.start));
                let one = |shared: &str| shared.chars().filter(|c| c.is_alphanumeric()).count() <= 1;
                prop_assert!(token.at.start == last.start || shared.is_some_and(one));
                prop_assert!(token.at.start < token.at.end);
                prop_assert!(text.get(token.at.clone()).is_some());
                last = token.at;
            }
        }

        #[test]
        fn a_number_said_is_the_number_written(value in 1u64..999_999_999) {
            let said = number_zh::spoken(value);
            let got = tokens(&said);
            prop_assert_eq!(got.len(), 1, "{}", said);
            prop_assert_eq!(&got[0].text, &value.to_string(), "{}", said);
        }
    }
}
