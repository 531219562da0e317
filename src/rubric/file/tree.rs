//! A YAML document as a tree whose every node knows its line and column.
//!
//! In: text. Out: [`Node`]s, or the place where the text is no YAML. It knows nothing of rubrics:
//! reading into a tree first lets the reader report every mistake of a file at once.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::diagnostic::Place;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
    /// Whether YAML takes a scalar for a text, and not for a number or a flag.
    pub(crate) is_text: bool,
}

impl Node {
    /// Nothing at all.
    pub(crate) fn nothing() -> Self {
        Self { place: Place::START, value: Value::Null, is_text: false }
    }
}

/// What a node holds. Scalars keep their text: the reader knows what it wants them to be.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key of a map.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) place: Place,
    pub(crate) name: String,
}

/// Reads one document.
pub(crate) fn parse(text: &str) -> Result<Node, (Place, String)> {
    serde_saphyr::from_str::<Spanned<Raw>>(text).map(Node::from).map_err(|error| {
        let place = error.location().map_or(Place::START, |at| Place::new(at.line(), at.column()));
        (place, plain(&error.without_snippet().to_string()))
    })
}

/// The parser's words without the place, which we tell ourselves, and without advice for programmers.
fn plain(why: &str) -> String {
    let why = why.rsplit_once(" at line ").map_or(why, |(why, _)| why);
    match why.strip_prefix("duplicate mapping key: ").and_then(|rest| rest.split_once(',')) {
        Some((key, _)) => format!("the key `{key}` stands here twice"),
        None => why.to_owned(),
    }
}

impl From<Spanned<Raw>> for Node {
    fn from(raw: Spanned<Raw>) -> Self {
        let place = place(&raw);
        let is_text = matches!(raw.value, Raw::Text(_));
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Scalar(text) | Raw::Text(text) => Value::Scalar(text),
            Raw::List(items) => Value::List(items.into_iter().map(Node::from).collect()),
            Raw::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, node)| {
                        (Key { place: place_of_key(&key), name: key.value }, Node::from(node))
                    })
                    .collect(),
            ),
        };
        Self { place, value, is_text }
    }
}

fn place(raw: &Spanned<Raw>) -> Place {
    Place::new(raw.referenced.line(), raw.referenced.column())
}

fn place_of_key(key: &Spanned<String>) -> Place {
    Place::new(key.referenced.line(), key.referenced.column())
}

enum Raw {
    Null,
    Scalar(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }
    fn visit_unit<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_none<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_know_their_place() {
        let node = parse("a: 1\nb:\n  - x\n  - {c: 好}\n").unwrap();
        let Value::Map(entries) = node.value else { panic!("a map") };
        assert_eq!(entries[1].0.place, Place::new(2, 1));
        let Value::List(items) = &entries[1].1.value else { panic!("a list") };
        assert_eq!(items[0].place, Place::new(3, 5));
        let Value::Map(inner) = &items[1].value else { panic!("a map") };
        assert_eq!((inner[0].0.name.as_str(), inner[0].1.place), ("c", Place::new(4, 9)));
    }

    #[test]
    fn no_yaml_says_where() {
        let (place, why) = parse("a: [1,\nb: 2\n").unwrap_err();
        assert!(place.line >= 1 && !why.is_empty());
    }
}
