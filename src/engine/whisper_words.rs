//! Puts Whisper's tokens together into words.
//!
//! In: tokens as bytes with times. Out: words as text, in order, inside their window. Must not lose
//! a byte: a token may be a part of a character.

use crate::speech::HeardWord;

/// One token of text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    /// The model's number for it.
    pub(super) token: i32,
    /// Its text; perhaps not whole characters.
    pub(super) bytes: Vec<u8>,
    /// Milliseconds from the window's first sample.
    pub(super) start_ms: u64,
    /// Milliseconds from the window's first sample.
    pub(super) end_ms: u64,
    /// The model's probability, 0 to 1.
    pub(super) confidence: f32,
}

/// Words: a new one at each space, and at each token of a script that writes without spaces.
pub(super) fn join_words(pieces: &[Piece]) -> Vec<HeardWord> {
    let mut words: Vec<(HeardWord, usize)> = Vec::new();
    for (text, parts) in whole_characters(pieces) {
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { continue };
        let sum: f32 = parts.iter().map(|p| p.confidence).sum();
        match words.last_mut() {
            Some((word, count)) if continues(&word.text, &text) => {
                word.text.push_str(&text);
                word.end_ms = last.end_ms;
                word.confidence += sum;
                *count += parts.len();
            }
            _ => {
                let (start_ms, end_ms) = (first.start_ms, last.end_ms);
                words.push((HeardWord { text, start_ms, end_ms, confidence: sum }, parts.len()));
            }
        }
    }
    let mean = |(mut word, count): (HeardWord, usize)| {
        word.confidence = (word.confidence / count as f32).clamp(0.0, 1.0);
        word
    };
    words.into_iter().map(mean).collect()
}

/// Joins tokens until they are whole characters; bytes that never become one are replaced.
fn whole_characters(pieces: &[Piece]) -> Vec<(String, &[Piece])> {
    let mut texts = Vec::new();
    let (mut from, mut bytes) = (0, Vec::new());
    for (index, piece) in pieces.iter().enumerate() {
        bytes.extend_from_slice(&piece.bytes);
        let cut_short = std::str::from_utf8(&bytes).is_err_and(|e| e.error_len().is_none());
        // A character has four bytes at most, so no more than four tokens.
        if cut_short && index - from < 3 && index + 1 < pieces.len() {
            continue;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if !text.is_empty() {
            texts.push((text, &pieces[from..=index]));
        }
        bytes.clear();
        from = index + 1;
    }
    texts
}

/// Whether `next` belongs to the word `before`.
fn continues(before: &str, next: &str) -> bool {
    let (Some(last), Some(first)) = (before.chars().next_back(), next.chars().next()) else {
        return true;
    };
    if first.is_whitespace() {
        return false;
    }
    if !first.is_alphanumeric() {
        return true; // punctuation, apostrophes
    }
    !without_spaces(first) && !without_spaces(last)
}

/// Han, kana, Thai, Lao, Khmer, Burmese: scripts that put no space between words.
fn without_spaces(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ff0f}' | '\u{20000}'..='\u{3ffff}')
}

/// Holds times inside a window of `ms` milliseconds and keeps them from going back.
pub(super) fn inside(mut words: Vec<HeardWord>, ms: u64) -> Vec<HeardWord> {
    let mut now = 0;
    for word in &mut words {
        word.start_ms = word.start_ms.clamp(now, ms);
        word.end_ms = word.end_ms.clamp(word.start_ms, ms);
        now = word.end_ms;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(texts: &[&[u8]]) -> Vec<Piece> {
        let piece = |(i, bytes): (usize, &&[u8])| Piece {
            token: i as i32,
            bytes: bytes.to_vec(),
            start_ms: i as u64 * 100,
            end_ms: i as u64 * 100 + 100,
            confidence: 0.5,
        };
        texts.iter().enumerate().map(piece).collect()
    }

    #[test]
    fn tokens_become_words() {
        let check = |texts: &[&[u8]], wanted: &[&str]| {
            let words = join_words(&pieces(texts));
            let got: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
            assert_eq!(got, wanted);
            assert!(words.iter().all(|w| w.confidence == 0.5 && w.start_ms < w.end_ms));
        };
        check(&[], &[]);
        check(
            &[b" How", b" can", b" I", b"'m", b" help", b"ing", b"?"],
            &[" How", " can", " I'm", " helping?"],
        );
        check(
            &["您".as_bytes(), "好".as_bytes(), ",".as_bytes(), "请问".as_bytes()],
            &["您", "好,", "请问"],
        );
        // 昃 in two tokens, and an English name after Chinese.
        check(&["盈".as_bytes(), b"\xe6\x98", b"\x83", b"A", b"PP"], &["盈", "昃", "APP"]);
        // Halves that find no other half.
        check(&[b"\xe6\x98", "好".as_bytes()], &["\u{fffd}好"]);
        check(&[b"\xe6"], &["\u{fffd}"]);
        check(&[b"", b"a"], &["a"]);
    }

    #[test]
    fn times_stay_inside_and_never_go_back() {
        let word =
            |start_ms, end_ms| HeardWord { text: "x".into(), start_ms, end_ms, confidence: 1.0 };
        let words =
            inside(vec![word(100, 50), word(20, 400), word(300, 9000), word(9000, 9100)], 1000);
        let times: Vec<(u64, u64)> = words.iter().map(|w| (w.start_ms, w.end_ms)).collect();
        assert_eq!(times, [(100, 100), (100, 400), (400, 1000), (1000, 1000)]);
    }
}
