//! Speech as one line of letters, for patterns.
//!
//! In: tokens. Out: their text, and the tokens of what a pattern finds in it. It must not know what is looked for.

use std::ops::Range;

use regex::Regex;

use super::Spoken;
use crate::text::TokenKind;

/// The text of some tokens: words apart, characters side by side.
pub(super) struct Letters {
    text: String,
    /// Where each token ends, in bytes.
    ends: Vec<usize>,
}

impl Letters {
    pub(super) fn of(spoken: &[&Spoken]) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(spoken.len()));
        let apart = |one: &Spoken| one.token.kind != TokenKind::Hanzi;
        for (i, one) in spoken.iter().enumerate() {
            if i > 0 && apart(one) && apart(spoken[i - 1]) {
                text.push(' ');
            }
            text.push_str(&one.token.text);
            ends.push(text.len());
        }
        Self { text, ends }
    }

    /// The tokens of each place that a pattern finds, of which none overlap.
    pub(super) fn matches<'m>(
        &'m self,
        pattern: &'m Regex,
    ) -> impl Iterator<Item = Range<usize>> + 'm {
        pattern.find_iter(&self.text).filter(|found| !found.is_empty()).map(|found| {
            let start = self.ends.partition_point(|&end| end <= found.start());
            let end = self.ends.partition_point(|&end| end < found.end()) + 1;
            start..end.min(self.ends.len())
        })
    }
}
