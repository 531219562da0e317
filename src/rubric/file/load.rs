//! From a file's text to a [`Rubric`].

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::domain::{CriterionId, Direction, Language, Points, RubricId, Severity};
use crate::rubric::model::{Applies, Criterion, Rubric, Rule, Section, Title};

use super::diagnostic::{Diagnostic, Level, LoadError, Place, Remarks};
use super::read::Reader;
use super::tree::{self, Node, Value};

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

const KEYS: [&str; 13] = [
    "rubric",
    "version",
    "title",
    "language",
    "applies",
    "pass_mark",
    "confidence_min",
    "match",
    "uses",
    "phrases",
    "conditions",
    "sections",
    "criteria",
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
    let rubric = rubric(&mut reader, &root, text, library);
    (rubric, reader.remarks.into_sorted())
}

fn rubric<'a>(
    reader: &mut Reader<'a>,
    root: &'a Node,
    text: &str,
    library: &Library,
) -> Option<Rubric> {
    let fields = reader.fields(root, &KEYS)?;
    for needed in ["rubric", "version", "title", "criteria"] {
        if !fields.contains_key(needed) {
            reader.remarks.error(root.place, format!("`{needed}` is missing"));
        }
    }
    let mut digest = Sha256::new_with_prefix(text.as_bytes());
    uses(reader, fields.get("uses").copied(), library, &mut digest);
    lists(reader, fields.get("phrases").copied(), None);
    if let Some(mode) = fields.get("match").and_then(|node| reader.match_mode(node)) {
        reader.mode = mode;
    }
    if let Some(node) = fields.get("conditions") {
        named_conditions(reader, node);
    }
    let sections = fields.get("sections").map_or_else(Vec::new, |node| sections(reader, node));
    let criteria = criteria(reader, fields.get("criteria")?, &sections);
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
    let id = id(reader, fields.get("rubric")?)?;
    let version = fields.get("version").and_then(|node| reader.number(node))? as u32;
    let title = fields.get("title").and_then(|node| title(reader, node))?;
    let pass_mark =
        fields.get("pass_mark").and_then(|node| points(reader, node)).unwrap_or_default();
    let floor = fields.get("confidence_min").and_then(|node| reader.number(node));
    Some(Rubric {
        id,
        version,
        title,
        language: fields.get("language").and_then(|node| language(reader, node)),
        applies: fields.get("applies").map_or_else(Applies::default, |node| applies(reader, node)),
        pass_mark,
        confidence_min: floor.unwrap_or(f64::from(CONFIDENCE_MIN)).min(1.0) as f32,
        sections,
        criteria,
        digest: hex(&digest.finalize()),
        conditions: std::mem::take(&mut reader.out),
    })
}

/// Below this mean confidence even a native speaker would guess at a transcript's words.
const CONFIDENCE_MIN: f32 = 0.3;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn uses(reader: &mut Reader<'_>, node: Option<&Node>, library: &Library, digest: &mut Sha256) {
    let Some(node) = node else { return };
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
        match tree::parse(text) {
            Ok(root) => lists(reader, Some(&root), Some(place)),
            Err((at, why)) => {
                let message = format!("`{name}`, line {}, column {}: {why}", at.line, at.column);
                reader.remarks.error(place, message);
            }
        }
    }
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

fn sections(reader: &mut Reader<'_>, node: &Node) -> Vec<Section> {
    let Value::Map(entries) = &node.value else {
        reader.remarks.error(node.place, "sections are a map of names to titles");
        return Vec::new();
    };
    let read = entries
        .iter()
        .map(|(key, node)| Some(Section { id: key.name.clone(), title: title(reader, node)? }));
    read.flatten().collect()
}

fn criteria<'a>(reader: &mut Reader<'a>, node: &'a Node, sections: &[Section]) -> Vec<Criterion> {
    let Value::List(items) = &node.value else {
        reader.remarks.error(node.place, "criteria are a list");
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for item in items {
        let Some(criterion) = criterion(reader, item, sections) else { continue };
        if !seen.insert(criterion.id.clone()) {
            reader.remarks.error(item.place, format!("there are two criteria `{}`", criterion.id));
        }
        out.push(criterion);
    }
    if items.is_empty() {
        reader.remarks.error(node.place, "a rubric needs a criterion");
    }
    out
}

fn criterion<'a>(
    reader: &mut Reader<'a>,
    node: &'a Node,
    sections: &[Section],
) -> Option<Criterion> {
    let keys = ["id", "title", "section", "severity", "weight", "when", "met", "violated_by"];
    let fields = reader.fields(node, &keys)?;
    let Some(id_node) = fields.get("id") else {
        reader.remarks.error(node.place, "a criterion needs an `id`");
        return None;
    };
    let id_text = reader.text(id_node)?;
    let id = match CriterionId::new(&id_text) {
        Ok(id) => id,
        Err(why) => {
            reader.remarks.error(id_node.place, why.to_string());
            return None;
        }
    };
    let title = match fields.get("title") {
        Some(node) => title(reader, node)?,
        None => Title { zh: id_text.clone(), en: id_text.clone() },
    };
    let section = fields.get("section").map_or(Some(0), |node| section(reader, node, sections))?;
    let (severity, graver) =
        severity(reader, fields.get("severity").copied(), node.place, &id_text);
    let weight =
        fields.get("weight").map_or(Some(Points::from_hundredths(100)), |n| points(reader, n))?;
    if weight == Points::ZERO {
        reader.remarks.error(
            fields["weight"].place,
            "a weight is above zero; an `info` criterion may weigh little",
        );
    }
    let when = match fields.get("when") {
        Some(node) => Some(reader.condition(node, &id_text)?),
        None => None,
    };
    let rule = match (fields.get("met"), fields.get("violated_by")) {
        (Some(node), None) => Rule::Met(reader.condition(node, &id_text)?),
        (None, Some(node)) => Rule::ViolatedBy(reader.condition(node, &id_text)?),
        _ => {
            reader
                .remarks
                .error(node.place, format!("`{id_text}` needs one of `met` and `violated_by`"));
            return None;
        }
    };
    Some(Criterion { id, title, section, severity, weight, graver, when, rule })
}

type Graver = Vec<(Severity, crate::rubric::model::CondIx)>;

fn severity<'a>(
    reader: &mut Reader<'a>,
    node: Option<&'a Node>,
    place: Place,
    label: &str,
) -> (Severity, Graver) {
    let Some(node) = node else {
        reader.remarks.error(place, "`severity` is missing: info, minor, major or critical");
        return (Severity::Info, Vec::new());
    };
    if matches!(node.value, Value::Scalar(_)) {
        return (severity_word(reader, node), Vec::new());
    }
    let Some(fields) = reader.fields(node, &["is", "major_when", "critical_when"]) else {
        return (Severity::Info, Vec::new());
    };
    let Some(base) = fields.get("is") else {
        reader
            .remarks
            .error(node.place, "`is` is missing: the severity where no condition makes it graver");
        return (Severity::Info, Vec::new());
    };
    let base = severity_word(reader, base);
    let mut graver = Vec::new();
    for (key, severity) in [("critical_when", Severity::Critical), ("major_when", Severity::Major)]
    {
        let Some(node) = fields.get(key) else { continue };
        if severity <= base {
            reader.remarks.warning(node.place, format!("`{key}` is no graver than `is`"));
        }
        graver.extend(reader.condition(node, label).map(|ix| (severity, ix)));
    }
    (base, graver)
}

fn severity_word(reader: &mut Reader<'_>, node: &Node) -> Severity {
    let all = [Severity::Info, Severity::Minor, Severity::Major, Severity::Critical];
    let text = reader.text(node).unwrap_or_default();
    let found = all.into_iter().find(|severity| severity.as_str() == text);
    if found.is_none() {
        reader.remarks.unknown(node.place, "severity", &text, all.iter().map(|s| s.as_str()));
    }
    found.unwrap_or(Severity::Info)
}

fn section(reader: &mut Reader<'_>, node: &Node, sections: &[Section]) -> Option<usize> {
    let name = reader.text(node)?;
    let found = sections.iter().position(|section| section.id == name);
    if found.is_none() {
        reader.remarks.unknown(
            node.place,
            "section",
            &name,
            sections.iter().map(|s| s.id.as_str()),
        );
    }
    found
}

fn title(reader: &mut Reader<'_>, node: &Node) -> Option<Title> {
    if let Value::Scalar(text) = &node.value {
        return Some(Title { zh: text.clone(), en: text.clone() });
    }
    let fields = reader.fields(node, &["zh", "en"])?;
    let zh = fields.get("zh").and_then(|node| reader.text(node));
    let en = fields.get("en").and_then(|node| reader.text(node));
    match (zh, en) {
        (Some(zh), Some(en)) => Some(Title { zh, en }),
        (Some(one), None) | (None, Some(one)) => Some(Title { zh: one.clone(), en: one }),
        (None, None) => {
            reader.remarks.error(node.place, "a title has `zh`, `en` or both");
            None
        }
    }
}

fn points(reader: &mut Reader<'_>, node: &Node) -> Option<Points> {
    let points = reader.number(node).and_then(Points::from_f64);
    if points.is_none() {
        reader.remarks.error(node.place, "points are a number up to a million");
    }
    points
}

fn id(reader: &mut Reader<'_>, node: &Node) -> Option<RubricId> {
    let text = reader.text(node)?;
    match RubricId::new(&text) {
        Ok(id) => Some(id),
        Err(why) => {
            reader.remarks.error(node.place, why.to_string());
            None
        }
    }
}

fn language(reader: &mut Reader<'_>, node: &Node) -> Option<Language> {
    let text = reader.text(node)?;
    let language = Language::new(&text);
    if language.is_none() {
        reader.remarks.error(node.place, format!("`{text}` is no language; write `zh` or `en`"));
    }
    language
}

fn applies(reader: &mut Reader<'_>, node: &Node) -> Applies {
    let attributes = ["queue", "project", "vendor", "client", "team"];
    let known: Vec<&str> = ["direction"].into_iter().chain(attributes).collect();
    let Some(fields) = reader.fields(node, &known) else { return Applies::default() };
    let mut out = Applies::default();
    if let Some(node) = fields.get("direction") {
        let text = reader.text(node).unwrap_or_default();
        out.direction = Direction::parse(&text);
        if out.direction.is_none() {
            reader.remarks.unknown(node.place, "direction", &text, ["inbound", "outbound"]);
        }
    }
    for name in attributes {
        let Some(node) = fields.get(name) else { continue };
        let values = reader.words(node).into_iter().map(|(_, word)| word).collect();
        out.attributes.push((name.to_owned(), values));
    }
    out
}
