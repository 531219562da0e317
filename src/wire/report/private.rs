//! What a masked report leaves out: the clear texts, in a file of their own with rights of its own.
//!
//! In: a report in clear and the same report masked. Out: `lingting/private/1`, a list of texts by their
//! place in the report, and from both the report in clear again, so that a later backtest judges the very
//! words that were said. What nobody may keep is in neither.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Report;

/// The contract's name.
pub const PRIVATE_SCHEMA: &str = "lingting/private/1";

/// The texts that a masked report does not show.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Private {
    /// Always [`PRIVATE_SCHEMA`].
    pub schema: String,
    /// The report's call.
    pub call_id: String,
    /// In the report's order.
    pub texts: Vec<ClearText>,
}

/// One value of the report before it was masked.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ClearText {
    /// A JSON pointer (RFC 6901) into the report.
    pub at: String,
    /// What stood there.
    pub value: Value,
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Private({}, {} texts)", self.call_id, self.texts.len())
    }
}

impl fmt::Debug for ClearText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClearText({})", self.at)
    }
}

/// Why a private file does not fit a report.
#[derive(Debug, thiserror::Error)]
pub enum PrivateError {
    /// Not JSON, or not of this shape.
    #[error("not a private file of a report: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Another call's, or another contract.
    #[error("the private file belongs to another report")]
    OtherReport,
}

impl Private {
    /// What differs; `None` when the report hides nothing.
    pub fn between(clear: &Report, masked: &Report) -> Option<Self> {
        let value = |report: &Report| serde_json::to_value(report).unwrap_or_default();
        let mut texts = Vec::new();
        differences(&value(clear), &value(masked), &mut String::new(), &mut texts);
        // The mark that it is masked is no text.
        texts.retain(|text| text.at != "/masked");
        let (schema, call_id) = (PRIVATE_SCHEMA.to_owned(), clear.call.call_id.clone());
        (!texts.is_empty()).then_some(Self { schema, call_id, texts })
    }

    /// Reads a private file.
    ///
    /// # Errors
    /// [`PrivateError`] when it is none.
    pub fn from_json(json: &str) -> Result<Self, PrivateError> {
        let private: Self = serde_json::from_str(json)?;
        if private.schema == PRIVATE_SCHEMA { Ok(private) } else { Err(PrivateError::OtherReport) }
    }

    /// As indented JSON with a final line break.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("texts always have a JSON form");
        json.push('\n');
        json
    }

    /// The report in clear.
    ///
    /// # Errors
    /// [`PrivateError`] when the two do not belong together.
    pub fn restore(self, masked: Report) -> Result<Report, PrivateError> {
        if self.call_id != masked.call.call_id {
            return Err(PrivateError::OtherReport);
        }
        let mut report = serde_json::to_value(masked)?;
        for text in self.texts {
            *report.pointer_mut(&text.at).ok_or(PrivateError::OtherReport)? = text.value;
        }
        let mut report: Report = serde_json::from_value(report)?;
        report.masked = false;
        Ok(report)
    }
}

/// Leaves of two trees of one shape that are not the same.
fn differences(clear: &Value, masked: &Value, at: &mut String, out: &mut Vec<ClearText>) {
    let mut below = |key: &str, one: &Value, other: &Value| {
        let len = at.len();
        at.push('/');
        at.push_str(&key.replace('~', "~0").replace('/', "~1"));
        differences(one, other, at, out);
        at.truncate(len);
    };
    match (clear, masked) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in one {
                below(key, value, other.get(key).unwrap_or(&Value::Null));
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (ix, (value, other)) in one.iter().zip(other).enumerate() {
                below(&ix.to_string(), value, other);
            }
        }
        (one, other) if one == other => {}
        (one, _) => out.push(ClearText { at: at.clone(), value: one.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_kept() {
        let clear = json!({"a/b": ["x", "call 123"], "n": 1, "same": {"t": "y"}});
        let masked = json!({"a/b": ["x", "call ***"], "n": 1, "same": {"t": "y"}});
        let mut out = Vec::new();
        differences(&clear, &masked, &mut String::new(), &mut out);
        assert_eq!(out.len(), 1);
        assert_eq!((out[0].at.as_str(), &out[0].value), ("/a~1b/1", &json!("call 123")));
        let mut again = masked;
        *again.pointer_mut(&out[0].at).unwrap() = out[0].value.clone();
        assert_eq!(again, clear);
    }
}
