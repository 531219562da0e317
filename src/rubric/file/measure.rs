//! Reads operators that measure: `silence`, `response`, `talk` and the like, and `repeat`.
//!
//! In: an operator's node. Out: what is measured, which of the values counts, and its bounds. All of
//! them are written alike: `{above, below, at_least, at_most, take}` and a few fields of their own.

use std::collections::BTreeMap;

use crate::rubric::model::{Bounds, Extent, Match, MeasureOp, Quantity, RepeatOf, RepeatOp, Take};

use super::read::{Modifiers, Reader};
use super::tree::Node;
use super::units;

const BOUNDS: [&str; 4] = ["above", "below", "at_least", "at_most"];
/// How alike a repetition is, unless the rubric says otherwise.
const ALIKE: f64 = 0.6;
/// Tokens of the shortest utterance whose repetition says anything.
const REPEAT_UNITS_MIN: f64 = 4.0;
/// How far back a repetition is looked for.
const REPEAT_WITHIN: Extent = Extent::Utterances(10);

impl<'a> Reader<'a> {
    pub(super) fn measure(&mut self, name: &str, node: &'a Node) -> Option<MeasureOp> {
        let own: &[&str] = match name {
            "silence" => &["announced", "hold", "longer_than"],
            "overtalk" => &["after", "backchannels", "longer_than"],
            "rate" => &["units_min", "average"],
            "loudness" => &["relative"],
            _ => &[],
        };
        let known: Vec<&str> = own.iter().chain(&BOUNDS).chain(&["take"]).copied().collect();
        let fields = self.fields(node, &known)?;
        let quantity = self.quantity(name, &fields)?;
        let mut take = fields.get("take").map_or(Some(Take::Each), |node| self.take(node))?;
        if self.old(&fields, "average", "take: average") && self.flag(fields["average"])? {
            take = Take::Average;
        }
        if !fits(quantity, take) {
            let place = fields.get("take").map_or(node.place, |node| node.place);
            self.remarks.error(place, format!("`{name}` has no such value to take"));
        }
        let mut bounds = self.bounds(&fields, |reader, node| reader.measured(quantity, take, node));
        if self.old(&fields, "longer_than", "above") {
            bounds.above = bounds.above.or(self.measured(quantity, take, fields["longer_than"]));
        }
        let needed = matches!(quantity, Quantity::Rate { .. } | Quantity::Loudness { .. })
            || matches!(take, Take::Total | Take::Share | Take::Average);
        if needed && bounds == Bounds::default() {
            let message = format!("`{name}` needs a bound: {}", BOUNDS.join(", "));
            self.remarks.error(node.place, message);
            return None;
        }
        Some(MeasureOp { quantity, take, bounds })
    }

    /// Whether a field is there that is written otherwise today.
    fn old(&mut self, fields: &BTreeMap<&str, &Node>, name: &str, now: &str) -> bool {
        let Some(node) = fields.get(name) else { return false };
        self.remarks.warning(node.place, format!("`{name}` is written `{now}` today"));
        true
    }

    fn quantity(&mut self, name: &str, fields: &BTreeMap<&str, &Node>) -> Option<Quantity> {
        Some(match name {
            "silence" => Quantity::Silence {
                announced: fields.get("announced").and_then(|n| self.flag(n)),
                hold: fields.get("hold").and_then(|n| self.flag(n)),
            },
            "overtalk" => Quantity::Overtalk {
                after_ms: match fields.get("after") {
                    Some(node) => self.duration(Some(node), node.place, "after")?,
                    None => 0,
                },
                backchannels: fields
                    .get("backchannels")
                    .and_then(|n| self.flag(n))
                    .unwrap_or(false),
            },
            "rate" => Quantity::Rate {
                units_min: fields.get("units_min").and_then(|n| self.number(n)).unwrap_or(0.0)
                    as u32,
            },
            "loudness" => Quantity::Loudness {
                relative: fields.get("relative").and_then(|n| self.flag(n)).unwrap_or(false),
            },
            "hold" => Quantity::Hold,
            "response" => Quantity::Response,
            "opening" => Quantity::Opening,
            "talk" => Quantity::Talk,
            _ => Quantity::Length,
        })
    }

    fn take(&mut self, node: &Node) -> Option<Take> {
        let text = self.text(node)?;
        Some(match text.as_str() {
            "each" => Take::Each,
            "first" => Take::First,
            "last" => Take::Last,
            "total" => Take::Total,
            "share" => Take::Share,
            "average" => Take::Average,
            number if number.parse::<usize>().is_ok_and(|n| n >= 1) => {
                Take::Nth(number.parse().ok()?)
            }
            _ => {
                let known = ["each", "first", "last", "2", "total", "share", "average"];
                self.remarks.unknown(node.place, "value to take", &text, known);
                return None;
            }
        })
    }

    /// A bound in the measure's own unit.
    fn measured(&mut self, quantity: Quantity, take: Take, node: &Node) -> Option<f64> {
        match (quantity, take) {
            (_, Take::Share) => {
                let text = self.text(node)?;
                let percent = units::percent(&text);
                if percent.is_none() {
                    self.remarks.error(node.place, format!("`{text}` is no share; write `30%`"));
                }
                percent
            }
            (Quantity::Rate { .. }, _) => self.number(node),
            (Quantity::Loudness { .. }, _) => {
                let number: Option<f64> = self.text(node)?.parse().ok();
                let number = number.filter(|n: &f64| n.abs() <= 120.0);
                if number.is_none() {
                    self.remarks.error(
                        node.place,
                        "decibels are a number: `-20` below full scale, or relative `6` above the own average",
                    );
                }
                number
            }
            _ => self.duration(Some(node), node.place, "bound").map(|ms| ms as f64),
        }
    }

    pub(super) fn repeat(&mut self, node: &'a Node, modifiers: &Modifiers<'a>) -> Option<RepeatOp> {
        let fields = self.fields(node, &["of", "at_least", "within", "units_min"])?;
        let of = match fields.get("of").and_then(|n| self.text(n)).as_deref() {
            None | Some("self") => RepeatOf::Own,
            Some("other") => RepeatOf::Other,
            Some(text) => {
                self.remarks.unknown(fields["of"].place, "voice", text, ["self", "other"]);
                return None;
            }
        };
        let at_least = fields.get("at_least").and_then(|n| self.number(n)).unwrap_or(ALIKE);
        if !(0.0..=1.0).contains(&at_least) {
            self.remarks.error(fields["at_least"].place, "likeness is a number from 0 to 1");
        }
        let within = match fields.get("within") {
            None => REPEAT_WITHIN,
            Some(node) => self.distance(node)?,
        };
        if matches!(within, Extent::Words(_)) {
            let message = "how far back is told in time, utterances or turns";
            self.remarks.error(fields["within"].place, message);
        }
        let units_min = fields.get("units_min").and_then(|n| self.number(n));
        let except =
            modifiers.get("except").map_or(Vec::new(), |node| self.phrases(node, Match::Phonetic));
        Some(RepeatOp {
            of,
            at_least: at_least as f32,
            within,
            units_min: units_min.unwrap_or(REPEAT_UNITS_MIN) as usize,
            except,
        })
    }
}

/// Whether a quantity has such a value.
fn fits(quantity: Quantity, take: Take) -> bool {
    match quantity {
        Quantity::Length | Quantity::Opening => take == Take::Each,
        Quantity::Rate { .. } | Quantity::Loudness { .. } | Quantity::Response => {
            !matches!(take, Take::Total | Take::Share)
        }
        _ => true,
    }
}

impl MeasureOp {
    /// Whether what is measured belongs to no party.
    pub(super) fn is_nobodys(&self) -> bool {
        matches!(self.quantity, Quantity::Silence { .. } | Quantity::Hold | Quantity::Length)
    }
}
