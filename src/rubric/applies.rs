//! Whether a rubric is meant for a call.
//!
//! In: what a rubric's `applies` asks, and what is known of the call. Out: yes, no, or that nobody can
//! say, and for want of what. What is not known is neither a yes nor a no: a rubric for incoming calls
//! must not quietly judge a call of which nobody knows who called whom.

use std::collections::BTreeSet;

use crate::domain::{Attribute, CallInfo};

use super::model::{Asks, Rubric};

/// Whether a rubric is meant for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Applicable {
    /// It listens to another language: nothing of it would be understood.
    OtherLanguage,
    No,
    Yes,
    /// These attributes of the call would decide it, and are not known.
    Unknown(Vec<String>),
}

/// Whether a rubric is meant for a call.
pub(crate) fn applies(rubric: &Rubric, info: &CallInfo) -> Applicable {
    if let (Some(wanted), Some(spoken)) = (&rubric.language, &info.language)
        && wanted != spoken
    {
        return Applicable::OtherLanguage;
    }
    let mut unknown = Vec::new();
    for (name, asks) in &rubric.applies.tests {
        match asks.answer(info.attribute(name)) {
            Some(true) => {}
            // One no is enough, whatever else is not known.
            Some(false) => return Applicable::No,
            None => unknown.push(name.clone()),
        }
    }
    unknown.dedup();
    if unknown.is_empty() { Applicable::Yes } else { Applicable::Unknown(unknown) }
}

impl Asks {
    /// Whether an attribute is as asked; `None`: it is not known.
    fn answer(&self, value: Option<Attribute>) -> Option<bool> {
        if let Asks::Present(wanted) = self {
            return Some(value.is_some() == *wanted);
        }
        let value = value?;
        let among = |words: &BTreeSet<String>| match &value {
            Attribute::Text(text) => words.contains(text),
            Attribute::Number(number) => words.iter().any(|word| word.parse() == Ok(*number)),
        };
        // What is no number cannot be compared: nobody knows.
        let number = match &value {
            Attribute::Number(number) => Some(*number),
            Attribute::Text(text) => text.trim().parse().ok(),
        };
        match self {
            Asks::Is(words) => Some(among(words)),
            Asks::Not(words) => Some(!among(words)),
            Asks::Present(_) => None,
            Asks::AtMost(bound) => Some(number? <= *bound),
            Asks::AtLeast(bound) => Some(number? >= *bound),
            Asks::Above(bound) => Some(number? > *bound),
            Asks::Below(bound) => Some(number? < *bound),
        }
    }
}
