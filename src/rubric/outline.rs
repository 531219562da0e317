//! What a rubric file says, with every name resolved: conditions stand where they are used, and phrase
//! lists are their phrases. It is what people are shown, and what two versions are compared by.
//!
//! In: the file a rubric was read from. Out: [`Outline`]. It follows the file and not the compiled form,
//! so that an operator needs nothing here to be shown.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{Library, LoadError, Node, Value, load, parse};
use super::model::Rubric;

/// A rubric and its conditions as they were written.
#[derive(Debug)]
pub struct Outline {
    /// The rubric.
    pub rubric: Rubric,
    /// Lines of its head that are neither names nor conditions, by key: `pass_mark`, `applies`.
    pub head: BTreeMap<String, String>,
    /// What decides each section's and each criterion's case, in the rubric's order.
    pub criteria: Vec<Deciding>,
    /// When each section applies, in the rubric's order.
    pub sections: Vec<Option<Clause>>,
    /// Conditions with a name, in the file's order.
    pub named: Vec<(String, Clause)>,
}

/// What a criterion is decided by.
#[derive(Debug)]
pub struct Deciding {
    /// What it applies to; absent: every call.
    pub when: Option<Clause>,
    /// What makes it graver, by `major_when` or `critical_when`.
    pub graver: Vec<(String, Clause)>,
    /// Whether `rule` is what must be (`met`), or what must not be (`violated_by`).
    pub wanted: bool,
    /// The rule.
    pub rule: Clause,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// The file's name for it, if it has one.
    pub name: Option<String>,
    /// Its operator and modifiers.
    pub parts: Vec<(String, Part)>,
}

impl Clause {
    /// It as JSON: as its file has it, names resolved.
    pub fn json(&self) -> serde_json::Value {
        fn part(one: &Part) -> serde_json::Value {
            match one {
                Part::Plain(text) => text.as_str().into(),
                Part::Phrases { all, .. } => all.iter().map(String::as_str).collect(),
                Part::Clause(clause) => clause.json(),
                Part::List(items) => items.iter().map(part).collect(),
                Part::Map(entries) => {
                    entries.iter().map(|(key, one)| (key.clone(), part(one))).collect()
                }
            }
        }
        let written = self.parts.iter().filter(|(key, _)| key != INHERITED);
        written.map(|(key, one)| (key.clone(), part(one))).collect()
    }
}

/// What stands under a key of a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// A word, a number, a window.
    Plain(String),
    /// Phrases.
    Phrases {
        /// As the file has them: `$hello`.
        written: Vec<String>,
        /// All of them, lists resolved, in the order of the lists.
        all: Vec<String>,
    },
    /// Another condition.
    Clause(Clause),
    /// Several of them, or of words.
    List(Vec<Part>),
    /// Parameters.
    Map(Vec<(String, Part)>),
}

/// Keys under which words stand that are no names of conditions.
const PLAIN: [&str; 12] = [
    "by", "within", "match", "need", "skip", "times", "name", "hit", "unit", "is", "take", "entity",
];
/// The key under which a phrase has the file's way to match; an own one stands under `match`.
pub const INHERITED: &str = "(match)";
/// Keys under which conditions stand. Elsewhere a map has parameters, some of them named like operators.
const HOLDS_CONDITIONS: [&str; 13] = [
    "any",
    "all",
    "none",
    "not",
    "order",
    "condition",
    "of",
    "after",
    "before",
    "around",
    "not_after",
    "not_before",
    "not_around",
];
/// Keys under which phrases stand.
const PHRASES: [&str; 5] = ["phrase", "regex", "similar", "to", "except"];

impl Outline {
    /// Reads a rubric file.
    ///
    /// # Errors
    /// [`LoadError`] when it cannot be used.
    pub fn read(file: &str, text: &str, library: &Library) -> Result<Self, LoadError> {
        let rubric = load(file, text, library)?;
        // It has been read once, so it can be read again.
        let root = parse(text).unwrap_or_else(|_| Node::nothing());
        let resolver = Resolver::new(&root, library);
        let head = resolver.head(&root);
        let sections = rubric
            .sections
            .iter()
            .map(|section| {
                let when = field(field(field(&root, "sections")?, &section.id)?, "when")?;
                Some(resolver.clause(when))
            })
            .collect();
        let items = match field(&root, "criteria").map(|node| &node.value) {
            Some(Value::List(items)) => &items[..],
            _ => &[],
        };
        let criteria = items.iter().map(|item| resolver.deciding(item)).collect();
        let named = match field(&root, "conditions").map(|node| &node.value) {
            Some(Value::Map(entries)) => entries
                .iter()
                .map(|(key, node)| (key.name.clone(), resolver.clause(node)))
                .collect(),
            _ => Vec::new(),
        };
        Ok(Self { rubric, head, criteria, sections, named })
    }
}

fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
}

struct Resolver<'n> {
    named: BTreeMap<&'n str, &'n Node>,
    lists: BTreeMap<String, Vec<String>>,
    /// How phrases are heard where a condition does not say.
    mode: String,
}

impl<'n> Resolver<'n> {
    fn new(root: &'n Node, library: &Library) -> Self {
        let mut lists = BTreeMap::new();
        let uses = field(root, "uses").map_or_else(Vec::new, words);
        let shared = uses.iter().filter_map(|name| parse(library.text(name)?).ok());
        let shared: Vec<Node> = shared.collect();
        for node in shared.iter().chain(field(root, "phrases")) {
            if let Value::Map(entries) = &node.value {
                lists.extend(entries.iter().map(|(key, node)| (key.name.clone(), words(node))));
            }
        }
        let named = match field(root, "conditions").map(|node| &node.value) {
            Some(Value::Map(entries)) => {
                entries.iter().map(|(key, node)| (key.name.as_str(), node)).collect()
            }
            _ => BTreeMap::new(),
        };
        let mode = field(root, "match").map_or_else(|| "exact".to_owned(), plain);
        Self { named, lists, mode }
    }

    fn head(&self, root: &Node) -> BTreeMap<String, String> {
        let Value::Map(entries) = &root.value else { return BTreeMap::new() };
        let elsewhere =
            ["rubric", "uses", "phrases", "conditions", "sections", "criteria", "title"];
        let kept = entries.iter().filter(|(key, _)| !elsewhere.contains(&key.name.as_str()));
        kept.map(|(key, node)| (key.name.clone(), plain(node))).collect()
    }

    fn deciding(&self, item: &Node) -> Deciding {
        let clause = |name: &str| field(item, name).map(|node| self.clause(node));
        let graver = ["critical_when", "major_when"].into_iter().filter_map(|name| {
            let node = field(field(item, "severity")?, name)?;
            Some((name.to_owned(), self.clause(node)))
        });
        let (wanted, rule) = match clause("met") {
            Some(rule) => (true, Some(rule)),
            None => (false, clause("violated_by")),
        };
        Deciding {
            when: clause("when"),
            graver: graver.collect(),
            wanted,
            rule: rule.unwrap_or(Clause { name: None, parts: Vec::new() }),
        }
    }

    fn clause(&self, node: &Node) -> Clause {
        match &node.value {
            Value::Scalar(name) => {
                let inner = self.named.get(name.as_str()).map(|node| self.clause(node));
                let parts = inner.map_or_else(Vec::new, |clause| clause.parts);
                Clause { name: Some(name.clone()), parts }
            }
            Value::Map(entries) => Clause { name: None, parts: self.parts(entries) },
            _ => Clause { name: None, parts: Vec::new() },
        }
    }

    fn parts(&self, entries: &[(super::file::Key, Node)]) -> Vec<(String, Part)> {
        let mut parts: Vec<(String, Part)> = entries
            .iter()
            .map(|(key, node)| (key.name.clone(), self.part(&key.name, node)))
            .collect();
        let has = |name: &str| parts.iter().any(|(key, _)| key == name);
        if has("phrase") && !has("match") {
            // A change of the file's default changes every condition that leans on it.
            parts.push((INHERITED.to_owned(), Part::Plain(self.mode.clone())));
        }
        parts
    }

    fn part(&self, key: &str, node: &Node) -> Part {
        match &node.value {
            _ if PHRASES.contains(&key) && !matches!(node.value, Value::Map(_)) => {
                let (written, mut all) = (words(node), Vec::new());
                written.iter().for_each(|word| self.expand(word, &mut all, 0));
                let mut seen = BTreeSet::new();
                all.retain(|phrase| seen.insert(phrase.clone()));
                Part::Phrases { written, all }
            }
            Value::Scalar(name)
                if !PLAIN.contains(&key) && self.named.contains_key(name.as_str()) =>
            {
                Part::Clause(self.clause(node))
            }
            Value::Scalar(text) => Part::Plain(text.clone()),
            Value::List(items) => {
                Part::List(items.iter().map(|item| self.part(key, item)).collect())
            }
            Value::Map(entries) if HOLDS_CONDITIONS.contains(&key) && is_condition(entries) => {
                Part::Clause(self.clause(node))
            }
            Value::Map(entries) => Part::Map(self.parts(entries)),
            Value::Null => Part::Plain(String::new()),
        }
    }

    fn expand(&self, word: &str, out: &mut Vec<String>, depth: usize) {
        match word.strip_prefix('$').and_then(|name| self.lists.get(name)) {
            // The loader has refused circles.
            Some(list) if depth < 16 => list.iter().for_each(|w| self.expand(w, out, depth + 1)),
            _ => out.push(word.to_owned()),
        }
    }
}

fn is_condition(entries: &[(super::file::Key, Node)]) -> bool {
    entries.iter().any(|(key, _)| super::file::keys::is_operator(&key.name))
}

fn words(node: &Node) -> Vec<String> {
    match &node.value {
        Value::Scalar(text) => vec![text.clone()],
        Value::List(items) => items.iter().flat_map(words).collect(),
        _ => Vec::new(),
    }
}

/// A value in one line.
fn plain(node: &Node) -> String {
    match &node.value {
        Value::Null => String::new(),
        Value::Scalar(text) => text.clone(),
        Value::List(items) => {
            format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let mut all: Vec<String> = entries
                .iter()
                .map(|(key, node)| format!("{}: {}", key.name, plain(node)))
                .collect();
            all.sort();
            all.join(", ")
        }
    }
}
