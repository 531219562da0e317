//! Names of things: calls, rubrics, criteria, languages. Newtypes, checked where they are born.
//!
//! In: text from outside. Out: ids that are safe as a file name and in a URL.

use std::fmt;

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing there.
    #[error("an id must not be empty")]
    Empty,
    /// Over the limit of 128 bytes.
    #[error("an id has at most {limit} bytes, this one has {bytes}")]
    TooLong {
        /// Bytes found.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// A character that is unsafe in a file name.
    #[error("an id must not hold {0:?} or start with a dot")]
    Unsafe(char),
}

const ID_BYTES_MAX: usize = 128;

fn checked(text: &str) -> Result<String, IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > ID_BYTES_MAX {
        return Err(IdError::TooLong { bytes: text.len(), limit: ID_BYTES_MAX });
    }
    let bad = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
    match text.chars().find(|c| bad(*c)) {
        Some(c) => Err(IdError::Unsafe(c)),
        None if text.starts_with('.') => Err(IdError::Unsafe('.')),
        None => Ok(text.to_owned()),
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks and wraps an id.
            ///
            /// # Errors
            /// [`IdError`] when it is empty, over 128 bytes, or unsafe as a file name.
            pub fn new(text: &str) -> Result<Self, IdError> {
                checked(text).map(Self)
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A call. From the sidecar, else the file's stem.
    CallId
}
id! {
    /// A rubric, the same through all its versions.
    RubricId
}
id! {
    /// A criterion, unique inside its rubric.
    CriterionId
}

/// A language by its primary subtag (BCP 47), lower case: `zh`, `en`, `es`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(String);

impl Language {
    /// Takes the primary subtag of a tag such as `zh-CN`; `None` when there are not 2 or 3 letters. What
    /// other systems call Chinese (the country, Mandarin, ISO 639-2 and -3) and English is `zh` and `en`.
    pub fn new(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let letters = primary.bytes().all(|b| b.is_ascii_lowercase());
        match primary.as_str() {
            "cn" | "cmn" | "zho" | "chi" => Some(Self::chinese()),
            "eng" => Some(Self::english()),
            _ => (letters && (2..=3).contains(&primary.len())).then_some(Self(primary)),
        }
    }

    /// Mandarin and its kin, whose texts are counted in characters.
    pub fn chinese() -> Self {
        Self("zh".into())
    }

    /// English.
    pub fn english() -> Self {
        Self("en".into())
    }

    /// Whether the language is Chinese (`zh`, `yue`).
    pub fn is_chinese(&self) -> bool {
        matches!(self.0.as_str(), "zh" | "yue")
    }

    /// The primary subtag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_safe_file_names() {
        for bad in ["", "../x", "a/b", "a\0b", ".hidden", "a\\b"] {
            assert!(CallId::new(bad).is_err(), "{bad:?}");
        }
        for good in ["zh-E1", "通话-1", "2026_11_21 001"] {
            assert!(CallId::new(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn language_is_a_primary_subtag() {
        assert_eq!(Language::new("zh-CN"), Some(Language::chinese()));
        assert_eq!(Language::new("EN_us"), Some(Language::english()));
        for tag in ["cn", "CN", "cmn", "cmn-Hans-CN", "zho", "chi"] {
            assert_eq!(Language::new(tag), Some(Language::chinese()), "{tag}");
        }
        assert_eq!(Language::new("eng"), Some(Language::english()));
        assert_eq!(Language::new("yue").unwrap().as_str(), "yue");
        assert_eq!(Language::new("z"), None);
        assert_eq!(Language::new("中文"), None);
    }
}
