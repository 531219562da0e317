//! Whisper's vocabulary: token ids and the bytes they stand for.
//!
//! In: a model's `tokenizer.json` (byte-level BPE; GPT-2's byte alphabet). Out: bytes by id, ids of the
//! special tokens. A token may hold half a character, so bytes are joined before they are decoded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use serde::Deserialize;

/// A file larger than this is no tokenizer (the published ones have 2.5 MB).
const FILE_BYTES_MAX: u64 = 32 << 20;

/// Token ids and their bytes.
pub(super) struct Vocabulary {
    bytes: Vec<Vec<u8>>,
    specials: BTreeMap<String, usize>,
    /// Token texts in the byte alphabet, for prompts.
    texts: BTreeSet<String>,
    text_ids: usize,
}

#[derive(Deserialize)]
struct Tokenizer {
    model: Model,
    added_tokens: Vec<Added>,
}

#[derive(Deserialize)]
struct Model {
    vocab: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
struct Added {
    id: usize,
    content: String,
}

impl Vocabulary {
    /// Reads `tokenizer.json` of a model folder.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let tokenizer: Tokenizer =
            serde_json::from_reader(BufReader::new(file.take(FILE_BYTES_MAX)))
                .map_err(|e| format!("{}: not a tokenizer: {e}", path.display()))?;
        Self::new(tokenizer).ok_or_else(|| format!("{}: lacks <|endoftext|>", path.display()))
    }

    fn new(tokenizer: Tokenizer) -> Option<Self> {
        let specials: BTreeMap<String, usize> =
            tokenizer.added_tokens.into_iter().map(|token| (token.content, token.id)).collect();
        let text_ids = *specials.get("<|endoftext|>")?;
        let alphabet = byte_alphabet();
        let mut bytes = vec![Vec::new(); text_ids];
        for (token, id) in &tokenizer.model.vocab {
            if let Some(slot) = bytes.get_mut(*id) {
                *slot = token.chars().filter_map(|c| alphabet.get(&c).copied()).collect();
            }
        }
        let texts = tokenizer.model.vocab.into_keys().collect();
        Some(Self { bytes, specials, texts, text_ids })
    }

    /// The id of a special token such as `<|zh|>`.
    pub(super) fn special(&self, token: &str) -> Option<usize> {
        self.specials.get(token).copied()
    }

    /// Whether an id stands for text: neither a special token nor a time stamp.
    pub(super) fn is_text(&self, id: usize) -> bool {
        id < self.text_ids
    }

    /// The bytes of a text token; none for others.
    pub(super) fn bytes(&self, id: usize) -> &[u8] {
        self.bytes.get(id).map_or(&[], Vec::as_slice)
    }

    /// Cuts a text into the longest tokens from the left: not always as the model was trained, but
    /// near enough for a prompt.
    pub(super) fn tokens_of(&self, text: &str) -> Vec<String> {
        let to_char: BTreeMap<u8, char> =
            byte_alphabet().into_iter().map(|(c, byte)| (byte, c)).collect();
        let chars: Vec<char> = text.bytes().filter_map(|b| to_char.get(&b).copied()).collect();
        let (mut tokens, mut at) = (Vec::new(), 0);
        while at < chars.len() {
            let lengths = (1..=TOKEN_CHARS_MAX.min(chars.len() - at)).rev();
            let mut candidates = lengths.map(|n| chars[at..at + n].iter().collect::<String>());
            let token = candidates
                .find(|token| self.texts.contains(token))
                .unwrap_or_else(|| chars[at].to_string());
            at += token.chars().count();
            tokens.push(token);
        }
        tokens
    }
}

/// Longer tokens of the vocabulary are rows of punctuation, which no prompt holds.
const TOKEN_CHARS_MAX: usize = 32;

/// GPT-2's reversible alphabet: printable bytes stand for themselves, the rest for U+0100 and on.
fn byte_alphabet() -> BTreeMap<char, u8> {
    let mut spare = 0x100u32;
    (0u8..=255)
        .filter_map(|byte| {
            let printable = matches!(byte, 33..=126 | 161..=172 | 174..=255);
            let code = if printable {
                u32::from(byte)
            } else {
                spare += 1;
                spare - 1
            };
            Some((char::from_u32(code)?, byte))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_the_byte_alphabet() {
        let json = r#"{"model":{"vocab":{"ä½":0,"łå¥½":1,"Ġhi":2}},
                       "added_tokens":[{"id":3,"content":"<|endoftext|>"}]}"#;
        let vocabulary = Vocabulary::new(serde_json::from_str(json).unwrap()).unwrap();
        let joined = [vocabulary.bytes(0), vocabulary.bytes(1)].concat();
        assert_eq!(String::from_utf8(joined).unwrap(), "\u{4f60}\u{597d}");
        assert_eq!(vocabulary.bytes(2), b" hi");
        assert_eq!((vocabulary.is_text(2), vocabulary.is_text(3)), (true, false));
    }
}
