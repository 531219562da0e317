//! Phonetic keys of words in Latin letters, in the manner of Metaphone.
//!
//! In: a word in lower case. Out: a short key: equal keys sound alike. Rough on purpose: voiced and
//! voiceless consonants are one, vowels count only at the start. English spelling; harmless for others.

use unicode_normalization::UnicodeNormalization;

/// Sounds kept; longer words differ enough in their first sounds.
pub(super) const KEY_LEN: usize = 10;

/// A key, filled up with zeros; all zeros for words of other scripts.
pub(super) type Key = [u8; KEY_LEN];

/// The key of a word.
pub(super) fn word_key(word: &str) -> Key {
    if word.is_ascii() {
        return key_of(
            &word
                .bytes()
                .filter(u8::is_ascii_alphabetic)
                .map(|c| c.to_ascii_lowercase())
                .collect::<Vec<u8>>(),
        );
    }
    let plain: Vec<u8> = word
        .nfd()
        .filter(|c| c.is_ascii_alphabetic())
        .map(|c| c.to_ascii_lowercase() as u8)
        .collect();
    let foreign = word.nfd().any(|c| c.is_alphabetic() && !c.is_ascii());
    if foreign { [0; KEY_LEN] } else { key_of(&plain) }
}

/// The key of letters in lower case.
fn key_of(plain: &[u8]) -> Key {
    let mut key = [0; KEY_LEN];
    let mut len = 0;
    let mut i = match plain {
        [b'k' | b'g' | b'p', b'n', ..] | [b'w', b'r', ..] => 1,
        _ => 0,
    };
    let start = i;
    while i < plain.len() && len < KEY_LEN {
        let (sounds, used) = sound_at(plain, i, i == start);
        for &sound in sounds {
            let repeats = len > 0 && key[len - 1] == sound;
            if len < KEY_LEN && !repeats {
                key[len] = sound;
                len += 1;
            }
        }
        i += used;
    }
    key
}

/// The sounds at a letter, and how many letters they take.
fn sound_at(word: &[u8], i: usize, first: bool) -> (&'static [u8], usize) {
    let at = |k: usize| word.get(i + k).copied().unwrap_or(0);
    let soft = |c: u8| matches!(c, b'e' | b'i' | b'y');
    match (at(0), at(1), at(2)) {
        (b's', b'h', _) => (b"x", 2),
        (b't', b'c', b'h') => (b"x", 3),
        (b'c', b'h', _) => (b"x", 2),
        (b't', b'h', _) => (b"0", 2),
        (b'p', b'h', _) => (b"f", 2),
        (b'g', b'h', _) if first => (b"k", 2),
        (b'g', b'h', _) => (b"", 2),
        (b'd', b'g', c) if soft(c) => (b"j", 2),
        (b't' | b's', b'i', b'o') => (b"x", 3),
        (b'c', b'i', b'a' | b'o') => (b"x", 3),
        (b'w', b'h', _) if first => (b"w", 2),
        (b'm', b'b', 0) => (b"m", 2),
        (b'c', b'k', _) => (b"k", 2),
        (b's', b'c', c) if soft(c) => (b"s", 2),
        (b'c', c, _) if soft(c) => (b"s", 1),
        (b'g', c, _) if soft(c) => (b"j", 1),
        (b'b' | b'p', ..) => (b"p", 1),
        (b'd' | b't', ..) => (b"t", 1),
        (b'f' | b'v', ..) => (b"f", 1),
        (b'c' | b'g' | b'k' | b'q', ..) => (b"k", 1),
        (b's' | b'z', ..) => (b"s", 1),
        (b'x', ..) if first => (b"s", 1),
        (b'x', ..) => (b"ks", 1),
        (b'j', ..) => (b"j", 1),
        (b'l', ..) => (b"l", 1),
        (b'm', ..) => (b"m", 1),
        (b'n', ..) => (b"n", 1),
        (b'r', ..) => (b"r", 1),
        (b'h', ..) if first => (b"h", 1),
        (b'w', ..) if first => (b"w", 1),
        (b'y', ..) if first => (b"y", 1),
        (b'a' | b'e' | b'i' | b'o' | b'u', ..) if first => (b"a", 1),
        _ => (b"", 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_sound_alike_share_a_key() {
        for (a, b) in [
            ("write", "right"),
            ("know", "no"),
            ("their", "there"),
            ("phone", "fone"),
            ("guarantee", "garantee"),
            ("café", "cafe"),
            ("risk", "risc"),
            ("i'm", "im"),
        ] {
            assert_eq!(word_key(a), word_key(b), "{a} {b}");
        }
        for (a, b) in [("hello", "yellow"), ("agent", "aged"), ("can", "can't")] {
            assert_ne!(word_key(a), word_key(b), "{a} {b}");
        }
        assert_eq!(word_key("привет"), [0; KEY_LEN]);
    }
}
