//! Reads the modifiers that every operator takes: who, when, where to another hit, how often.
//!
//! In: the keys beside an operator. Out: their values, or remarks.

use crate::domain::Party;
use crate::rubric::model::{Relation, Side, Times, Unit, Which, Window};

use super::read::{Modifiers, Reader};
use super::tree::{Node, Value};
use super::units;

impl<'a> Reader<'a> {
    pub(super) fn party(&mut self, modifiers: &Modifiers<'a>) -> Option<Party> {
        let node = modifiers.get("by")?;
        let text = self.text(node)?;
        match Party::parse(&text) {
            Some(party @ (Party::Agent | Party::Customer)) => Some(party),
            _ => {
                self.remarks.unknown(node.place, "party", &text, ["agent", "customer"]);
                None
            }
        }
    }

    pub(super) fn within(&mut self, modifiers: &Modifiers<'a>) -> Option<Window> {
        let node = modifiers.get("within")?;
        let text = self.text(node)?;
        let window = units::window(&text);
        if window.is_none() {
            let message = format!(
                "`{text}` is no window; write `first 30s`, `last 3 utterances`, `first 2 turns` or `from 10s to 60s`"
            );
            self.remarks.error(node.place, message);
        }
        window
    }

    pub(super) fn relations(&mut self, modifiers: &Modifiers<'a>, label: &str) -> Vec<Relation> {
        let mut out = Vec::new();
        for (name, side, negated) in [
            ("after", Side::After, false),
            ("before", Side::Before, false),
            ("around", Side::Around, false),
            ("not_after", Side::After, true),
            ("not_before", Side::Before, true),
            ("not_around", Side::Around, true),
        ] {
            let Some(node) = modifiers.get(name) else { continue };
            out.extend(self.relation(node, side, negated, label));
        }
        out
    }

    fn relation(
        &mut self,
        node: &'a Node,
        side: Side,
        negated: bool,
        label: &str,
    ) -> Option<Relation> {
        let plain = |of| Relation { side, of, within: None, which: Which::Any, negated };
        let is_wrapped = matches!(&node.value, Value::Map(entries) if entries.iter().any(|(key, _)| key.name == "of"));
        if !is_wrapped {
            return self.condition(node, label).map(plain);
        }
        let fields = self.fields(node, &["of", "within", "hit"])?;
        let of = self.condition(fields["of"], label)?;
        let within = match fields.get("within") {
            None => None,
            Some(node) => {
                let text = self.text(node)?;
                let extent = units::extent(&text);
                if extent.is_none() {
                    self.remarks.error(
                        node.place,
                        format!(
                            "`{text}` is no distance; write `30s`, `2 turns` or `3 utterances`"
                        ),
                    );
                }
                extent
            }
        };
        let which = match fields.get("hit").and_then(|n| self.text(n)).as_deref() {
            None | Some("any") => Which::Any,
            Some("first") => Which::First,
            Some("last") => Which::Last,
            Some(other) => {
                self.remarks.unknown(
                    fields["hit"].place,
                    "choice of hit",
                    other,
                    ["any", "first", "last"],
                );
                Which::Any
            }
        };
        Some(Relation { side, of, within, which, negated })
    }

    pub(super) fn times(&mut self, modifiers: &Modifiers<'a>) -> Times {
        let Some(node) = modifiers.get("times") else { return Times::ONCE };
        if let Value::Scalar(text) = &node.value {
            if let Ok(at_least @ 1..) = text.parse() {
                return Times { at_least, ..Times::ONCE };
            }
            self.remarks
                .error(node.place, "`times` is a number from 1, or `{at_least, at_most, unit}`");
            return Times::ONCE;
        }
        let Some(fields) = self.fields(node, &["at_least", "at_most", "unit"]) else {
            return Times::ONCE;
        };
        let at_most = fields.get("at_most").and_then(|n| self.number(n)).map(|n| n as usize);
        let least = fields.get("at_least").and_then(|n| self.number(n)).map(|n| n as usize);
        let unit = match fields.get("unit").and_then(|n| self.text(n)).as_deref() {
            None | Some("hits") => Unit::Hits,
            Some("utterances") => Unit::Utterances,
            Some("turns") => Unit::Turns,
            Some(other) => {
                self.remarks.unknown(
                    fields["unit"].place,
                    "unit",
                    other,
                    ["hits", "utterances", "turns"],
                );
                Unit::Hits
            }
        };
        Times { at_least: least.unwrap_or(usize::from(at_most.is_none())), at_most, unit }
    }
}
