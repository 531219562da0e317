//! When the bytes of an utterance's text are heard.
//!
//! In: an utterance and a range of its text. Out: a span, from its words' times, in proportion
//! inside a word. It must never leave the utterance.

use std::ops::Range;

use crate::domain::{AudioTime, Span, Utterance};
use crate::text::fold::is_hanzi;

/// The span in which a range of the utterance's text is heard.
pub(super) fn span(utterance: &Utterance, at: Range<usize>) -> Span {
    let places = word_places(utterance);
    let start = time_at(utterance, &places, at.start, false);
    let end = time_at(utterance, &places, at.end, true);
    Span::at_least_1_ms(start.max(utterance.span.start()), end.min(utterance.span.end()))
}

/// The bytes that each word takes in the text, as far as they can be found there.
fn word_places(utterance: &Utterance) -> Vec<(Range<usize>, Span)> {
    let text = utterance.text.as_str();
    let mut from = 0;
    let mut out = Vec::with_capacity(utterance.words.len());
    for word in &utterance.words {
        let wanted = word.text.as_str().trim();
        if let Some(found) = text[from..].find(wanted).filter(|_| !wanted.is_empty()) {
            let start = from + found;
            from = start + wanted.len();
            out.push((start..from, word.span));
        }
    }
    out
}

/// The time of a byte; `is_end` prefers the word that ends there to the one that starts there.
fn time_at(
    utterance: &Utterance,
    places: &[(Range<usize>, Span)],
    byte: usize,
    is_end: bool,
) -> AudioTime {
    let inside = |at: &Range<usize>| {
        if is_end { at.start < byte && byte <= at.end } else { at.start <= byte && byte < at.end }
    };
    let whole = (0..utterance.text.as_str().len(), utterance.span);
    let (at, span) = places.iter().find(|(at, _)| inside(at)).unwrap_or(&whole);
    let text = utterance.text.as_str();
    let part = weight(&text[at.start..byte]) * span.len_ms() / weight(&text[at.clone()]).max(1);
    span.start().plus_ms(part)
}

/// How long a text takes to say, in letters: a digit or a Chinese character takes about four.
fn weight(text: &str) -> u64 {
    let slow = |c: char| c.is_ascii_digit() || is_hanzi(c);
    text.chars().map(|c| if slow(c) { 4 } else { 1 }).sum()
}
