//! What is wrong with a rubric file, where, and what was probably meant.

use std::fmt;

/// Line and column of a file, both from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// From one.
    pub line: u64,
    /// From one, in characters.
    pub column: u64,
}

impl Place {
    /// The beginning of a file.
    pub const START: Place = Place { line: 1, column: 1 };

    pub(crate) const fn new(line: u64, column: u64) -> Self {
        Self { line, column }
    }
}

/// Whether a file can be used in spite of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It cannot.
    Error,
    /// It can, but it says something that is hardly meant.
    Warning,
}

/// One remark on a file: `inbound.yaml:12:7: error: there is no condition `complant`; did you mean `complaint`?`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The file, as it was named to the loader.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// How grave.
    pub level: Level,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let Place { line, column } = self.place;
        write!(f, "{}:{line}:{column}: {level}: {}", self.file, self.message)
    }
}

/// Why a rubric cannot be used: at least one error, and all warnings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// In the file's order.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.diagnostics.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadError {}

/// Collects remarks while a file is read.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    file: String,
    list: Vec<Diagnostic>,
}

impl Remarks {
    pub(crate) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), list: Vec::new() }
    }

    pub(crate) fn error(&mut self, place: Place, message: impl Into<String>) {
        self.push(place, Level::Error, message.into());
    }

    pub(crate) fn warning(&mut self, place: Place, message: impl Into<String>) {
        self.push(place, Level::Warning, message.into());
    }

    /// An error about a name that is not known, with the nearest known one.
    pub(crate) fn unknown<'a>(
        &mut self,
        place: Place,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) {
        let hint = match nearest(name, known) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => String::new(),
        };
        self.error(place, format!("there is no {what} `{name}`{hint}"));
    }

    fn push(&mut self, place: Place, level: Level, message: String) {
        self.list.push(Diagnostic { file: self.file.clone(), place, level, message });
    }

    /// All remarks in the file's order.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list
            .sort_by(|a, b| (a.place, a.level, &a.message).cmp(&(b.place, b.level, &b.message)));
        self.list.dedup();
        self.list
    }
}

/// The known name that a wrong one most resembles, if any is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |candidate: &str| strsim::damerau_levenshtein(name, candidate);
    known
        .into_iter()
        .map(|candidate| (near(candidate), candidate))
        .filter(|(distance, _)| *distance <= 1 + name.chars().count() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest("complant", ["complaint", "comma"]), Some("complaint"));
        assert_eq!(nearest("zebra", ["complaint"]), None);
    }
}
