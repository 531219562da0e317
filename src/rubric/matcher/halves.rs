//! Words that a recogniser has cut in two: `any thing`, `a count`, `so, worry`.
//!
//! In: the words that phrases are made of, then a stretch of speech. Out: neighbours that together sound
//! and are spelled like one of these words. It must not know phrases.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::Spoken;
use crate::text::{Sound, Token, TokenKind};

/// Letters of a word from which on it may have been cut.
const LETTERS_MIN: usize = 5;
/// How alike the letters must be, 0 to 1.
const ALIKE_MIN: f64 = 0.7;
/// Cuts that are mended in a stretch of speech; more of them is another language.
const MENDED_MAX: usize = 4;
/// Sounds of a key that are compared.
const SOUNDS_MAX: usize = 10;

/// What two words sound like together, filled up with zeros.
type Key = [u8; SOUNDS_MAX];

/// Words by their sound.
#[derive(Debug, Default)]
pub(super) struct Wholes(BTreeMap<Key, Vec<CompactString>>);

impl Wholes {
    /// Takes notice of a word that phrases ask for.
    pub(super) fn add(&mut self, word: &Token) {
        if word.kind == TokenKind::Word && word.text.len() >= LETTERS_MIN {
            let key = key([word.sound.word_key(), &[]]);
            self.0.entry(key).or_default().push(word.text.clone());
        }
    }

    /// Where two neighbours may be one word, by the first of them, and that word as it was heard.
    pub(super) fn among(&self, spoken: &[&Spoken]) -> Vec<(usize, Spoken)> {
        let whole = |(at, pair): (usize, &[&Spoken])| {
            let [first, second] = [pair[0], pair[1]];
            let words = [first, second].map(|one| &one.token);
            if words.iter().any(|token| token.kind != TokenKind::Word) {
                return None;
            }
            let known = self.0.get(&key(words.map(|token| token.sound.word_key())))?;
            let text: CompactString = words.iter().map(|token| token.text.as_str()).collect();
            let alike = |word: &CompactString| strsim::normalized_levenshtein(word, &text);
            known
                .iter()
                .any(|word| alike(word) >= ALIKE_MIN)
                .then(|| (at, joined(first, second, text)))
        };
        spoken.windows(2).enumerate().filter_map(whole).take(MENDED_MAX).collect()
    }
}

fn joined(first: &Spoken, second: &Spoken, text: CompactString) -> Spoken {
    let at = first.token.at.clone();
    let token = Token { kind: TokenKind::Word, sound: Sound::of(TokenKind::Word, &text), text, at };
    Spoken { token, pause: first.pause, quoted: first.quoted, asks: second.asks }
}

/// The sounds of one word after those of another: vowels and half vowels count only where a word begins.
fn key(of: [&[u8]; 2]) -> Key {
    let mut out = [0; SOUNDS_MAX];
    let mut len = 0;
    let inside = match of[1] {
        [b'a' | b'h' | b'w' | b'y', rest @ ..] => rest,
        all => all,
    };
    for &sound in of[0].iter().chain(inside) {
        let repeats = len > 0 && out[len - 1] == sound;
        if len < SOUNDS_MAX && !repeats {
            out[len] = sound;
            len += 1;
        }
    }
    out
}
