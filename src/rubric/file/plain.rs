//! Plain values of a rubric file: texts, numbers, durations, lists.
//!
//! In: nodes. Out: values, or a remark at the node's place.

use std::collections::BTreeMap;

use super::diagnostic::Place;
use super::read::Reader;
use super::tree::{Node, Value};
use super::units;

impl Reader<'_> {
    /// The fields of a map, of which only some are known.
    pub(crate) fn fields<'n>(
        &mut self,
        node: &'n Node,
        known: &[&str],
    ) -> Option<BTreeMap<&'n str, &'n Node>> {
        let Value::Map(entries) = &node.value else {
            self.remarks
                .error(node.place, format!("a map is wanted here, with {}", known.join(", ")));
            return None;
        };
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.name.as_str())) {
            self.remarks.unknown(key.place, "key", &key.name, known.iter().copied());
        }
        Some(entries.iter().map(|(key, node)| (key.name.as_str(), node)).collect())
    }

    pub(crate) fn text(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Scalar(text) => Some(text.clone()),
            _ => {
                self.remarks.error(node.place, "a text is wanted here");
                None
            }
        }
    }

    pub(crate) fn number(&mut self, node: &Node) -> Option<f64> {
        let number = match &node.value {
            Value::Scalar(text) => text.parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0),
            _ => None,
        };
        if number.is_none() {
            self.remarks.error(node.place, "a number, not below zero, is wanted here");
        }
        number
    }

    pub(super) fn flag(&mut self, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Scalar(text) if matches!(text.as_str(), "true" | "yes") => Some(true),
            Value::Scalar(text) if matches!(text.as_str(), "false" | "no") => Some(false),
            _ => {
                self.remarks.error(node.place, "yes or no is wanted here");
                None
            }
        }
    }

    pub(super) fn duration(
        &mut self,
        node: Option<&Node>,
        place: Place,
        name: &str,
    ) -> Option<u64> {
        let Some(node) = node else {
            self.remarks.error(place, format!("`{name}` is missing"));
            return None;
        };
        let text = self.text(node)?;
        let ms = units::duration_ms(&text);
        if ms.is_none() {
            self.remarks
                .error(node.place, format!("`{text}` is no duration; write `10s` or `300ms`"));
        }
        ms
    }

    /// One text or a list of texts.
    pub(crate) fn words(&mut self, node: &Node) -> Vec<(Place, String)> {
        match &node.value {
            Value::Scalar(text) => vec![(node.place, text.clone())],
            Value::List(items) => {
                items.iter().filter_map(|item| Some((item.place, self.text(item)?))).collect()
            }
            _ => {
                self.remarks.error(node.place, "a text or a list of texts is wanted here");
                Vec::new()
            }
        }
    }
}
