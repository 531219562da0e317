//! The forms in which rubrics are told.
//!
//! In: rows, outlines, differences. Out: bodies.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::extract::at;
use crate::rubric::describe::{Names, Tongue, resolved};
use crate::rubric::{Change, Clause, Criterion, Outline, Scale, Title, What};
use crate::store::rubrics::{RubricRow, RubricVersion};

/// A text in both languages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InBothLanguages)]
pub(super) struct BothBody {
    pub(super) zh: String,
    pub(super) en: String,
}

impl BothBody {
    fn of(title: &Title) -> Self {
        Self { zh: title.zh.clone(), en: title.en.clone() }
    }
}

/// A rubric as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rubric)]
pub(super) struct RubricBody {
    id: String,
    title: BothBody,
    /// Whether calls are judged by it.
    active: bool,
    /// The newest version's number: the one in force, if any is.
    version: u32,
    /// How many criteria it has.
    criteria: i64,
    /// SHA-256 over the file and the phrase lists it uses: stands in scorecards.
    digest: String,
    /// When it was published, withdrawn or brought back last; by whom (a person's id, or `service`), and why.
    changed: String,
    changed_by: String,
    reason: String,
    /// Counts every change: the ETag.
    rev: i64,
}

impl RubricBody {
    pub(super) fn of(row: &RubricRow) -> Self {
        let newest = &row.newest;
        Self {
            id: row.id.clone(),
            title: BothBody { zh: newest.title_zh.clone(), en: newest.title_en.clone() },
            active: row.active,
            version: newest.version,
            criteria: newest.criteria,
            digest: newest.digest.clone(),
            changed: at(row.changed_us),
            changed_by: row.changed_by.clone(),
            reason: row.reason.clone(),
            rev: row.rev,
        }
    }
}

/// A version.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RubricVersion)]
pub(super) struct VersionBody {
    version: u32,
    digest: String,
    title: BothBody,
    criteria: i64,
    published: String,
    /// A person's id, or `service` for what came from the configuration.
    published_by: String,
    reason: String,
}

impl VersionBody {
    pub(super) fn of(one: &RubricVersion) -> Self {
        Self {
            version: one.version,
            digest: one.digest.clone(),
            title: BothBody { zh: one.title_zh.clone(), en: one.title_en.clone() },
            criteria: one.criteria,
            published: at(one.published_us),
            published_by: one.published_by.clone(),
            reason: one.reason.clone(),
        }
    }
}

/// What a rubric says, names resolved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RubricOutline)]
pub(super) struct OutlineBody {
    id: String,
    title: BothBody,
    /// The language it listens to; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    pass_mark: f64,
    /// Other lines of its head, by key: `applies`, `fails_on`, `on_critical` …
    #[schema(value_type = Object)]
    head: Value,
    sections: Vec<SectionBody>,
    criteria: Vec<CriterionBody>,
}

/// A heading over criteria.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RubricSection)]
struct SectionBody {
    id: String,
    title: BothBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    /// When it applies; absent: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<ConditionBody>,
}

/// A criterion.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RubricCriterion)]
struct CriterionBody {
    id: String,
    title: BothBody,
    /// A section's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<String>,
    /// `info`, `minor`, `major` or `critical`.
    severity: &'static str,
    weight: f64,
    /// Its share of the score when every criterion applies, in percent.
    share: f64,
    /// What a failure costs, in words: `5`, `[2, 5] ≤ 10`.
    #[serde(skip_serializing_if = "Option::is_none")]
    penalty: Option<String>,
    /// What a success earns, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    bonus: Option<String>,
    /// What it applies to; absent: every call.
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<ConditionBody>,
    /// `met`: the condition is what must be; `violated_by`: it is what must not be.
    rule: &'static str,
    condition: ConditionBody,
    /// What makes it graver, by `major_when` and `critical_when`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    graver: Vec<GraverBody>,
}

/// What makes a criterion graver.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RubricGraver)]
struct GraverBody {
    /// `major_when` or `critical_when`.
    key: String,
    condition: ConditionBody,
}

/// A condition.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RubricCondition)]
pub(super) struct ConditionBody {
    /// The file's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Its operator and modifiers as the file has them, phrase lists and names resolved.
    #[schema(value_type = Object)]
    asks: Value,
    /// The same in words, a line each, indented by depth; phrases are counted.
    words: WordsBody,
}

/// Lines in both languages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LinesInBothLanguages)]
struct WordsBody {
    zh: Vec<String>,
    en: Vec<String>,
}

impl ConditionBody {
    pub(super) fn of(clause: &Clause) -> Self {
        let lines = |tongue| resolved(clause, Names::Resolved, tongue);
        let words = WordsBody { zh: lines(Tongue::Zh), en: lines(Tongue::En) };
        Self { name: clause.name.clone(), asks: clause.json(), words }
    }
}

impl OutlineBody {
    pub(super) fn of(outline: &Outline) -> Self {
        let rubric = &outline.rubric;
        let whens = rubric.sections.iter().zip(&outline.sections);
        let sections = whens.map(|(section, when)| SectionBody {
            id: section.id.clone(),
            title: BothBody::of(&section.title),
            weight: section.weight.map(|weight| weight.to_f64()),
            when: when.as_ref().map(ConditionBody::of),
        });
        let shares = rubric.shares();
        let criteria = (rubric.criteria.iter().enumerate())
            .map(|(ix, one)| criterion(outline, one, ix, shares[ix] as f64 / 100.0));
        Self {
            id: rubric.id.as_str().to_owned(),
            title: BothBody::of(&rubric.title),
            language: rubric.language.as_ref().map(|language| language.as_str().to_owned()),
            pass_mark: rubric.pass_mark.to_f64(),
            head: outline.head.iter().map(|(key, text)| (key.clone(), text.clone())).collect(),
            sections: sections.collect(),
            criteria: criteria.collect(),
        }
    }
}

fn criterion(outline: &Outline, one: &Criterion, ix: usize, share: f64) -> CriterionBody {
    let deciding = &outline.criteria[ix];
    let scale = |scale: &Option<Scale>| scale.as_ref().map(ToString::to_string);
    let graver = deciding
        .graver
        .iter()
        .map(|(key, clause)| GraverBody { key: key.clone(), condition: ConditionBody::of(clause) });
    CriterionBody {
        id: one.id.as_str().to_owned(),
        title: BothBody::of(&one.title),
        section: one.section.map(|at| outline.rubric.sections[at].id.clone()),
        severity: one.severity.as_str(),
        weight: one.weight.to_f64(),
        share,
        penalty: scale(&one.penalty),
        bonus: scale(&one.bonus),
        when: deciding.when.as_ref().map(ConditionBody::of),
        rule: if deciding.wanted { "met" } else { "violated_by" },
        condition: ConditionBody::of(&deciding.rule),
        graver: graver.collect(),
    }
}

/// One difference between two versions.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = RubricChange)]
pub(super) struct ChangeBody {
    /// Where: a key of the rubric's head, or a criterion's or section's id.
    of: String,
    /// `criterion_added`, `criterion_removed`, `section_added`, `section_removed`, `value`, `condition` or `phrases`.
    change: &'static str,
    /// Of `value` and `condition`: which: `weight`, `severity`, `share`, …; `met`, `violated_by`, `when`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Of `value`: the old one.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// Of `value`: the new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// Of `condition`: the old one; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    before_condition: Option<ConditionBody>,
    /// Of `condition`: the new one; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_condition: Option<ConditionBody>,
    /// Phrases that are new.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added: Vec<String>,
    /// Phrases that are gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    removed: Vec<String>,
}

impl ChangeBody {
    pub(super) fn of(change: &Change) -> Self {
        let bare = |kind| Self { of: change.of.clone(), change: kind, ..Self::default() };
        match &change.what {
            What::CriterionAdded => bare("criterion_added"),
            What::CriterionRemoved => bare("criterion_removed"),
            What::SectionAdded => bare("section_added"),
            What::SectionRemoved => bare("section_removed"),
            What::Value { name, before, after } => Self {
                name: Some((*name).to_owned()),
                before: Some(before.clone()),
                after: Some(after.clone()),
                ..bare("value")
            },
            What::Condition { name, before, after } => Self {
                name: Some(name.clone()),
                before_condition: before.as_ref().map(ConditionBody::of),
                after_condition: after.as_ref().map(ConditionBody::of),
                ..bare("condition")
            },
            What::Phrases { added, removed } => {
                Self { added: added.clone(), removed: removed.clone(), ..bare("phrases") }
            }
        }
    }
}
