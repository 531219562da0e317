//! How a text is written: plain where it cannot be misread, else in quotes.

use super::source::Scalar;

/// A scalar in one line. What was plain stays so, as only YAML knows whether `12:30` is a text; quotes
/// go where they say nothing.
pub(super) fn write(scalar: &Scalar) -> String {
    if scalar.plain || is_plain(&scalar.text) {
        return scalar.text.clone();
    }
    let text = &scalar.text;
    if text.chars().all(|c| !c.is_control()) && text.contains(['\\', '"']) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                out.push_str(&format!("\\U{:08X}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a text in quotes is the same text without, wherever it stands.
fn is_plain(text: &str) -> bool {
    // What a YAML of any age takes for a flag or nothing.
    const TAKEN: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let first = |c: char| c.is_alphabetic() || matches!(c, '(' | '$');
    let inner = |c: char| !c.is_control() && !"[]{},#:&*!|>'\"%@`\\".contains(c) || c == '|';
    text.starts_with(first)
        && text.chars().all(|c| inner(c) || c == '*')
        && text.trim() == text
        && !TAKEN.contains(&text.to_lowercase().as_str())
        && !text.contains(['\u{2028}', '\u{2029}', '\u{feff}', '\u{85}'])
}

/// Whether a text can be written as a block of lines: `|`.
pub(super) fn is_lines(text: &str) -> bool {
    let lines = text.strip_suffix('\n').unwrap_or(text);
    !lines.is_empty()
        && !lines.ends_with('\n')
        && !lines.starts_with([' ', '\n', '\t'])
        && lines.chars().all(|c| {
            c == '\n' || !(c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'))
        })
        && lines.lines().all(|line| line.trim_end() == line)
}
