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

    /// Any scalar, as it is written.
    pub(crate) fn text(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Scalar(text) => Some(text.clone()),
            _ => {
                self.remarks.error(node.place, "a text is wanted here");
                None
            }
        }
    }

    /// Somebody's words. A number or a flag is none: `0571` would have lost its zero.
    pub(crate) fn wording(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Scalar(text) if node.is_text && text.trim().is_empty() => {
                self.remarks.error(node.place, "a text is wanted here, and this one is empty");
                None
            }
            Value::Scalar(text) if node.is_text => Some(text.clone()),
            Value::Scalar(text) => {
                let message = format!("a text is wanted here; put `{text}` in quotes");
                self.remarks.error(node.place, message);
                None
            }
            _ => {
                self.remarks.error(node.place, "a text is wanted here");
                None
            }
        }
    }

    pub(crate) fn number(&mut self, node: &Node) -> Option<f64> {
        let number = match &node.value {
            Value::Scalar(text) if !node.is_text => text.parse().ok(),
            _ => None,
        };
        let number = number.filter(|n: &f64| n.is_finite() && *n >= 0.0);
        if number.is_none() {
            self.remarks.error(node.place, "a number, not below zero, is wanted here");
        }
        number
    }

    /// A number from zero to `most`.
    pub(crate) fn up_to(&mut self, node: &Node, most: f64) -> Option<f64> {
        let number = self.number(node)?;
        if number > most {
            self.remarks.error(node.place, format!("a number from 0 to {most} is wanted here"));
            return None;
        }
        Some(number)
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
        let Value::Scalar(text) = &node.value else {
            self.remarks.error(node.place, "a duration is wanted here; write `10s` or `300ms`");
            return None;
        };
        let ms = units::duration_ms(text);
        if ms.is_none() {
            self.remarks
                .error(node.place, format!("`{text}` is no duration; write `10s` or `300ms`"));
        }
        ms
    }

    /// One text or a list of texts.
    pub(crate) fn words(&mut self, node: &Node) -> Vec<(Place, String)> {
        match &node.value {
            Value::List(items) if items.is_empty() => {
                self.remarks.error(node.place, "an empty list says nothing");
                Vec::new()
            }
            Value::List(items) => {
                items.iter().filter_map(|item| Some((item.place, self.wording(item)?))).collect()
            }
            Value::Scalar(_) => {
                self.wording(node).map(|text| (node.place, text)).into_iter().collect()
            }
            _ => {
                self.remarks.error(node.place, "a text or a list of texts is wanted here");
                Vec::new()
            }
        }
    }

    /// One value of an attribute, or a list of them: texts, numbers and flags.
    pub(super) fn values_of(&mut self, node: &Node) -> Vec<(Place, String)> {
        let plain = |item: &Node| match &item.value {
            Value::Scalar(text) if !item.is_text => Some((item.place, text.clone())),
            _ => None,
        };
        match &node.value {
            Value::List(items) if !items.is_empty() => items
                .iter()
                .filter_map(|item| plain(item).or_else(|| Some((item.place, self.wording(item)?))))
                .collect(),
            _ => plain(node).map_or_else(|| self.words(node), |one| vec![one]),
        }
    }
}
