//! Tokens become words: bytes are joined to characters, characters to words.
//!
//! In: timed tokens. Out: [`HeardWord`]s. Shared by all Whisper engines, so that their words are alike.

use crate::speech::HeardWord;

/// One token of a recogniser with its place in the window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TimedToken {
    pub(super) bytes: Vec<u8>,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    pub(super) probability: f32,
}

/// Joins tokens into words. A word starts at a space or at a Chinese character; punctuation stays with
/// the word before it.
pub(super) fn words(tokens: &[TimedToken], window_ms: u64) -> Vec<HeardWord> {
    let mut words: Vec<HeardWord> = Vec::new();
    let mut weights: Vec<f32> = Vec::new();
    let mut at_ms = 0;
    for unit in units(tokens) {
        let start_ms = unit.start_ms.clamp(at_ms, window_ms);
        let end_ms = unit.end_ms.clamp(start_ms, window_ms);
        match (words.last_mut(), weights.last_mut()) {
            (Some(word), Some(weight)) if continues(&word.text, &unit.text) => {
                word.text.push_str(&unit.text);
                if has_letter(&unit.text) {
                    word.end_ms = end_ms;
                    word.confidence =
                        (word.confidence * *weight + unit.probability) / (*weight + 1.0);
                    *weight += 1.0;
                    at_ms = end_ms;
                }
            }
            _ if unit.text.trim().is_empty() => {}
            _ => {
                words.push(HeardWord {
                    text: unit.text,
                    start_ms,
                    end_ms,
                    confidence: unit.probability.clamp(0.0, 1.0),
                });
                weights.push(1.0);
                at_ms = end_ms;
            }
        }
    }
    words
}

struct Unit {
    text: String,
    start_ms: u64,
    end_ms: u64,
    probability: f32,
}

/// The shortest runs of tokens that are whole characters. Bytes that never become one are dropped.
fn units(tokens: &[TimedToken]) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut bytes: Vec<u8> = Vec::new();
    let mut first = 0;
    for (ix, token) in tokens.iter().enumerate() {
        if bytes.is_empty() {
            first = ix;
        }
        bytes.extend_from_slice(&token.bytes);
        let unfinished = matches!(std::str::from_utf8(&bytes), Err(e) if e.error_len().is_none());
        if unfinished && bytes.len() < 8 {
            continue;
        }
        let part = &tokens[first..=ix];
        units.push(Unit {
            text: String::from_utf8_lossy(&bytes).replace('\u{fffd}', ""),
            start_ms: part[0].start_ms,
            end_ms: token.end_ms,
            probability: part.iter().map(|t| t.probability).sum::<f32>() / part.len() as f32,
        });
        bytes.clear();
    }
    units
}

fn continues(word: &str, next: &str) -> bool {
    let Some(first) = next.chars().next() else { return true };
    if !has_letter(next) {
        // An opening bracket or quote belongs to what follows.
        return !first.is_whitespace() || next.trim().is_empty() || !opens(next.trim());
    }
    let ends_cjk = word.chars().rev().find(|c| c.is_alphanumeric()).is_some_and(is_cjk);
    !first.is_whitespace() && !ends_cjk && !is_cjk(first) && ends_open(word)
}

fn opens(text: &str) -> bool {
    text.starts_with(['(', '[', '"', '“', '「', '《', '（', '【', '$', '#'])
}

/// Whether a word may still grow: it does not end in sentence punctuation.
fn ends_open(word: &str) -> bool {
    !word.ends_with(['。', '，', '？', '！', '、', ',', '?', '!', ';', '；'])
}

fn has_letter(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Scripts written without spaces between words.
fn is_cjk(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30ff | 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff
        | 0x0e00..=0x0e7f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tokens: &[&[u8]], expected: &[&str]) {
        let timed: Vec<TimedToken> = tokens
            .iter()
            .enumerate()
            .map(|(ix, bytes)| TimedToken {
                bytes: bytes.to_vec(),
                start_ms: ix as u64 * 100,
                end_ms: ix as u64 * 100 + 100,
                probability: 0.5,
            })
            .collect();
        let got = words(&timed, 10_000);
        let texts: Vec<&str> = got.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(texts, expected);
        assert!(got.windows(2).all(|w| w[0].end_ms <= w[1].start_ms));
    }

    #[test]
    fn tokens_join_to_words() {
        check(&[b" Hel", b"lo", b",", b" world", b"."], &[" Hello,", " world."]);
        check(&["你好".as_bytes(), "，".as_bytes(), "请".as_bytes()], &["你好，", "请"]);
        check(&[b" 202", b"-", b"555"], &[" 202-555"]);
        check(&["四".as_bytes(), b"48", "小".as_bytes()], &["四", "48", "小"]);
        check(&[b"."], &["."]);
        check(&[], &[]);
    }

    #[test]
    fn halves_of_a_character_are_joined_and_broken_bytes_dropped() {
        let ni = "你".as_bytes();
        check(&[&ni[..2], &ni[2..], "好".as_bytes()], &["你", "好"]);
        check(&[b"\xff", b" ok"], &[" ok"]);
    }
}
