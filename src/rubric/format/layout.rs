//! From values to lines.

use crate::rubric::format::scalar;

use super::source::{Collection, Comment, Document, Entry, Scalar, Written};

/// Columns of a line that holds a collection; Chinese characters take two.
const COLUMNS_MAX: usize = 100;
/// Columns of a step inwards.
const STEP: usize = 2;

/// A whole file.
pub(super) fn write(document: &Document) -> String {
    let mut out = Lines::default();
    document.head.iter().for_each(|comment| out.comment(comment, 0));
    if document.gap {
        out.blank();
    }
    match &document.root {
        Written::Scalar(scalar) => out.line(0, &scalar::write(scalar)),
        Written::Collection(root) => match in_line(root, 0) {
            Some(text) => out.line(0, &text),
            None => out.block(root, 0),
        },
    }
    document.tail.iter().for_each(|comment| out.comment(comment, 0));
    out.text
}

#[derive(Default)]
struct Lines {
    text: String,
    /// Nothing stands above in this collection, so a blank line says nothing.
    first: bool,
}

impl Lines {
    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
        self.text.push('\n');
        self.first = false;
    }

    fn blank(&mut self) {
        if !self.first && !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn comment(&mut self, comment: &Comment, indent: usize) {
        if comment.blank_before {
            self.blank();
        }
        self.line(indent, &comment.text);
    }

    fn block(&mut self, collection: &Collection, indent: usize) {
        self.first = true;
        for entry in &collection.entries {
            entry.above.iter().for_each(|comment| self.comment(comment, indent));
            if entry.blank_before {
                self.blank();
            }
            self.entry(entry, indent);
        }
        collection.tail.iter().for_each(|comment| self.comment(comment, indent));
    }

    fn entry(&mut self, entry: &Entry, indent: usize) {
        let lead = match &entry.key {
            Some(key) => format!("{}:", scalar::write(key)),
            None => "-".to_owned(),
        };
        let behind = entry.behind.as_ref().map(|text| format!(" {text}")).unwrap_or_default();
        match &entry.value {
            Written::Scalar(Scalar { text, block: true, .. })
                if text.contains('\n') && scalar::is_lines(text) =>
            {
                let chomp = if text.ends_with('\n') { "" } else { "-" };
                self.line(indent, &format!("{lead} |{chomp}{behind}"));
                for line in text.lines() {
                    self.line(if line.is_empty() { 0 } else { indent + STEP }, line);
                }
            }
            Written::Scalar(scalar) => {
                let value = scalar::write(scalar);
                let gap = if value.is_empty() { "" } else { " " };
                self.line(indent, &format!("{lead}{gap}{value}{behind}"));
            }
            Written::Collection(inner) => {
                let column = indent + width(&lead) + 1;
                match in_line(inner, column) {
                    Some(text) => self.line(indent, &format!("{lead} {text}{behind}")),
                    None if entry.key.is_none() => self.dashed(inner, indent, &behind),
                    None => {
                        self.line(indent, &format!("{lead}{behind}"));
                        self.block(inner, indent + STEP);
                    }
                }
            }
        }
    }

    /// A collection whose first entry stands beside the dash. What stood behind all of it, when it was
    /// one line, now stands behind its last.
    fn dashed(&mut self, inner: &Collection, indent: usize, behind: &str) {
        let start = self.text.len();
        self.block(inner, indent + STEP);
        self.text.replace_range(start + indent..=start + indent, "-");
        self.text.truncate(self.text.trim_end_matches('\n').len());
        self.text.push_str(behind);
        self.text.push('\n');
    }
}

/// A collection in one line, if it was written so and fits behind `column`.
fn in_line(collection: &Collection, column: usize) -> Option<String> {
    let empty = collection.entries.is_empty();
    if !(collection.flow || empty) || collection.has_comments() {
        return None;
    }
    let text = flow(collection);
    (empty || column + width(&text) <= COLUMNS_MAX).then_some(text)
}

fn flow(collection: &Collection) -> String {
    let entry = |entry: &Entry| {
        let value = match &entry.value {
            Written::Scalar(scalar) => scalar::write(scalar),
            Written::Collection(inner) => flow(inner),
        };
        match &entry.key {
            Some(key) if value.is_empty() => format!("{}:", scalar::write(key)),
            Some(key) => format!("{}: {value}", scalar::write(key)),
            None => value,
        }
    };
    let entries: Vec<String> = collection.entries.iter().map(entry).collect();
    let entries = entries.join(", ");
    if collection.is_map { format!("{{{entries}}}") } else { format!("[{entries}]") }
}

fn width(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) >= 0x1100 { 2 } else { 1 }).sum()
}
