//! Reads `applies`: which calls a rubric is meant for.
//!
//! In: a node of a file. Out: [`Applies`], or remarks. The attributes that every call has are keys of
//! their own, so that a slip of the pen is told; what only a client's sidecars have stands under
//! `attributes`.

use std::collections::BTreeSet;

use crate::domain::Direction;
use crate::rubric::model::{Applies, Asks};

use super::read::Reader;
use super::tree::{Node, Value};

pub(crate) const APPLIES_KEYS: [&str; 11] = [
    "direction",
    "language",
    "client",
    "vendor",
    "project",
    "queue",
    "team",
    "agent_id",
    "ring_s",
    "rings",
    "attributes",
];
const ASKS_KEYS: [&str; 7] = ["is", "not", "at_most", "at_least", "above", "below", "present"];

impl<'a> Reader<'a> {
    pub(super) fn applies(&mut self, node: &'a Node) -> Applies {
        let Some(fields) = self.fields(node, &APPLIES_KEYS) else { return Applies::default() };
        let mut out = Applies::default();
        for (&name, node) in &fields {
            match (name, &node.value) {
                ("attributes", Value::Map(entries)) => {
                    for (key, node) in entries {
                        self.asks(&key.name, node, &mut out);
                    }
                }
                ("attributes", _) => {
                    let message = "a map of attributes to what they must be is wanted here";
                    self.remarks.error(node.place, message);
                }
                _ if APPLIES_KEYS.contains(&name) => self.asks(name, node, &mut out),
                // Told as an unknown key.
                _ => {}
            }
        }
        out.tests.sort_by(|a, b| a.0.cmp(&b.0));
        out
    }

    /// `inbound`; `[a, b]`; `{not: a}`; `{at_least: 3, below: 5}`.
    fn asks(&mut self, name: &str, node: &Node, out: &mut Applies) {
        let Value::Map(_) = &node.value else {
            let words = self.values(name, node);
            out.tests.push((name.to_owned(), Asks::Is(words)));
            return;
        };
        let Some(fields) = self.fields(node, &ASKS_KEYS) else { return };
        if fields.is_empty() {
            self.remarks.error(node.place, format!("one of {} is wanted", ASKS_KEYS.join(", ")));
        }
        for (key, node) in fields {
            let asks = match key {
                "is" => Some(Asks::Is(self.values(name, node))),
                "not" => Some(Asks::Not(self.values(name, node))),
                "present" => self.flag(node).map(Asks::Present),
                "at_most" => self.number(node).map(Asks::AtMost),
                "at_least" => self.number(node).map(Asks::AtLeast),
                "above" => self.number(node).map(Asks::Above),
                "below" => self.number(node).map(Asks::Below),
                // Told as an unknown key.
                _ => None,
            };
            out.tests.extend(asks.map(|asks| (name.to_owned(), asks)));
        }
    }

    fn values(&mut self, name: &str, node: &Node) -> BTreeSet<String> {
        let words = self.values_of(node);
        for (place, word) in &words {
            if name == "direction" && Direction::parse(word).is_none() {
                self.remarks.unknown(*place, "direction", word, ["inbound", "outbound"]);
            }
        }
        words.into_iter().map(|(_, word)| word).collect()
    }
}
