//! Reads operators on words and on the sidecar: `phrase`, `regex`, `similar`, `entity`, `attribute`.
//!
//! In: an operator's node and the modifiers beside it. Out: an [`Op`], or remarks.

use crate::rubric::model::{Bounds, Extent, Match, Need, Op, Phrase, PhraseOp, Test, Together};
use crate::text::entity::EntityKind;

use super::diagnostic::Place;
use super::expr;
use super::read::{Modifiers, Reader};
use super::tree::{Key, Node, Value};

/// Exceptions are heard as the phrases are: what sounds like the one may sound like the other.
pub(crate) fn exception_mode(mode: Match) -> Match {
    match mode {
        Match::Similar(_) | Match::Entity | Match::Loose => Match::Phonetic,
        other => other,
    }
}

impl<'a> Reader<'a> {
    pub(super) fn phrase(
        &mut self,
        key: &Key,
        node: &'a Node,
        modifiers: &Modifiers<'a>,
    ) -> Option<PhraseOp> {
        let mode = match key.name.as_str() {
            "regex" => Match::Regex,
            "similar" => Match::Similar(0.8),
            "entity" => Match::Entity,
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
            together: None,
            mode,
            except,
            skip_quoted: false,
            skip_negated: false,
            skip_asked: false,
            phrases,
        };
        if let Some(node) = modifiers.get("need") {
            (op.need, op.together) = self.need(node);
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

    /// `any`, `all`, `2`, or `{at_least: 2, within: same utterance}`.
    fn need(&mut self, node: &Node) -> (Need, Option<Together>) {
        let count = |text: &str| match text {
            "any" => Some(Need::Any),
            "all" => Some(Need::All),
            _ => text.parse().ok().filter(|n| *n >= 1).map(Need::AtLeast),
        };
        let wrong = "`need` is any, all, a number, or `{at_least: 2, within: same utterance}`";
        let (text, place) = match &node.value {
            Value::Map(_) => {
                let fields = self.fields(node, &["at_least", "within"]).unwrap_or_default();
                let at_least = fields.get("at_least").and_then(|node| self.text(node));
                let place = match fields.get("within").and_then(|node| self.distance(node)) {
                    None => None,
                    Some(Extent::Utterances(0)) => Some(Together::Utterance),
                    Some(Extent::Turns(0)) => Some(Together::Turn),
                    Some(_) => {
                        let message = "here it is `same utterance` or `same turn`";
                        self.remarks.error(fields["within"].place, message);
                        None
                    }
                };
                (at_least, place)
            }
            _ => (self.text(node), None),
        };
        let need = text.as_deref().and_then(count);
        if need.is_none() {
            self.remarks.error(node.place, wrong);
        }
        (need.unwrap_or(Need::Any), place)
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
            "loose" => Some(Match::Loose),
            _ => {
                let known = ["exact", "phonetic", "loose"];
                self.remarks.unknown(node.place, "way to match", &text, known);
                None
            }
        }
    }

    /// Phrases written out, and those of the lists named with `$`.
    pub(super) fn phrases(&mut self, node: &Node, mode: Match) -> Vec<Phrase> {
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
            Match::Entity if EntityKind::parse(text).is_none() => {
                let known = EntityKind::ALL.iter().map(|kind| kind.as_str());
                self.remarks.unknown(place, "entity", text, known);
                return;
            }
            Match::Entity => Ok(Vec::new()),
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

    pub(super) fn attribute(&mut self, node: &'a Node) -> Option<Op> {
        let fields =
            self.fields(node, &["name", "is", "at_most", "at_least", "above", "below", "present"])?;
        let Some(name) = fields.get("name").and_then(|n| self.text(n)) else {
            self.remarks.error(node.place, "`attribute` needs a `name`");
            return None;
        };
        let bounds = self.bounds(&fields, |reader, node| reader.number(node));
        let given: Vec<&str> =
            ["is", "present"].into_iter().filter(|test| fields.contains_key(test)).collect();
        let test = match given[..] {
            [] if bounds != Bounds::default() => {
                return Some(Op::Attribute { name, test: Test::Number(bounds) });
            }
            [test] if bounds == Bounds::default() => test,
            _ => {
                let message =
                    "`attribute` needs `is`, `present`, or bounds: above, below, at_least, at_most";
                self.remarks.error(node.place, message);
                return None;
            }
        };
        let value = fields[test];
        let test = match test {
            "is" => Test::Is(self.words(value).into_iter().map(|(_, word)| word).collect()),
            _ => Test::Present(self.flag(value)?),
        };
        Some(Op::Attribute { name, test })
    }
}
