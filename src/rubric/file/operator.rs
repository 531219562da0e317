//! Reads operators: what stands under `phrase`, `silence`, `rate` and the like.
//!
//! In: an operator's node and the modifiers beside it. Out: an [`Op`], or remarks.

use crate::rubric::model::{Match, Need, Op, Phrase, PhraseOp, Test};

use super::diagnostic::Place;
use super::expr;
use super::read::{Modifiers, Reader};
use super::tree::{Key, Node, Value};

/// Exceptions are heard as the phrases are: what sounds like the one may sound like the other.
pub(crate) fn exception_mode(mode: Match) -> Match {
    match mode {
        Match::Similar(_) => Match::Phonetic,
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

    pub(super) fn silence(&mut self, node: &'a Node) -> Option<Op> {
        let fields = self.fields(node, &["longer_than", "announced", "hold"])?;
        let longer_ms =
            self.duration(fields.get("longer_than").copied(), node.place, "longer_than")?;
        let announced = fields.get("announced").and_then(|n| self.flag(n));
        let hold = fields.get("hold").and_then(|n| self.flag(n));
        Some(Op::Silence { longer_ms, announced, hold })
    }

    pub(super) fn overtalk(&mut self, node: &'a Node) -> Option<Op> {
        let fields = self.fields(node, &["after", "longer_than", "backchannels"])?;
        let mut ms = |name| match fields.get(name) {
            Some(node) => self.duration(Some(node), node.place, name),
            None => Some(0),
        };
        let (after_ms, longer_ms) = (ms("after")?, ms("longer_than")?);
        let backchannels = fields.get("backchannels").and_then(|n| self.flag(n)).unwrap_or(false);
        Some(Op::Overtalk { after_ms, longer_ms, backchannels })
    }

    pub(super) fn rate(&mut self, node: &'a Node) -> Option<Op> {
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

    pub(super) fn attribute(&mut self, node: &'a Node) -> Option<Op> {
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
}
