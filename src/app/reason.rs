//! Why an input has no report, for the people who read it.
//!
//! In: errors that know their text in both languages. Out: that text, in the reader's.

use std::fmt::Display;

use crate::report::UiLanguage;

/// A reason in both languages: it is shown on a terminal in one, and on a page perhaps in the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    en: String,
    zh: String,
}

impl Reason {
    pub(super) fn new(en: &dyn Display, zh: impl Into<String>) -> Self {
        Self { en: en.to_string(), zh: zh.into() }
    }

    /// The reason alone.
    pub fn text(&self, language: UiLanguage) -> &str {
        match language {
            UiLanguage::En => &self.en,
            UiLanguage::Zh => &self.zh,
        }
    }

    /// A line that names the input, once.
    pub fn line(&self, input: &str, language: UiLanguage) -> String {
        let text = self.text(language);
        match (text.starts_with(input), language) {
            (true, _) => text.to_owned(),
            (false, UiLanguage::En) => format!("{input}: {text}"),
            (false, UiLanguage::Zh) => format!("{input}：{text}"),
        }
    }
}
