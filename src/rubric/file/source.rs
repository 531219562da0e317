//! What a rubric was read from, kept with it: enough to read the very same rubric again, whatever became
//! of the files since.
//!
//! In: a file's text and the phrase lists it uses. Out: the rubric or its outline, with the same digest.

use std::collections::BTreeMap;

use super::load::{Library, load};
use super::tree::{Value, parse};
use super::{LoadError, Place};
use crate::rubric::model::Rubric;
use crate::rubric::outline::Outline;

/// A rubric as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RubricSource {
    /// What the file was called.
    pub file: String,
    /// Its text.
    pub text: String,
    /// The shared phrase lists it uses, by name.
    pub lists: BTreeMap<String, String>,
}

impl RubricSource {
    /// The rubric.
    ///
    /// # Errors
    /// [`LoadError`] when the text cannot be used.
    pub fn rubric(&self) -> Result<Rubric, LoadError> {
        load(&self.file, &self.text, &self.library())
    }

    /// What it says.
    ///
    /// # Errors
    /// [`LoadError`] when the text cannot be used.
    pub fn outline(&self) -> Result<Outline, LoadError> {
        Outline::read(&self.file, &self.text, &self.library())
    }

    fn library(&self) -> Library {
        let empty = Library::default();
        self.lists.iter().fold(empty, |library, (name, text)| library.with(name, text))
    }
}

/// A rubric file with another number under `version`, and nothing else changed; `None` where no number
/// stands there.
pub fn numbered(text: &str, version: u32) -> Option<String> {
    let Value::Map(entries) = parse(text).ok()?.value else { return None };
    let (_, node) = entries.iter().find(|(key, _)| key.name == "version")?;
    let from = offset(text, node.place)?;
    let is_number = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_' || c == '+';
    let end = text[from..].find(|c| !is_number(c)).map_or(text.len(), |at| from + at);
    let out = format!("{}{version}{}", &text[..from], &text[end..]);
    let Value::Map(entries) = parse(&out).ok()?.value else { return None };
    let (_, node) = entries.iter().find(|(key, _)| key.name == "version")?;
    matches!(&node.value, Value::Scalar(word) if *word == version.to_string()).then_some(out)
}

/// Where a place is in the text, in bytes.
fn offset(text: &str, place: Place) -> Option<usize> {
    let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let inside = text.get(start..)?.char_indices().nth(column).map(|(at, _)| at)?;
    Some(start + inside)
}

/// How many characters are meant by a remark on a place: the word, or the text in quotes, that stands there.
pub fn extent(text: &str, place: Place) -> u64 {
    let Some(rest) = offset(text, place).and_then(|from| text.get(from..)) else { return 0 };
    let line = rest.lines().next().unwrap_or_default();
    let quote = line.chars().next().filter(|c| ['"', '\''].contains(c));
    let ends = |c: char| c.is_whitespace() || ",:]}".contains(c);
    let chars = match quote {
        Some(quote) => line.chars().skip(1).position(|c| c == quote).map(|at| at + 2),
        None => line.chars().position(ends),
    };
    let chars = chars.unwrap_or_else(|| line.trim_end().chars().count());
    u64::try_from(chars).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_replaced_where_it_stands() {
        for (text, expected) in [
            ("rubric: a\nversion: 1\ntitle: t\n", Some("rubric: a\nversion: 7\ntitle: t\n")),
            ("{rubric: a, version: 12, b: 1}", Some("{rubric: a, version: 7, b: 1}")),
            ("# 版本\n\"version\": 3 # three\n", Some("# 版本\n\"version\": 7 # three\n")),
            ("rubric: a\n", None),
            ("version: '3'\n", None),
            ("version: [1]\n", None),
            (": [", None),
        ] {
            assert_eq!(numbered(text, 7).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_remark_is_as_long_as_what_it_is_about() {
        let text = "criteria:\n  - {id: 问候, met: \"a b\"}\n";
        for (line, column, chars) in
            [(1, 1, 8), (2, 6, 2), (2, 10, 2), (2, 19, 5), (9, 1, 0), (2, 99, 0)]
        {
            assert_eq!(extent(text, Place::new(line, column)), chars, "{line}:{column}");
        }
    }
}
