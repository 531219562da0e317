//! Reads conditions: one operator each, with the modifiers that all of them share.
//!
//! In: nodes of a file. Out: [`Condition`]s in an order in which each refers only to earlier ones.
//! Every mistake becomes a remark; reading goes on with what is left.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::Party;
use crate::rubric::model::{
    CondIx, Condition, Match, Need, Op, Phrase, PhraseOp, Relation, Side, Test, Times, Unit, Which,
};

use super::diagnostic::{Place, Remarks};
use super::expr;
use super::tree::{Key, Node, Value};
use super::units;

const OPERATORS: [&str; 12] = [
    "phrase",
    "regex",
    "similar",
    "silence",
    "overtalk",
    "rate",
    "attribute",
    "any",
    "all",
    "not",
    "order",
    "condition",
];
const MODIFIERS: [&str; 13] = [
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
        let op = self.operator(key, node, &modifiers, label)?;
        let mut condition = Condition {
            label: label.to_owned(),
            by: self.party(&modifiers),
            within: self.within(&modifiers),
            relations: self.relations(&modifiers, label),
            times: self.times(&modifiers),
            op,
        };
        if !condition.op.has_hits() && condition.is_modified() {
            self.remarks.error(
                key.place,
                format!("`{}` has no hits to which a modifier could apply", key.name),
            );
        }
        if matches!(condition.op, Op::Silence { .. }) && condition.by.take().is_some() {
            self.remarks.warning(place, "`by` says nothing about a silence");
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
            "phrase" | "regex" | "similar" => self.phrase(key, node, modifiers).map(Op::Phrase),
            "silence" => self.silence(node),
            "overtalk" => self.overtalk(node),
            "rate" => self.rate(node),
            "attribute" => self.attribute(node),
            "any" => self.conditions(node, label).map(Op::Any),
            "all" => self.conditions(node, label).map(Op::All),
            "order" => self.conditions(node, label).map(Op::Order),
            "not" => self.condition(node, label).map(Op::Not),
            _ => self.condition(node, label).map(Op::Same),
        }
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

    fn phrase(&mut self, key: &Key, node: &'a Node, modifiers: &Modifiers<'a>) -> Option<PhraseOp> {
        let mode = match key.name.as_str() {
            "regex" => Match::Regex,
            "similar" => Match::Similar(0.8),
            _ => self.mode(modifiers),
        };
        let (node, mode) = match (&node.value, mode) {
            (Value::Map(_), Match::Similar(_)) => {
                let fields = self.fields(node, &["to", "at_least"])?;
                let least = fields.get("at_least").and_then(|n| self.number(n)).unwrap_or(0.8);
                (*fields.get("to")?, Match::Similar(least.clamp(0.0, 1.0) as f32))
            }
            _ => (node, mode),
        };
        let phrases = self.phrases(node, mode);
        let except = modifiers
            .get("except")
            .map_or(Vec::new(), |node| self.phrases(node, exception_mode(mode)));
        let mut op = PhraseOp {
            need: Need::Any,
            mode,
            except,
            skip_quoted: false,
            skip_negated: false,
            skip_asked: false,
            phrases,
        };
        if let Some(node) = modifiers.get("need") {
            op.need = match &node.value {
                Value::Scalar(text) if text == "any" => Need::Any,
                Value::Scalar(text) if text == "all" => Need::All,
                Value::Scalar(text) if text.parse::<usize>().is_ok_and(|n| n >= 1) => {
                    Need::AtLeast(text.parse().unwrap_or(1))
                }
                _ => {
                    self.remarks.error(node.place, "`need` is any, all or a number");
                    Need::Any
                }
            };
        }
        for (place, word) in modifiers.get("skip").map_or(Vec::new(), |node| self.words(node)) {
            match word.as_str() {
                "quoted" => op.skip_quoted = true,
                "negated" => op.skip_negated = true,
                "asked" => op.skip_asked = true,
                _ => self.remarks.unknown(place, "guard", &word, ["quoted", "negated", "asked"]),
            }
        }
        (!op.phrases.is_empty()).then_some(op)
    }

    fn mode(&mut self, modifiers: &Modifiers<'a>) -> Match {
        let Some(node) = modifiers.get("match") else { return self.mode };
        match self.match_mode(node) {
            Some(mode) => mode,
            None => self.mode,
        }
    }

    pub(crate) fn match_mode(&mut self, node: &Node) -> Option<Match> {
        let text = self.text(node)?;
        match text.as_str() {
            "exact" => Some(Match::Exact),
            "phonetic" => Some(Match::Phonetic),
            _ => {
                self.remarks.unknown(node.place, "way to match", &text, ["exact", "phonetic"]);
                None
            }
        }
    }

    /// Phrases written out, and those of the lists named with `$`.
    fn phrases(&mut self, node: &Node, mode: Match) -> Vec<Phrase> {
        let mut out: Vec<Phrase> = Vec::new();
        for (place, text) in self.words(node) {
            self.expand(place, &text, mode, &mut out, 0);
        }
        out
    }

    fn expand(
        &mut self,
        place: Place,
        text: &str,
        mode: Match,
        out: &mut Vec<Phrase>,
        depth: usize,
    ) {
        if let Some(name) = text.strip_prefix('$') {
            let Some(list) = self.lists.get(name).cloned() else {
                let known: Vec<String> = self.lists.keys().cloned().collect();
                self.remarks.unknown(place, "phrase list", name, known.iter().map(String::as_str));
                return;
            };
            self.lists_used.insert(name.to_owned());
            if depth > 8 {
                self.remarks.error(place, format!("phrase lists in a circle at `{name}`"));
                return;
            }
            for (at, item) in list {
                // A mistake inside a shared list is told at the place that uses it.
                let at = if at == Place::START { place } else { at };
                self.expand(at, &item, mode, out, depth + 1);
            }
            return;
        }
        let segments = match mode {
            Match::Regex => match regex::Regex::new(text) {
                Ok(_) => Ok(Vec::new()),
                Err(error) => Err(error.to_string()),
            },
            _ => expr::parse(text),
        };
        match segments {
            Ok(segments) if !out.iter().any(|phrase| phrase.text == text) => {
                out.push(Phrase { text: text.to_owned(), segments });
            }
            Ok(_) => self.remarks.warning(place, format!("`{text}` stands here twice")),
            Err(why) => self.remarks.error(place, format!("`{text}`: {why}")),
        }
    }

    fn silence(&mut self, node: &'a Node) -> Option<Op> {
        let fields = self.fields(node, &["longer_than", "announced", "hold"])?;
        let longer_ms =
            self.duration(fields.get("longer_than").copied(), node.place, "longer_than")?;
        let announced = fields.get("announced").and_then(|n| self.flag(n));
        let hold = fields.get("hold").and_then(|n| self.flag(n));
        Some(Op::Silence { longer_ms, announced, hold })
    }

    fn overtalk(&mut self, node: &'a Node) -> Option<Op> {
        let fields = self.fields(node, &["after", "longer_than", "backchannels"])?;
        let mut ms = |name| match fields.get(name) {
            Some(node) => self.duration(Some(node), node.place, name),
            None => Some(0),
        };
        let (after_ms, longer_ms) = (ms("after")?, ms("longer_than")?);
        let backchannels = fields.get("backchannels").and_then(|n| self.flag(n)).unwrap_or(false);
        Some(Op::Overtalk { after_ms, longer_ms, backchannels })
    }

    fn rate(&mut self, node: &'a Node) -> Option<Op> {
        let fields = self.fields(node, &["above", "below", "units_min", "average"])?;
        let above = fields.get("above").and_then(|n| self.number(n)).map(|n| n as f32);
        let below = fields.get("below").and_then(|n| self.number(n)).map(|n| n as f32);
        let units_min = fields.get("units_min").and_then(|n| self.number(n)).unwrap_or(0.0) as u32;
        let average = fields.get("average").and_then(|n| self.flag(n)).unwrap_or(false);
        if above.is_none() == below.is_none() {
            self.remarks
                .error(node.place, "`rate` needs one of `above` and `below`, in units a minute");
            return None;
        }
        Some(Op::Rate { above, below, units_min, average })
    }

    fn attribute(&mut self, node: &'a Node) -> Option<Op> {
        let tests = ["is", "at_most", "at_least", "above", "below", "present"];
        let fields =
            self.fields(node, &["name", "is", "at_most", "at_least", "above", "below", "present"])?;
        let Some(name) = fields.get("name").and_then(|n| self.text(n)) else {
            self.remarks.error(node.place, "`attribute` needs a `name`");
            return None;
        };
        let given: Vec<&str> = tests.into_iter().filter(|test| fields.contains_key(test)).collect();
        let [test] = given[..] else {
            self.remarks
                .error(node.place, format!("`attribute` needs one of {}", tests.join(", ")));
            return None;
        };
        let value = fields[test];
        let test = match test {
            "is" => Test::Is(self.words(value).into_iter().map(|(_, word)| word).collect()),
            "at_most" => Test::AtMost(self.number(value)?),
            "at_least" => Test::AtLeast(self.number(value)?),
            "above" => Test::Above(self.number(value)?),
            "below" => Test::Below(self.number(value)?),
            _ => Test::Present,
        };
        Some(Op::Attribute { name, test })
    }

    fn party(&mut self, modifiers: &Modifiers<'a>) -> Option<Party> {
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

    fn within(&mut self, modifiers: &Modifiers<'a>) -> Option<crate::rubric::model::Window> {
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

    fn relations(&mut self, modifiers: &Modifiers<'a>, label: &str) -> Vec<Relation> {
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

    fn times(&mut self, modifiers: &Modifiers<'a>) -> Times {
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

/// Exceptions are heard as the phrases are: what sounds like the one may sound like the other.
pub(crate) fn exception_mode(mode: Match) -> Match {
    match mode {
        Match::Similar(_) => Match::Phonetic,
        other => other,
    }
}

/// Plain values.
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

    fn flag(&mut self, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Scalar(text) if matches!(text.as_str(), "true" | "yes") => Some(true),
            Value::Scalar(text) if matches!(text.as_str(), "false" | "no") => Some(false),
            _ => {
                self.remarks.error(node.place, "yes or no is wanted here");
                None
            }
        }
    }

    fn duration(&mut self, node: Option<&Node>, place: Place, name: &str) -> Option<u64> {
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

struct Modifiers<'a>(&'a [(Key, Node)]);

impl<'a> Modifiers<'a> {
    fn get(&self, name: &str) -> Option<&'a Node> {
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
    fn is_modified(&self) -> bool {
        self.by.is_some()
            || self.within.is_some()
            || !self.relations.is_empty()
            || self.times != Times::ONCE
    }
}
