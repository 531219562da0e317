//! Filling a page's template, and the policy that keeps it from reaching the network.
//!
//! In: the embedded assets and values. Out: HTML text. A value is never searched for placeholders,
//! and JSON is written so that no call text can end the element that holds it.

use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Replaces each `{{name}}` of the template once, in one pass; an unknown name becomes nothing.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut page =
        String::with_capacity(template.len() + values.iter().map(|v| v.1.len()).sum::<usize>());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("every placeholder is closed");
        page.push_str(before);
        page.push_str(values.iter().find(|value| value.0 == name).map_or("", |value| value.1));
        rest = after;
    }
    page.push_str(rest);
    page
}

/// Text for an HTML element or a quoted attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
    html
}

/// JSON that is safe inside a `<script>` element. The characters replaced occur only in strings.
pub(super) fn script_json(value: &Value) -> String {
    let mut json = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                write!(json, "\\u{:04x}", u32::from(c)).expect("writing to a String cannot fail");
            }
            _ => json.push(c),
        }
    }
    json
}

/// A relative URL for a file beside the page.
pub(super) fn relative_url(file: &str) -> String {
    let mut url = String::from("./");
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            url.push(char::from(byte));
        } else {
            write!(url, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    }
    url
}

/// The Content-Security-Policy: this very script and style, and `media` as the only thing loaded.
pub(super) fn policy(css: &str, js: &str, media: &str) -> String {
    let hash = |text: &str| BASE64.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; \
         media-src {media}; base-uri 'none'; form-action 'none'",
        hash(js),
        hash(css),
    )
}

/// Scripts joined into one that leaves no names behind.
pub(super) fn script(parts: &[&str]) -> String {
    format!("\"use strict\";(() => {{\n{}}})();", parts.concat())
}

/// Bytes as base64.
pub(super) fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_searched_for_placeholders() {
        let page = fill("<{{a}}|{{b}}|{{c}}>", &[("a", "{{b}}"), ("b", "}}{{"), ("d", "x")]);
        assert_eq!(page, "<{{b}}|}}{{|>");
    }

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "</script><!--<script>&\u{2028}'\"";
        let json = script_json(&Value::from(hostile));
        assert!(!json.contains(['<', '>', '&', '\u{2028}']), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
        assert!(!escaped(hostile).contains(['<', '>', '"', '\'']));
    }

    #[test]
    fn a_file_beside_the_page_has_a_url() {
        assert_eq!(relative_url("通#1 a.wav"), "./%E9%80%9A%231%20a.wav");
        assert_eq!(relative_url("javascript:x"), "./javascript%3Ax");
    }
}
