//! Stems of words: `refunds`, `refunded` and `refunding` are found alike.
//!
//! In: a folded word. Out: its English stem. Words of other languages may lose an ending; they lose it in
//! the query and in the call alike.

use std::collections::HashMap;

use tantivy::tokenizer::{Language, RawTokenizer, Stemmer as Filter, TextAnalyzer, TokenStream};

/// Words remembered before the memory is emptied.
const KNOWN_MAX: usize = 20_000;

/// A stemmer with a memory: calls are made of a few thousand words.
pub(super) struct Stemmer {
    analyzer: TextAnalyzer,
    known: HashMap<String, String>,
}

impl Stemmer {
    pub(super) fn new() -> Self {
        let analyzer = TextAnalyzer::builder(RawTokenizer::default())
            .filter(Filter::new(Language::English))
            .build();
        Self { analyzer, known: HashMap::new() }
    }

    pub(super) fn stem(&mut self, word: &str) -> String {
        if let Some(stem) = self.known.get(word) {
            return stem.clone();
        }
        let mut stream = self.analyzer.token_stream(word);
        let stem = if stream.advance() { stream.token().text.clone() } else { word.to_owned() };
        drop(stream);
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
        }
        self.known.insert(word.to_owned(), stem.clone());
        stem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_meet_in_their_stems() {
        let mut stemmer = Stemmer::new();
        for (a, b) in
            [("refunds", "refund"), ("refunded", "refunding"), ("complaints", "complaint")]
        {
            assert_eq!(stemmer.stem(a), stemmer.stem(b), "{a} {b}");
        }
        assert_ne!(stemmer.stem("refund"), stemmer.stem("fund"));
    }
}
