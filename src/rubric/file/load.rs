//! From a file's text to a [`Rubric`].

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::domain::{Language, Points, RubricId};
use crate::rubric::model::{Applies, Criterion, FailsOn, OnCritical, Rubric, Section, Title};

use super::diagnostic::{Diagnostic, Level, LoadError, Place, Remarks};
use super::read::Reader;
use super::source::RubricSource;
use super::tree::{self, Key, Node, Value};

/// Files of phrase lists that rubrics may use, by the name that `uses` gives them.
#[derive(Debug, Clone, Default)]
pub struct Library {
    files: BTreeMap<String, String>,
}

impl Library {
    /// Adds a file's text under a name.
    #[must_use]
    pub fn with(mut self, name: &str, text: &str) -> Self {
        self.files.insert(name.to_owned(), text.to_owned());
        self
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }
}

/// Reads a rubric.
///
/// # Errors
/// [`LoadError`] with every mistake found, each with its place.
pub fn load(file: &str, text: &str, library: &Library) -> Result<Rubric, LoadError> {
    let (rubric, diagnostics) = read(file, text, library);
    match rubric {
        Some(rubric) if diagnostics.iter().all(|d| d.level != Level::Error) => Ok(rubric),
        _ => Err(LoadError { diagnostics }),
    }
}

/// All remarks on a file, warnings too: what `rubric check` prints. None: nothing to say against it.
pub fn check(file: &str, text: &str, library: &Library) -> Vec<Diagnostic> {
    read(file, text, library).1
}

pub(crate) const KEYS: [&str; 16] = [
    "rubric",
    "version",
    "title",
    "language",
    "applies",
    "pass_mark",
    "on_critical",
    "fails_on",
    "confidence_min",
    "match",
    "uses",
    "phrases",
    "conditions",
    "sections",
    "criteria",
    // Dialogues: `rubric::dialogue` reads them.
    "tests",
];

fn read(file: &str, text: &str, library: &Library) -> (Option<Rubric>, Vec<Diagnostic>) {
    let mut remarks = Remarks::new(file);
    let root = match tree::parse(text) {
        Ok(root) => root,
        Err((place, why)) => {
            remarks.error(place, why);
            return (None, remarks.into_sorted());
        }
    };
    let mut reader = Reader::new(remarks);
    let rubric = rubric(&mut reader, &root, (file, text), library);
    (rubric, reader.remarks.into_sorted())
}

/// What sections may hold.
pub(super) const SECTION_KEYS: [&str; 3] = ["title", "weight", "when"];

fn rubric<'a>(
    reader: &mut Reader<'a>,
    root: &'a Node,
    (file, text): (&str, &str),
    library: &Library,
) -> Option<Rubric> {
    let fields = reader.fields(root, &KEYS)?;
    for needed in ["rubric", "version", "title", "criteria"] {
        if !fields.contains_key(needed) {
            reader.remarks.error(root.place, format!("`{needed}` is missing"));
        }
    }
    let mut digest = Sha256::new_with_prefix(text.as_bytes());
    let used = uses(reader, fields.get("uses").copied(), library, &mut digest);
    lists(reader, fields.get("phrases").copied(), None);
    if let Some(mode) = fields.get("match").and_then(|node| reader.match_mode(node)) {
        reader.mode = mode;
    }
    if let Some(node) = fields.get("conditions") {
        named_conditions(reader, node);
    }
    let sections = fields.get("sections").map_or_else(Vec::new, |node| sections(reader, node));
    let criteria = fields.get("criteria").map(|node| reader.criteria(node, &sections));
    if let Some(criteria) = &criteria {
        section_use(reader, fields.get("sections").copied(), &sections, criteria);
    }
    unused(reader);
    let id = fields.get("rubric").and_then(|node| id(reader, node));
    let version = fields.get("version").and_then(|node| version(reader, node));
    let title = fields.get("title").and_then(|node| reader.title(node));
    let pass_mark = fields.get("pass_mark").and_then(|node| reader.up_to(node, 100.0));
    let floor = fields.get("confidence_min").and_then(|node| reader.up_to(node, 1.0));
    let language = fields.get("language").and_then(|node| language(reader, node));
    let applies = fields.get("applies").map_or_else(Applies::default, |node| reader.applies(node));
    let on_critical = fields.get("on_critical").and_then(|node| on_critical(reader, node));
    let fails_on = fields.get("fails_on").map_or_else(FailsOn::default, |n| fails_on(reader, n));
    Some(Rubric {
        id: id?,
        version: version?,
        title: title?,
        language,
        applies,
        pass_mark: pass_mark.and_then(Points::from_f64).unwrap_or_default(),
        on_critical: on_critical.unwrap_or_default(),
        fails_on,
        confidence_min: floor.map_or(CONFIDENCE_MIN, |floor| floor as f32),
        sections,
        criteria: criteria?,
        digest: hex(&digest.finalize()),
        source: Arc::new(RubricSource {
            file: file.to_owned(),
            text: text.to_owned(),
            lists: used,
        }),
        conditions: std::mem::take(&mut reader.out),
    })
}

/// Warns of what nothing uses: most often a slip of the pen elsewhere.
fn unused(reader: &mut Reader<'_>) {
    for name in reader.unused() {
        let place = reader.named[&name].place;
        reader.remarks.warning(place, format!("nothing uses the condition `{name}`"));
    }
    for (name, list) in reader.lists.clone() {
        // Shared lists serve several rubrics: not each uses all.
        let own = list.first().map(|(place, _)| *place).filter(|place| *place != Place::START);
        if let (Some(place), false) = (own, reader.lists_used.contains(&name)) {
            reader.remarks.warning(place, format!("nothing uses the phrase list `{name}`"));
        }
    }
}

/// Sections must be used, and all of those that are have weights, or none has.
fn section_use(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    sections: &[Section],
    criteria: &[Criterion],
) {
    let Some(Node { value: Value::Map(entries), .. }) = node else { return };
    let weighted = sections.iter().any(|section| section.weight.is_some());
    for (ix, section) in sections.iter().enumerate() {
        let entry = entries.iter().find(|(key, _)| key.name == section.id);
        let place = entry.map_or(Place::START, |(key, _)| key.place);
        if !criteria.iter().any(|criterion| criterion.section == Some(ix)) {
            reader.remarks.warning(place, format!("no criterion is in `{}`", section.id));
        } else if weighted && section.weight.is_none() {
            let message = format!("`{}` has no weight: all sections have one, or none", section.id);
            reader.remarks.error(place, message);
        }
    }
}

fn version(reader: &mut Reader<'_>, node: &Node) -> Option<u32> {
    let number = reader.number(node)?;
    if number.fract() != 0.0 || !(1.0..=f64::from(u32::MAX)).contains(&number) {
        reader.remarks.error(node.place, "a version is a whole number from 1");
        return None;
    }
    Some(number as u32)
}

fn on_critical(reader: &mut Reader<'_>, node: &Node) -> Option<OnCritical> {
    let text = reader.wording(node)?;
    match text.as_str() {
        "keep" => Some(OnCritical::Keep),
        "zero" => Some(OnCritical::Zero),
        _ => {
            reader.remarks.unknown(node.place, "answer to a failure", &text, ["keep", "zero"]);
            None
        }
    }
}

fn fails_on(reader: &mut Reader<'_>, node: &Node) -> FailsOn {
    let mut out = FailsOn::default();
    let Some(fields) = reader.fields(node, &["major", "minor"]) else { return out };
    let mut read = |name: &str, to: &mut Option<u32>| {
        let Some(node) = fields.get(name) else { return };
        match &node.value {
            Value::Scalar(word) if word == "never" => *to = None,
            Value::Scalar(word) if word.parse::<u32>().is_ok_and(|n| n >= 1) => {
                *to = word.parse().ok();
            }
            _ => reader.remarks.error(node.place, "a whole number from 1, or `never`"),
        }
    };
    read("major", &mut out.major);
    read("minor", &mut out.minor);
    out
}

/// Below this mean confidence even a native speaker would guess at a transcript's words.
const CONFIDENCE_MIN: f32 = 0.3;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the shared phrase lists; gives their texts by name.
fn uses(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    library: &Library,
    digest: &mut Sha256,
) -> BTreeMap<String, String> {
    let mut used = BTreeMap::new();
    let Some(node) = node else { return used };
    for (place, name) in reader.words(node) {
        let Some(text) = library.files.get(&name) else {
            reader.remarks.unknown(
                place,
                "file of phrase lists",
                &name,
                library.files.keys().map(String::as_str),
            );
            continue;
        };
        digest.update(text.as_bytes());
        used.insert(name.clone(), text.clone());
        match tree::parse(text) {
            Ok(root) => lists(reader, Some(&root), Some(place)),
            Err((at, why)) => {
                let message = format!("`{name}`, line {}, column {}: {why}", at.line, at.column);
                reader.remarks.error(place, message);
            }
        }
    }
    used
}

/// Reads phrase lists; `shared`: they come from another file, which is used at that place.
fn lists(reader: &mut Reader<'_>, node: Option<&Node>, shared: Option<Place>) {
    let Some(node) = node else { return };
    let Value::Map(entries) = &node.value else {
        reader
            .remarks
            .error(shared.unwrap_or(node.place), "phrase lists are a map of names to lists");
        return;
    };
    for (key, list) in entries {
        let mut items = reader.words(list);
        if items.is_empty() {
            reader.remarks.error(
                shared.unwrap_or(key.place),
                format!("the phrase list `{}` is empty", key.name),
            );
        }
        if shared.is_some() {
            items.iter_mut().for_each(|(place, _)| *place = Place::START);
        }
        if reader.lists.insert(key.name.clone(), items).is_some() && shared.is_none() {
            reader
                .remarks
                .warning(key.place, format!("`{}` replaces a shared phrase list", key.name));
        }
    }
}

fn named_conditions<'a>(reader: &mut Reader<'a>, node: &'a Node) {
    let Value::Map(entries) = &node.value else {
        reader.remarks.error(node.place, "conditions are a map of names to conditions");
        return;
    };
    for (key, condition) in entries {
        reader.named.insert(key.name.clone(), condition);
    }
}

fn sections<'a>(reader: &mut Reader<'a>, node: &'a Node) -> Vec<Section> {
    let Value::Map(entries) = &node.value else {
        reader.remarks.error(node.place, "sections are a map of names to titles");
        return Vec::new();
    };
    let read = entries.iter().map(|(key, node)| section(reader, key, node));
    // A section with a mistake is a section still: its criteria are not at fault.
    read.collect()
}

/// A title, or `{title, weight, when}`.
fn section<'a>(reader: &mut Reader<'a>, key: &Key, node: &'a Node) -> Section {
    let id = key.name.clone();
    let plain = Title { zh: id.clone(), en: id.clone() };
    let is_wrapped = matches!(&node.value, Value::Map(entries)
        if entries.iter().any(|(key, _)| SECTION_KEYS.contains(&key.name.as_str())));
    if !is_wrapped {
        let title = reader.title(node).unwrap_or(plain);
        return Section { id, title, weight: None, when: None };
    }
    let fields = reader.fields(node, &SECTION_KEYS).unwrap_or_default();
    Section {
        title: fields.get("title").and_then(|node| reader.title(node)).unwrap_or(plain),
        weight: fields.get("weight").and_then(|node| reader.points(node, "a weight")),
        when: fields.get("when").and_then(|node| reader.condition(node, &id)),
        id,
    }
}

fn id(reader: &mut Reader<'_>, node: &Node) -> Option<RubricId> {
    let text = reader.wording(node)?;
    match RubricId::new(&text) {
        Ok(id) => Some(id),
        Err(why) => {
            reader.remarks.error(node.place, why.to_string());
            None
        }
    }
}

fn language(reader: &mut Reader<'_>, node: &Node) -> Option<Language> {
    let text = reader.wording(node)?;
    let language = Language::new(&text);
    if language.is_none() {
        reader.remarks.error(node.place, format!("`{text}` is no language; write `zh` or `en`"));
    }
    language
}
