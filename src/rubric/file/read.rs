//! Reads conditions: one operator each, with the modifiers that all of them share.
//!
//! In: nodes of a file. Out: [`Condition`]s in an order in which each refers only to earlier ones.
//! Every mistake becomes a remark; reading goes on with what is left.

use std::collections::{BTreeMap, BTreeSet};

use crate::rubric::model::{CondIx, Condition, Extent, Match, Op, Relation, Times};

use super::diagnostic::{Place, Remarks};
use super::tree::{Key, Node, Value};

pub(super) const OPERATORS: [&str; 21] = [
    "phrase",
    "regex",
    "similar",
    "entity",
    "repeat",
    "silence",
    "overtalk",
    "hold",
    "response",
    "opening",
    "talk",
    "length",
    "rate",
    "loudness",
    "attribute",
    "any",
    "all",
    "none",
    "not",
    "order",
    "condition",
];
/// Modifiers that only operators on words take.
const OF_WORDS: [&str; 4] = ["except", "skip", "match", "need"];
pub(super) const MODIFIERS: [&str; 13] = [
    "by",
    "within",
    "after",
    "before",
    "around",
    "not_after",
    "not_before",
    "not_around",
    "except",
    "skip",
    "match",
    "need",
    "times",
];

/// What conditions of a file are read with.
pub(crate) struct Reader<'a> {
    pub(crate) remarks: Remarks,
    /// Phrase lists by name: those of the file and of the library.
    pub(crate) lists: BTreeMap<String, Vec<(Place, String)>>,
    pub(crate) lists_used: BTreeSet<String>,
    /// Named conditions as they were written.
    pub(crate) named: BTreeMap<String, &'a Node>,
    pub(crate) mode: Match,
    pub(crate) out: Vec<Condition>,
    done: BTreeMap<String, CondIx>,
    open: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(remarks: Remarks) -> Self {
        Self {
            remarks,
            lists: BTreeMap::new(),
            lists_used: BTreeSet::new(),
            named: BTreeMap::new(),
            mode: Match::Exact,
            out: Vec::new(),
            done: BTreeMap::new(),
            open: Vec::new(),
        }
    }

    /// Names of conditions that nothing has asked for.
    pub(crate) fn unused(&self) -> Vec<String> {
        self.named.keys().filter(|name| !self.done.contains_key(*name)).cloned().collect()
    }

    /// A condition by name, or written out in place.
    pub(crate) fn condition(&mut self, node: &'a Node, label: &str) -> Option<CondIx> {
        match &node.value {
            Value::Scalar(name) => self.by_name(node.place, name),
            Value::Map(entries) => self.written(node.place, entries, label),
            _ => {
                self.remarks
                    .error(node.place, "a condition is a name, or an operator with its modifiers");
                None
            }
        }
    }

    fn by_name(&mut self, place: Place, name: &str) -> Option<CondIx> {
        if let Some(&ix) = self.done.get(name) {
            return Some(ix);
        }
        if self.open.iter().any(|open| open == name) {
            let circle = self.open.join("` needs `");
            self.remarks.error(place, format!("conditions in a circle: `{circle}` needs `{name}`"));
            return None;
        }
        let Some(&node) = self.named.get(name) else {
            let known: Vec<String> = self.named.keys().cloned().collect();
            self.remarks.unknown(place, "condition", name, known.iter().map(String::as_str));
            return None;
        };
        self.open.push(name.to_owned());
        let ix = self.condition(node, name);
        self.open.pop();
        if let Some(ix) = ix {
            self.done.insert(name.to_owned(), ix);
        }
        ix
    }

    fn written(&mut self, place: Place, entries: &'a [(Key, Node)], label: &str) -> Option<CondIx> {
        let mut operator: Option<(&Key, &'a Node)> = None;
        for (key, node) in entries {
            if OPERATORS.contains(&key.name.as_str()) {
                if let Some((first, _)) = operator {
                    let message = format!(
                        "one operator a condition: `{}` stands here already; join them with `all` or `any`",
                        first.name
                    );
                    self.remarks.error(key.place, message);
                }
                operator.get_or_insert((key, node));
            } else if !MODIFIERS.contains(&key.name.as_str()) {
                let known = OPERATORS.into_iter().chain(MODIFIERS);
                self.remarks.unknown(key.place, "operator or modifier", &key.name, known);
            }
        }
        let Some((key, node)) = operator else {
            self.remarks
                .error(place, format!("a condition needs an operator: {}", OPERATORS.join(", ")));
            return None;
        };
        let modifiers = Modifiers(entries);
        // All parts are read before any is given up, so that every mistake is told at once.
        let op = self.operator(key, node, &modifiers, label);
        let by = self.party(&modifiers);
        let within = self.within(&modifiers);
        let relations = self.relations(&modifiers, label);
        let times = self.times(&modifiers);
        let mut condition =
            Condition { label: label.to_owned(), op: op?, by, within, relations, times };
        if !condition.op.has_hits() && condition.is_modified() {
            self.remarks.error(
                key.place,
                format!("`{}` has no hits to which a modifier could apply", key.name),
            );
        }
        if matches!(&condition.op, Op::Measure(op) if op.is_nobodys())
            && condition.by.take().is_some()
        {
            let message = format!("`by` says nothing about a `{}`", key.name);
            self.remarks.warning(place, message);
        }
        let by_words = |one: &Relation| matches!(one.within, Some(Extent::Words(_)));
        if matches!(condition.op, Op::Measure(_)) && condition.relations.iter().any(by_words) {
            let message = format!("a `{}` has no words to count from", key.name);
            self.remarks.error(key.place, message);
        }
        for (other, _) in
            entries.iter().filter(|(other, _)| OF_WORDS.contains(&other.name.as_str()))
        {
            let fits = match &condition.op {
                Op::Phrase(_) => true,
                Op::Repeat(_) => other.name == "except",
                _ => false,
            };
            if !fits {
                let message = format!("`{}` says nothing about `{}`", other.name, key.name);
                self.remarks.error(other.place, message);
            }
        }
        self.out.push(condition);
        Some(CondIx(self.out.len() - 1))
    }

    fn operator(
        &mut self,
        key: &Key,
        node: &'a Node,
        modifiers: &Modifiers<'a>,
        label: &str,
    ) -> Option<Op> {
        match key.name.as_str() {
            "phrase" | "regex" | "similar" | "entity" => {
                self.phrase(key, node, modifiers).map(Op::Phrase)
            }
            "repeat" => self.repeat(node, modifiers).map(Op::Repeat),
            "attribute" => self.attribute(node),
            "any" => self.any(node, label),
            "none" => {
                let op = self.conditions(node, label).map(Op::Any)?;
                let (by, within, relations) = (None, None, Vec::new());
                let times = Times::ONCE;
                let label = label.to_owned();
                self.out.push(Condition { label, op, by, within, relations, times });
                Some(Op::Not(CondIx(self.out.len() - 1)))
            }
            "all" => self.conditions(node, label).map(Op::All),
            "order" => self.conditions(node, label).map(Op::Order),
            "not" => self.condition(node, label).map(Op::Not),
            "condition" => self.condition(node, label).map(Op::Same),
            name => self.measure(name, node).map(Op::Measure),
        }
    }

    /// A list of conditions, or how many of a list.
    fn any(&mut self, node: &'a Node, label: &str) -> Option<Op> {
        if !matches!(&node.value, Value::Map(_)) {
            return self.conditions(node, label).map(Op::Any);
        }
        let fields = self.fields(node, &["of", "above", "below", "at_least", "at_most"])?;
        let Some(list) = fields.get("of") else {
            self.remarks.error(node.place, "`of` is missing: a list of conditions");
            return None;
        };
        let of = self.conditions(list, label)?;
        let (at_least, at_most) = self.counts(&fields);
        if at_least > of.len() {
            let message = format!("there are {} conditions, never {at_least}", of.len());
            self.remarks.error(node.place, message);
        }
        Some(Op::Some { of, at_least, at_most })
    }

    fn conditions(&mut self, node: &'a Node, label: &str) -> Option<Vec<CondIx>> {
        let Value::List(items) = &node.value else {
            self.remarks.error(node.place, "a list of conditions is wanted here");
            return None;
        };
        let read: Vec<Option<CondIx>> =
            items.iter().map(|item| self.condition(item, label)).collect();
        if items.is_empty() {
            self.remarks.error(node.place, "an empty list decides nothing");
            return None;
        }
        read.into_iter().collect()
    }
}

/// The keys beside an operator.
pub(super) struct Modifiers<'a>(&'a [(Key, Node)]);

impl<'a> Modifiers<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a Node> {
        self.0.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }
}

impl Op {
    /// Whether it yields hits that stand somewhere in the call.
    pub(crate) fn has_hits(&self) -> bool {
        !matches!(self, Op::Not(_) | Op::Attribute { .. })
    }
}

impl Condition {
    pub(crate) fn is_modified(&self) -> bool {
        self.by.is_some()
            || self.within.is_some()
            || !self.relations.is_empty()
            || self.times != Times::ONCE
    }
}
