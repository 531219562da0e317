//! Text for people, in their language, on the right stream.

use std::io::{IsTerminal, Write};

use crate::report::UiLanguage;
use crate::rubric::describe::Tongue;

/// Speaks to the person at the terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Say {
    pub(super) language: UiLanguage,
    /// Only what `--lang` said: pages otherwise open in their call's language.
    pub(super) chosen: Option<UiLanguage>,
}

impl Say {
    /// The text in the person's language.
    pub(super) fn either<'t>(self, en: &'t str, zh: &'t str) -> &'t str {
        match self.language {
            UiLanguage::En => en,
            UiLanguage::Zh => zh,
        }
    }

    /// The language in which rubrics are described.
    pub(super) fn tongue(self) -> Tongue {
        match self.language {
            UiLanguage::En => Tongue::En,
            UiLanguage::Zh => Tongue::Zh,
        }
    }

    /// A line of the result, on the output stream. A closed stream ends nothing.
    pub(super) fn line(self, text: &str) {
        let _ = writeln!(std::io::stdout(), "{text}");
    }

    /// A line about the work, on the error stream.
    pub(super) fn note(self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// Says what failed; gives the "not all well" for it.
    pub(super) fn failed(self, error: &dyn std::fmt::Display) -> bool {
        self.note(&format!("{}: {error}", self.either("error", "错误")));
        false
    }

    /// Whether a person watches.
    pub(super) fn watched(self) -> bool {
        std::io::stderr().is_terminal()
    }
}

/// Columns that a text takes in a terminal: Chinese characters take two.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) >= 0x1100 { 2 } else { 1 }).sum()
}

/// A text filled with spaces to `columns`, or cut with an ellipsis.
pub(super) fn fit(text: &str, columns: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if width(&out) + width(&c.to_string()) > columns.saturating_sub(1) && width(text) > columns
        {
            out.push('…');
            break;
        }
        out.push(c);
    }
    let missing = columns.saturating_sub(width(&out));
    out + &" ".repeat(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_as_terminals_do() {
        assert_eq!(width("聆听ab"), 6);
        assert_eq!(fit("聆听", 6), "聆听  ");
        assert_eq!(width(&fit("您好，云帆商城售后服务", 10)), 10);
    }
}
