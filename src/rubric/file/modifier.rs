//! Reads the modifiers that every operator takes: who, when, where to another hit, how often.
//!
//! In: the keys beside an operator. Out: their values, or remarks.

use std::collections::BTreeMap;

use crate::domain::Party;
use crate::rubric::model::{Bounds, Extent, Op, Relation, Side, Times, Unit, Which, Window};

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
                "`{text}` is no window; write `first 30s`, `last 3 utterances`, `first 2 turns`, `last 20%`, `from 10s to 60s` or `from 3 to 8 utterances`"
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
            Some(node) => Some(self.distance(node)?),
        };
        let which = fields.get("hit").map_or(Which::Any, |node| self.which(node));
        if negated && which == Which::Every {
            self.remarks.error(
                fields["hit"].place,
                "`every` asks for a hit at each of them; where none may stand, leave `hit` out",
            );
        }
        if within.is_some_and(|within| matches!(within, Extent::Words(_)))
            && self.out.get(of.0).is_some_and(|of| matches!(of.op, Op::Measure(_)))
        {
            self.remarks.error(
                fields["within"].place,
                "a measure has no words to count from; write a distance in time, utterances or turns",
            );
        }
        Some(Relation { side, of, within, which, negated })
    }

    pub(super) fn distance(&mut self, node: &Node) -> Option<Extent> {
        let text = self.text(node)?;
        let extent = units::distance(&text);
        if extent.is_none() {
            let message = format!(
                "`{text}` is no distance; write `30s`, `2 turns`, `3 utterances`, `5 words` or `same utterance`"
            );
            self.remarks.error(node.place, message);
        }
        extent
    }

    fn which(&mut self, node: &Node) -> Which {
        let Some(text) = self.text(node) else { return Which::Any };
        match text.as_str() {
            "any" => Which::Any,
            "first" => Which::First,
            "last" => Which::Last,
            "every" => Which::Every,
            number if number.parse::<usize>().is_ok_and(|n| n >= 1) => {
                Which::Nth(number.parse().unwrap_or(1))
            }
            other => {
                let known = ["any", "first", "last", "every", "2"];
                self.remarks.unknown(node.place, "choice of hit", other, known);
                Which::Any
            }
        }
    }

    /// `above`, `below`, `at_least`, `at_most`, each as `read` reads it.
    pub(super) fn bounds(
        &mut self,
        fields: &BTreeMap<&str, &Node>,
        read: impl Fn(&mut Self, &Node) -> Option<f64>,
    ) -> Bounds {
        let mut bound = |name| fields.get(name).and_then(|node| read(self, node));
        Bounds {
            above: bound("above"),
            below: bound("below"),
            at_least: bound("at_least"),
            at_most: bound("at_most"),
        }
    }

    /// Bounds of a count, as the fewest and the most.
    pub(super) fn counts(&mut self, fields: &BTreeMap<&str, &Node>) -> (usize, Option<usize>) {
        let bounds = self.bounds(fields, |reader, node| {
            let number = reader.number(node)?;
            if number.fract() != 0.0 {
                reader.remarks.error(node.place, "a count is a whole number");
            }
            Some(number)
        });
        let least = [bounds.at_least, bounds.above.map(|n| n + 1.0)];
        let least = least.into_iter().flatten().map(|n| n as usize).max();
        let most = [bounds.at_most, bounds.below.map(|n| n - 1.0)];
        let most = most.into_iter().flatten().map(|n| n.max(0.0) as usize).min();
        (least.unwrap_or(usize::from(most.is_none())), most)
    }

    pub(super) fn times(&mut self, modifiers: &Modifiers<'a>) -> Times {
        let Some(node) = modifiers.get("times") else { return Times::ONCE };
        if let Value::Scalar(text) = &node.value {
            if let Ok(at_least @ 1..) = text.parse() {
                return Times { at_least, ..Times::ONCE };
            }
            self.remarks.error(
                node.place,
                "`times` is a number from 1, or `{above, below, at_least, at_most, unit}`",
            );
            return Times::ONCE;
        }
        let keys = ["above", "below", "at_least", "at_most", "unit"];
        let Some(fields) = self.fields(node, &keys) else {
            return Times::ONCE;
        };
        let (at_least, at_most) = self.counts(&fields);
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
        Times { at_least, at_most, unit }
    }
}
