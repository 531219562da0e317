//! Text that must not reach a log: names, numbers, and what was said on a call.
//!
//! In: any value. Out: the same value, only through [`Sensitive::reveal`]. It must never print itself.

use std::fmt;

/// A value whose `Debug` and `Display` show `***`, so that a careless log line gives nothing away.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Wraps a value at its birth.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for scoring, reports and storage; never for a log.
    pub const fn reveal(&self) -> &T {
        &self.0
    }

    /// Unwraps the value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl Sensitive<String> {
    /// The text as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Sensitive<String> {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Sensitive<String> {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints_itself() {
        let secret = Sensitive::from("19900001121");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(secret.as_str(), "19900001121");
    }
}
