//! JSON from the network: limits before it is read, and numbers that some write as text.

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Depth to which a message may be nested.
const DEPTH_MAX: usize = 16;

/// Reads a message; `None` where it is no such message, or nested too deep.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    if depth(text) > DEPTH_MAX {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// How deep brackets are nested; of what is no JSON, some number.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A whole number, written as number or as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
pub(super) struct Loose(pub(super) Option<u64>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u64),
    Text(String),
    Other(serde::de::IgnoredAny),
}

impl From<Written> for Loose {
    fn from(written: Written) -> Self {
        Loose(match written {
            Written::Number(number) => Some(number),
            Written::Text(text) => text.trim().parse().ok(),
            Written::Other(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_limited_and_numbers_may_be_text() {
        let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        assert!(read::<serde_json::Value>(&deep(16)).is_some());
        assert!(read::<serde_json::Value>(&deep(17)).is_none());
        assert!(read::<serde_json::Value>(r#"{"a":"[[[[[[[[[[[[[[[[[[[[\"[["}"#).is_some());
        for (text, expected) in
            [("7", Some(7)), (r#"" 7 ""#, Some(7)), ("-7", None), ("7.5", None), (r#""x""#, None)]
        {
            assert_eq!(read::<Loose>(text), Some(Loose(expected)), "{text}");
        }
    }
}
