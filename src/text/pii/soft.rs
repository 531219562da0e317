//! Words that sound like a digit: what a recogniser writes when it does not expect a number.
//!
//! In: a lexeme. Out: the digit it may be. Only digits around it make it one; that is for the caller
//! to see to, since 要, 就 and "to" are ordinary words everywhere else.

use pinyin::ToPinyin;

use crate::text::lex::{LexKind, Lexeme};
use crate::text::number_zh;

/// The digit that a lexeme sounds like.
pub(super) fn digit(lexeme: &Lexeme) -> Option<char> {
    match lexeme.kind {
        LexKind::Hanzi => {
            let c = lexeme.hanzi().filter(|&c| number_zh::digit(c).is_none() && c != '十')?;
            by_syllable(c.to_pinyin()?.plain())
        }
        LexKind::Word => match lexeme.text.as_str() {
            "oh" | "o" | "ou" => Some('0'),
            "won" | "l" | "i" => Some('1'),
            "to" | "too" | "tu" => Some('2'),
            "tree" | "free" => Some('3'),
            "for" | "fore" => Some('4'),
            "sex" | "sicks" => Some('6'),
            "ate" => Some('8'),
            "nein" => Some('9'),
            _ => None,
        },
        LexKind::Digits => None,
    }
}

fn by_syllable(plain: &str) -> Option<char> {
    Some(match plain {
        "ling" | "dong" => '0',
        "yao" | "yi" => '1',
        "er" => '2',
        "san" => '3',
        "si" | "shi" => '4',
        "wu" => '5',
        "liu" => '6',
        "qi" | "guai" => '7',
        "ba" => '8',
        "jiu" => '9',
        _ => return None,
    })
}

/// Words that stand before or after numbers so often that there they are no digits: 是, 一, 就,
/// "i".
pub(super) fn only_inside(lexeme: &Lexeme) -> bool {
    match lexeme.kind {
        LexKind::Hanzi => {
            let plain = lexeme.hanzi().and_then(|c| c.to_pinyin()).map(|syllable| syllable.plain());
            matches!(plain, Some("shi" | "yi"))
        }
        _ => matches!(lexeme.text.as_str(), "i" | "l" | "o" | "free" | "tree"),
    }
}
