//! Reads files of dialogues, with every mistake told at its line.
//!
//! In: YAML text. Out: [`Dialogues`]. A `phrasings` entry is a dialogue a phrasing: the form in which
//! a criterion's many wordings are kept.

use crate::domain::{CallId, CallInfo, Direction, Language};

use super::super::file::{Diagnostic, Key, LoadError, Node, Place, Reader, Remarks, Value, parse};
use super::{Act, Dialogue, Dialogues, Expected, Judges, Manner, Turn, Who};

const FILE_KEYS: [&str; 4] = ["rubrics", "defaults", "dialogues", "phrasings"];
const CALL_KEYS: [&str; 6] = ["language", "direction", "client", "rings", "attributes", "rest"];
const OWN_KEYS: [&str; 9] =
    ["name", "about", "turns", "met", "not_met", "not_applicable", "either", "verdict", "score"];
const PHRASING_KEYS: [&str; 8] =
    ["criterion", "about", "before", "after", "by", "met", "not_met", "not_applicable"];
const VERDICTS: [&str; 5] = ["pass", "fail", "critical", "undetermined", "not_applicable"];
/// How a whole turn is written.
const ACTS: [&str; 8] = [
    "agent",
    "agent2",
    "agent_over",
    "agent_fast",
    "customer",
    "customer_over",
    "silence",
    "transfer",
];

/// Reads a file of dialogues; `language` is what they are in where none is said.
///
/// # Errors
/// [`LoadError`] with every mistake found, each with its place.
pub fn read(file: &str, text: &str, language: Option<&Language>) -> Result<Dialogues, LoadError> {
    let mut remarks = Remarks::new(file);
    match parse(text) {
        Ok(root) => dialogues(remarks, &root, language),
        Err((place, why)) => {
            remarks.error(place, why);
            Err(LoadError { diagnostics: remarks.into_sorted() })
        }
    }
}

/// Reads the dialogues under the key `tests` of a rubric; none: it has none.
///
/// # Errors
/// As [`read`].
pub fn inside(
    file: &str,
    text: &str,
    language: Option<&Language>,
) -> Result<Option<Dialogues>, LoadError> {
    let Ok(Node { value: Value::Map(entries), .. }) = parse(text) else { return Ok(None) };
    let tests = entries.iter().find(|(key, _)| key.name == "tests");
    tests.map(|(_, node)| dialogues(Remarks::new(file), node, language)).transpose()
}

fn dialogues(
    remarks: Remarks,
    root: &Node,
    language: Option<&Language>,
) -> Result<Dialogues, LoadError> {
    let mut reader = Reader::new(remarks);
    let mut judges = Judges::Beside;
    let mut list = Vec::new();
    if let Some(fields) = reader.fields(root, &FILE_KEYS) {
        if let Some(node) = fields.get("rubrics") {
            judges = match &node.value {
                Value::Scalar(text) if text == "built-in" => Judges::BuiltIn,
                _ => Judges::Named(reader.words(node).into_iter().map(|(_, name)| name).collect()),
            };
        }
        let mut base = Base::new(language);
        if let Some(node) = fields.get("defaults")
            && reader.fields(node, &CALL_KEYS).is_some()
        {
            base.read(&mut reader, node);
        }
        for node in items(&mut reader, fields.get("dialogues").copied()) {
            list.extend(dialogue(&mut reader, node, &base));
        }
        for node in items(&mut reader, fields.get("phrasings").copied()) {
            phrasings(&mut reader, node, &base, &mut list);
        }
    }
    let diagnostics: Vec<Diagnostic> = reader.remarks.into_sorted();
    if diagnostics.is_empty() {
        Ok(Dialogues { judges, list })
    } else {
        Err(LoadError { diagnostics })
    }
}

fn items<'n>(reader: &mut Reader<'_>, node: Option<&'n Node>) -> &'n [Node] {
    match node.map(|node| (&node.value, node.place)) {
        None => &[],
        Some((Value::List(items), _)) => items,
        Some((_, place)) => {
            reader.remarks.error(place, "a list is wanted here");
            &[]
        }
    }
}

/// What is known of a call from outside the speech.
#[derive(Clone)]
struct Base {
    info: CallInfo,
    language: Language,
    rest_not_applicable: bool,
}

impl Base {
    fn new(language: Option<&Language>) -> Self {
        let id = CallId::new("dialogue").expect("a plain word is an id");
        Self {
            info: CallInfo::unknown(id),
            language: language.cloned().unwrap_or_else(Language::chinese),
            rest_not_applicable: false,
        }
    }

    /// Takes what a map says of the call; its other keys are read elsewhere.
    fn read(&mut self, reader: &mut Reader<'_>, node: &Node) {
        let Value::Map(entries) = &node.value else { return };
        for (key, node) in entries {
            self.take(reader, key, node);
        }
        self.info.language = Some(self.language.clone());
    }

    fn take(&mut self, reader: &mut Reader<'_>, key: &Key, node: &Node) {
        match key.name.as_str() {
            "language" => {
                let tag = reader.text(node).and_then(|text| Language::new(&text));
                match tag {
                    Some(language) => self.language = language,
                    None => reader.remarks.error(node.place, "a language tag: zh or en"),
                }
            }
            "direction" => {
                self.info.direction = reader.text(node).and_then(|text| Direction::parse(&text));
                if self.info.direction.is_none() {
                    reader.remarks.error(node.place, "`direction` is inbound or outbound");
                }
            }
            "client" => self.info.client = reader.text(node),
            "rings" => self.info.rings = reader.number(node).map(|rings| rings as u32),
            "attributes" => self.attributes(reader, node),
            "rest" => match reader.text(node).as_deref() {
                Some("any") => self.rest_not_applicable = false,
                Some("not_applicable") => self.rest_not_applicable = true,
                _ => reader.remarks.error(node.place, "`rest` is any or not_applicable"),
            },
            _ => {}
        }
    }

    fn attributes(&mut self, reader: &mut Reader<'_>, node: &Node) {
        let Value::Map(entries) = &node.value else {
            reader.remarks.error(node.place, "attributes are a map of names to values");
            return;
        };
        for (key, node) in entries {
            let Some(value) = reader.text(node) else { continue };
            match key.name.as_str() {
                "vendor" => self.info.vendor = Some(value),
                "project" => self.info.project = Some(value),
                "queue" => self.info.queue = Some(value),
                "team" => self.info.team = Some(value),
                "agent_id" => self.info.agent_id = Some(value),
                "ring_s" => {
                    let ms = reader.number(node).map(|seconds| (seconds * 1000.0) as u64);
                    self.info.ring_ms = ms;
                }
                other => {
                    self.info.extra.insert(other.to_owned(), value);
                }
            }
        }
    }

    fn dialogue(&self, name: String, place: Place, turns: Vec<Turn>) -> Dialogue {
        let mut info = self.info.clone();
        info.language = Some(self.language.clone());
        Dialogue {
            name,
            place,
            info,
            language: self.language.clone(),
            turns,
            expected: std::collections::BTreeMap::new(),
            rest_not_applicable: self.rest_not_applicable,
            verdict: None,
            score: None,
        }
    }
}

fn dialogue(reader: &mut Reader<'_>, node: &Node, base: &Base) -> Option<Dialogue> {
    let known: Vec<&str> = CALL_KEYS.into_iter().chain(OWN_KEYS).collect();
    let fields = reader.fields(node, &known)?;
    let mut base = base.clone();
    base.read(reader, node);
    let name = match fields.get("name") {
        Some(name) => reader.text(name)?,
        None => format!("line {}", node.place.line),
    };
    let turns = turns(reader, fields.get("turns").copied());
    if turns.is_empty() {
        reader.remarks.error(node.place, "a dialogue needs `turns`");
    }
    let mut out = base.dialogue(name, node.place, turns);
    for (key, verdict) in [
        ("met", Some("met")),
        ("not_met", Some("not_met")),
        ("not_applicable", Some("not_applicable")),
        ("either", None),
    ] {
        let Some(names) = fields.get(key) else { continue };
        for (place, name) in reader.words(names) {
            let expected = Expected { place, verdict };
            if out.expected.insert(name.clone(), expected).is_some() {
                reader.remarks.error(place, format!("`{name}` is expected twice"));
            }
        }
    }
    if let Some(node) = fields.get("verdict") {
        let text = reader.text(node)?;
        if !VERDICTS.contains(&text.as_str()) {
            reader.remarks.unknown(node.place, "verdict", &text, VERDICTS);
        }
        out.verdict = Some((node.place, text));
    }
    if let Some(node) = fields.get("score") {
        out.score = reader.number(node).map(|score| (node.place, (score * 100.0).round() as i64));
    }
    Some(out)
}

/// One dialogue a phrasing: what stands before, the phrasing, what stands after.
fn phrasings(reader: &mut Reader<'_>, node: &Node, base: &Base, list: &mut Vec<Dialogue>) {
    let known: Vec<&str> = CALL_KEYS.into_iter().chain(PHRASING_KEYS).collect();
    let Some(fields) = reader.fields(node, &known) else { return };
    let mut base = base.clone();
    base.read(reader, node);
    let Some(criterion) = fields.get("criterion").and_then(|node| reader.text(node)) else {
        reader.remarks.error(node.place, "phrasings need a `criterion`");
        return;
    };
    let by = fields.get("by").map_or(Some("agent".to_owned()), |node| reader.text(node));
    let before = turns(reader, fields.get("before").copied());
    let after = turns(reader, fields.get("after").copied());
    let mut any = false;
    for verdict in ["met", "not_met", "not_applicable"] {
        let Some(texts) = fields.get(verdict) else { continue };
        for (place, text) in reader.words(texts) {
            any = true;
            let name = format!("{criterion}: {text}");
            let said = by.as_deref().and_then(|by| act(by, text));
            let Some(said) = said else {
                reader.remarks.error(node.place, "`by` is agent, agent2 or customer");
                return;
            };
            let phrasing = [Turn { place, act: said }];
            let turns = before.iter().cloned().chain(phrasing).chain(after.iter().cloned());
            let mut out = base.dialogue(name, place, turns.collect());
            out.rest_not_applicable = false;
            out.expected.insert(criterion.clone(), Expected { place, verdict: Some(verdict) });
            list.push(out);
        }
    }
    if !any {
        reader
            .remarks
            .error(node.place, "phrasings need texts under met, not_met or not_applicable");
    }
}

fn turns(reader: &mut Reader<'_>, node: Option<&Node>) -> Vec<Turn> {
    items(reader, node).iter().filter_map(|item| turn(reader, item)).collect()
}

fn turn(reader: &mut Reader<'_>, node: &Node) -> Option<Turn> {
    let Value::Map(entries) = &node.value else {
        reader.remarks.error(node.place, format!("a turn is one of {}", ACTS.join(", ")));
        return None;
    };
    let [(key, value)] = entries.as_slice() else {
        reader.remarks.error(node.place, "one thing a turn: begin the next with its own dash");
        return None;
    };
    let text = reader.text(value)?;
    if matches!(key.name.as_str(), "silence" | "transfer") && duration_ms(&text).is_none() {
        let message = format!("`{text}` is no duration; write `12`, for seconds, or `800ms`");
        reader.remarks.error(value.place, message);
        return None;
    }
    match act(&key.name, text) {
        Some(act) => Some(Turn { place: value.place, act }),
        None => {
            reader.remarks.unknown(key.place, "kind of turn", &key.name, ACTS);
            None
        }
    }
}

fn act(name: &str, text: String) -> Option<Act> {
    use {Manner::*, Who::*};
    let says = |who, manner, text| Some(Act::Says { who, text, manner });
    match name {
        "agent" => says(Agent, Plain, text),
        "agent2" => says(SecondAgent, Plain, text),
        "agent_over" => says(Agent, Over, text),
        "agent_fast" => says(Agent, Fast, text),
        "customer" => says(Customer, Plain, text),
        "customer_over" => says(Customer, Over, text),
        "silence" => duration_ms(&text).map(Act::Silence),
        "transfer" => duration_ms(&text).map(Act::Hold),
        _ => None,
    }
}

/// `12` (seconds), `12s`, `800ms`.
fn duration_ms(text: &str) -> Option<u64> {
    let seconds = || text.parse::<f64>().ok().filter(|s| (0.0..=3600.0).contains(s));
    seconds().map(|s| (s * 1000.0) as u64).or_else(|| super::super::file::duration_ms(text))
}
