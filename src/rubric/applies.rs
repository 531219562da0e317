//! Whether a rubric is meant for a call.
//!
//! In: what a rubric's `applies` asks, and what is known of the call. Out: yes, no, or that nobody can
//! say, and for want of what. What is not known is neither a yes nor a no: a rubric for incoming calls
//! must not quietly judge a call of which nobody knows who called whom.

use crate::domain::{Attribute, CallInfo};

use super::model::{Asks, Rubric, Test};

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
        if self.test == Test::Present {
            return Some(value.is_some() != self.negated);
        }
        let number = match value.as_ref()? {
            Attribute::Number(number) => Some(*number),
            Attribute::Text(text) => text.trim().parse().ok(),
        };
        let holds = match &self.test {
            Test::Is(words) => match value? {
                Attribute::Text(text) => words.contains(&text),
                Attribute::Number(number) => words.iter().any(|word| word.parse() == Ok(number)),
            },
            // What is no number cannot be compared: nobody knows.
            Test::AtMost(bound) => number? <= *bound,
            Test::AtLeast(bound) => number? >= *bound,
            Test::Above(bound) => number? > *bound,
            Test::Below(bound) => number? < *bound,
            Test::Present => true,
        };
        Some(holds != self.negated)
    }
}
