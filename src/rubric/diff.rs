//! What a new version of a rubric judges otherwise than the old one.
//!
//! In: two [`Outline`]s. Out: [`Change`]s, in the new rubric's order. It compares what the files mean:
//! names of conditions and of phrase lists, the order of criteria and the way of writing say nothing.

use std::collections::BTreeSet;

use super::outline::{Clause, Deciding, INHERITED, Outline, Part};

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where: a key of the rubric's head, or a criterion's or section's id.
    pub of: String,
    /// What is different there.
    pub what: What,
}

/// What is different.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A criterion is new.
    CriterionAdded,
    /// A criterion is gone.
    CriterionRemoved,
    /// A section is new.
    SectionAdded,
    /// A section is gone.
    SectionRemoved,
    /// A value is another: of the head, or of this name.
    Value {
        /// `weight`, `severity`, `section`, `title`, … or the head's key.
        name: &'static str,
        /// The old value.
        before: String,
        /// The new value.
        after: String,
    },
    /// A condition is another.
    Condition {
        /// `met`, `violated_by`, `when`, `major_when`, `critical_when`.
        name: String,
        /// The old one.
        before: Option<Clause>,
        /// The new one.
        after: Option<Clause>,
    },
    /// Phrases came or went.
    Phrases {
        /// New ones.
        added: Vec<String>,
        /// Ones that are gone.
        removed: Vec<String>,
    },
}

/// Compares two versions.
pub fn diff(old: &Outline, new: &Outline) -> Vec<Change> {
    let mut out = Changes::default();
    head(old, new, &mut out);
    sections(old, new, &mut out);
    let shares = (old.rubric.shares(), new.rubric.shares());
    let before: Vec<_> = old.rubric.criteria.iter().map(|one| &one.id).collect();
    for (i, criterion) in new.rubric.criteria.iter().enumerate() {
        let id = criterion.id.as_str();
        let Some(j) = before.iter().position(|other| **other == criterion.id) else {
            out.push(id, What::CriterionAdded);
            continue;
        };
        let was = &old.rubric.criteria[j];
        out.value(id, "title", &was.title.either(), &criterion.title.either());
        let section = |outline: &Outline, at: Option<usize>| {
            at.map_or_else(String::new, |at| outline.rubric.sections[at].id.clone())
        };
        out.value(id, "section", &section(old, was.section), &section(new, criterion.section));
        out.value(id, "severity", was.severity.as_str(), criterion.severity.as_str());
        let scale = |scale: &Option<super::Scale>| {
            scale.as_ref().map_or_else(String::new, ToString::to_string)
        };
        out.value(id, "weight", &was.weight.to_string(), &criterion.weight.to_string());
        out.value(id, "penalty", &scale(&was.penalty), &scale(&criterion.penalty));
        out.value(id, "bonus", &scale(&was.bonus), &scale(&criterion.bonus));
        let share = |share: i64| format!("{:.1} %", share as f64 / 100.0);
        out.value(id, "share", &share(shares.0[j]), &share(shares.1[i]));
        deciding(id, &old.criteria[j], &new.criteria[i], &mut out);
    }
    for criterion in &old.rubric.criteria {
        if !new.rubric.criteria.iter().any(|other| other.id == criterion.id) {
            out.push(criterion.id.as_str(), What::CriterionRemoved);
        }
    }
    out.0
}

#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn push(&mut self, of: &str, what: What) {
        self.0.push(Change { of: of.to_owned(), what });
    }

    fn value(&mut self, of: &str, name: &'static str, before: &str, after: &str) {
        if before != after {
            let (before, after) = (before.to_owned(), after.to_owned());
            self.push(of, What::Value { name, before, after });
        }
    }

    fn condition(&mut self, of: &str, name: &str, before: Option<&Clause>, after: Option<&Clause>) {
        if before.map(shape) != after.map(shape) {
            let (before, after) = (before.cloned(), after.cloned());
            self.push(of, What::Condition { name: name.to_owned(), before, after });
        }
    }
}

fn head(old: &Outline, new: &Outline, out: &mut Changes) {
    let keys: BTreeSet<&String> = old.head.keys().chain(new.head.keys()).collect();
    for key in keys {
        let of = |outline: &Outline| outline.head.get(key).cloned().unwrap_or_default();
        out.value(key, "", &of(old), &of(new));
    }
    out.value("title", "", &old.rubric.title.either(), &new.rubric.title.either());
}

fn sections(old: &Outline, new: &Outline, out: &mut Changes) {
    for (i, section) in new.rubric.sections.iter().enumerate() {
        let Some(j) = old.rubric.sections.iter().position(|other| other.id == section.id) else {
            out.push(&section.id, What::SectionAdded);
            continue;
        };
        let was = &old.rubric.sections[j];
        let weight =
            |section: &super::Section| section.weight.map_or_else(String::new, |w| w.to_string());
        out.value(&section.id, "title", &was.title.either(), &section.title.either());
        out.value(&section.id, "weight", &weight(was), &weight(section));
        out.condition(&section.id, "when", old.sections[j].as_ref(), new.sections[i].as_ref());
    }
    for section in &old.rubric.sections {
        if !new.rubric.sections.iter().any(|other| other.id == section.id) {
            out.push(&section.id, What::SectionRemoved);
        }
    }
}

fn deciding(id: &str, old: &Deciding, new: &Deciding, out: &mut Changes) {
    out.condition(id, "when", old.when.as_ref(), new.when.as_ref());
    for name in ["critical_when", "major_when"] {
        let of = |deciding: &'_ Deciding| {
            deciding.graver.iter().find(|(key, _)| key == name).map(|(_, clause)| clause.clone())
        };
        out.condition(id, name, of(old).as_ref(), of(new).as_ref());
    }
    let name = |deciding: &Deciding| if deciding.wanted { "met" } else { "violated_by" };
    if name(old) == name(new) {
        out.condition(id, name(new), Some(&old.rule), Some(&new.rule));
    } else {
        out.condition(id, name(old), Some(&old.rule), None);
        out.condition(id, name(new), None, Some(&new.rule));
    }
    let (before, after) = (all_phrases(old), all_phrases(new));
    let added: Vec<String> = after.difference(&before).cloned().collect();
    let removed: Vec<String> = before.difference(&after).cloned().collect();
    if !(added.is_empty() && removed.is_empty()) {
        out.push(id, What::Phrases { added, removed });
    }
}

/// A condition without its phrases and names, in an order of its own: what it asks.
fn shape(clause: &Clause) -> String {
    let mut parts: Vec<String> = clause
        .parts
        .iter()
        .map(|(key, part)| format!("{}: {}", plain_key(key), shape_of(key, part)))
        .collect();
    parts.sort();
    // `{condition: x}` without modifiers asks what `x` asks.
    match (&clause.parts[..], &parts[..]) {
        ([(key, Part::Clause(inner))], _) if key == "condition" => shape(inner),
        _ => format!("{{{}}}", parts.join(", ")),
    }
}

/// What is inherited and what is written mean the same.
fn plain_key(key: &str) -> &str {
    if key == INHERITED { "match" } else { key }
}

fn shape_of(key: &str, part: &Part) -> String {
    match part {
        Part::Plain(text) => text.clone(),
        // How many there are is told as phrases.
        Part::Phrases { .. } => "…".to_owned(),
        Part::Clause(clause) => shape(clause),
        Part::List(items) => {
            let mut all: Vec<String> = items.iter().map(|item| shape_of(key, item)).collect();
            if key != "order" {
                all.sort();
            }
            format!("[{}]", all.join(", "))
        }
        Part::Map(entries) => {
            let mut all: Vec<String> = entries
                .iter()
                .map(|(key, part)| format!("{key}: {}", shape_of(key, part)))
                .collect();
            all.sort();
            format!("({})", all.join(", "))
        }
    }
}

/// Each phrase with what it is for: a phrase that moves among the exceptions is another.
fn all_phrases(deciding: &Deciding) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let graver = deciding.graver.iter().map(|(_, clause)| clause);
    for clause in deciding.when.iter().chain(graver).chain([&deciding.rule]) {
        phrases_of(clause, &mut out);
    }
    out
}

fn phrases_of(clause: &Clause, out: &mut BTreeSet<String>) {
    fn walk(key: &str, part: &Part, out: &mut BTreeSet<String>) {
        match part {
            Part::Plain(_) => {}
            Part::Phrases { all, .. } if key == "except" => {
                out.extend(all.iter().map(|phrase| format!("except {phrase}")));
            }
            Part::Phrases { all, .. } => out.extend(all.iter().cloned()),
            Part::Clause(clause) => phrases_of(clause, out),
            Part::List(items) => items.iter().for_each(|item| walk(key, item, out)),
            Part::Map(entries) => entries.iter().for_each(|(key, part)| walk(key, part, out)),
        }
    }
    clause.parts.iter().for_each(|(key, part)| walk(key, part, out));
}
