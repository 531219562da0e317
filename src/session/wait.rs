//! Does somebody ask the other to wait? Tells an announced silence from a dead one.
//!
//! In: one utterance's text. Out: yes or no. The phrases are the trade's, in the languages we know.

use std::sync::LazyLock;

use crate::domain::Language;
use crate::text::{Token, sound_distance, tokens};

const CHINESE: &[&str] = &[
    "请稍等",
    "稍等",
    "请稍候",
    "稍候",
    "稍后",
    "等一下",
    "等一会",
    "等我一下",
    "请等待",
    "请您等",
    "别挂机",
    "别挂断",
    "不要挂断",
    "不要挂机",
    "请不要挂",
    "先别挂",
    "稍微等",
    "等片刻",
    "在线等",
    "线上等",
    "保持通话",
    "需要一点时间",
    "您别挂",
    "您先别挂",
    "帮您查一下",
    "为您查询",
    "我查一下",
    "我看一下",
    "核实一下",
    "为您转接",
    "帮您转接",
    "请保持在线",
    "请您保持",
];
const ENGLISH: &[&str] = &[
    "mind holding",
    "allow me",
    "holding for",
    "hold for a",
    "moment while",
    "minute while",
    "minutes while",
    "second while",
    "stay with me",
    "hang on",
    "hang tight",
    "sit tight",
    "be right back",
    "one moment",
    "just a moment",
    "a moment please",
    "bear with me",
    "hold on",
    "please hold",
    "hold the line",
    "put you on hold",
    "place you on hold",
    "on a brief hold",
    "give me a second",
    "give me a moment",
    "give me a minute",
    "let me check",
    "let me look",
    "let me pull",
    "one second",
    "just a second",
    "just a minute",
    "one minute",
    "wait a moment",
    "stay on the line",
    "transfer you",
];

/// Mean sound distance per token up to which a phrase is taken as said.
const DISTANCE_MAX: f32 = 0.12;

/// The phrases in tokens, made once: every utterance of every call is held against them.
fn phrases(language: &Language) -> &'static [Vec<Token>] {
    static IN_CHINESE: LazyLock<Vec<Vec<Token>>> = LazyLock::new(|| all(CHINESE));
    static IN_ENGLISH: LazyLock<Vec<Vec<Token>>> = LazyLock::new(|| all(ENGLISH));
    if language.is_chinese() { &IN_CHINESE } else { &IN_ENGLISH }
}

fn all(phrases: &[&str]) -> Vec<Vec<Token>> {
    phrases.iter().map(|phrase| tokens(phrase)).collect()
}

/// Whether an utterance asks to wait.
pub fn announces_wait(text: &str, language: &Language) -> bool {
    let heard = tokens(text);
    phrases(language).iter().any(|phrase| said(&heard, phrase))
}

fn said(heard: &[Token], phrase: &[Token]) -> bool {
    // Most stretches are too far already by their first word.
    let near = |sum: f32| (sum / phrase.len() as f32 <= DISTANCE_MAX).then_some(sum);
    let is_near = |window: &[Token]| {
        let mut pairs = window.iter().zip(phrase);
        pairs.try_fold(0.0, |sum, (a, b)| near(sum + sound_distance(a, b))).is_some()
    };
    !phrase.is_empty() && heard.windows(phrase.len()).any(is_near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_heard_in_both_languages() {
        let zh = Language::chinese();
        assert!(announces_wait("好的，请您稍等，我查一下。", &zh));
        assert!(announces_wait("请烧等", &zh), "the recogniser's homophone");
        assert!(!announces_wait("您的地址是哪里", &zh));
        let en = Language::english();
        assert!(announces_wait("Sure, bear with me while I look.", &en));
        assert!(!announces_wait("What is your address?", &en));
    }
}
