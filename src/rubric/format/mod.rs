//! One way to write a rubric file: key order, indentation, quotes; comments stay where they belong.
//!
//! In: a file's text. Out: the same file in its canonical form. Formatting twice is formatting once, and
//! the result holds the same values as before: it is read back and compared before it is given away.
//! What an author wrote in one line, as `{a: b}`, stays in one line as long as it fits.

mod layout;
mod order;
mod scalar;
mod source;

use super::file::{Diagnostic, Level, Node, Place, Value, parse};

/// A file in its canonical form.
///
/// # Errors
/// A [`Diagnostic`] where it is no YAML, or holds what rubric files have no use for: anchors, tags,
/// several documents.
pub fn format(file: &str, text: &str) -> Result<String, Diagnostic> {
    let error = |(place, message): (Place, String)| Diagnostic {
        file: file.to_owned(),
        place,
        level: Level::Error,
        message,
    };
    let before = parse(text).map_err(error)?;
    let mut document = source::read(text).map_err(error)?;
    order::put(&mut document.root);
    let out = layout::write(&document);
    let same = parse(&out).is_ok_and(|after| same(&before, &after));
    if !same {
        // No text is known that gets here; a file with a changed meaning would be worse than none.
        let message = "formatting would change what this file says; it is left alone".to_owned();
        return Err(error((Place::START, message)));
    }
    Ok(out)
}

/// Whether two trees hold the same, whatever the order of keys.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Null, Value::Null) => true,
        (Value::Scalar(x), Value::Scalar(y)) => x == y && a.is_text == b.is_text,
        (Value::List(x), Value::List(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y))
        }
        (Value::Map(x), Value::Map(y)) => {
            let twin = |name: &str| y.iter().find(|(key, _)| key.name == name);
            x.len() == y.len()
                && x.iter().all(|(key, x)| twin(&key.name).is_some_and(|(_, y)| same(x, y)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
