//! Reads criteria: what decides each, when it applies, how grave it is and what it is worth.
//!
//! In: nodes of a file. Out: [`Criterion`]s, or remarks.

use std::collections::BTreeSet;

use crate::domain::{CriterionId, Points, Severity};
use crate::rubric::model::{CondIx, Criterion, Rule, Scale, Section, Title};

use super::diagnostic::Place;
use super::read::Reader;
use super::tree::{Node, Value};

pub(super) const CRITERION_KEYS: [&str; 10] = [
    "id",
    "title",
    "section",
    "severity",
    "weight",
    "penalty",
    "bonus",
    "when",
    "met",
    "violated_by",
];
pub(super) const SEVERITY_KEYS: [&str; 3] = ["is", "major_when", "critical_when"];
pub(super) const SCALE_KEYS: [&str; 2] = ["per_hit", "at_most"];

impl<'a> Reader<'a> {
    pub(super) fn criteria(&mut self, node: &'a Node, sections: &[Section]) -> Vec<Criterion> {
        let Value::List(items) = &node.value else {
            self.remarks.error(node.place, "criteria are a list");
            return Vec::new();
        };
        let mut seen = BTreeSet::new();
        let mut out = Vec::new();
        for item in items {
            let Some(criterion) = self.criterion(item, sections) else { continue };
            if !seen.insert(criterion.id.clone()) {
                let message = format!("there are two criteria `{}`", criterion.id);
                self.remarks.error(item.place, message);
            }
            out.push(criterion);
        }
        if items.is_empty() {
            self.remarks.error(node.place, "a rubric needs a criterion");
        }
        out
    }

    fn criterion(&mut self, node: &'a Node, sections: &[Section]) -> Option<Criterion> {
        let fields = self.fields(node, &CRITERION_KEYS)?;
        let Some(id_node) = fields.get("id") else {
            self.remarks.error(node.place, "a criterion needs an `id`");
            return None;
        };
        let label = self.wording(id_node)?;
        let id = match CriterionId::new(&label) {
            Ok(id) => id,
            Err(why) => {
                self.remarks.error(id_node.place, why.to_string());
                return None;
            }
        };
        // All parts are read before any is given up, so that every mistake is told at once.
        let title = fields
            .get("title")
            .map_or(Some(Title { zh: label.clone(), en: label.clone() }), |n| self.title(n));
        let section = self.section_of(node.place, fields.get("section").copied(), sections);
        let (severity, graver) = self.severity(fields.get("severity").copied(), node.place, &label);
        let weight = fields.get("weight").map(|n| self.points(n, "a weight"));
        let penalty = fields.get("penalty").map(|n| self.scale(n, "a penalty"));
        let bonus = fields.get("bonus").map(|n| self.scale(n, "a bonus"));
        let when = fields.get("when").map(|n| self.condition(n, &label));
        let rule = self.rule(node.place, fields.get("met"), fields.get("violated_by"), &label)?;
        let weightless = penalty.is_some() || bonus.is_some();
        let criterion = Criterion {
            id,
            title: title?,
            section: section?,
            severity,
            weight: match weight {
                Some(weight) => weight?,
                None if weightless => Points::ZERO,
                None => Points::from_hundredths(100),
            },
            penalty: transposed(penalty)?,
            bonus: transposed(bonus)?,
            graver,
            when: transposed(when)?,
            rule,
        };
        let place = |name: &str| fields.get(name).map_or(node.place, |n| n.place);
        self.worth(&criterion, place("severity"), place("penalty"), place("bonus"));
        Some(criterion)
    }

    fn rule(
        &mut self,
        place: Place,
        met: Option<&&'a Node>,
        violated_by: Option<&&'a Node>,
        label: &str,
    ) -> Option<Rule> {
        match (met, violated_by) {
            (Some(node), None) => self.condition(node, label).map(Rule::Met),
            (None, Some(node)) => self.condition(node, label).map(Rule::ViolatedBy),
            _ => {
                let message = format!("`{label}` needs one of `met` and `violated_by`");
                self.remarks.error(place, message);
                None
            }
        }
    }

    /// Whether what a criterion is worth makes sense together.
    fn worth(&mut self, criterion: &Criterion, severity: Place, penalty: Place, bonus: Place) {
        let weighted = criterion.weight > Points::ZERO;
        if weighted && criterion.penalty.is_some() && criterion.bonus.is_some() {
            self.remarks.error(bonus, "beside a weight stands one of `penalty` and `bonus`");
        }
        if !weighted && criterion.penalty.is_none() && criterion.severity != Severity::Info {
            self.remarks.error(
                severity,
                "a bonus that is missed is no failure: its severity is `info`, unless it has a `weight` or a `penalty`",
            );
        }
        let per_hit = |scale: &Option<Scale>| scale.as_ref().is_some_and(|scale| scale.per_hit);
        let (met, violated) = match criterion.rule {
            Rule::Met(ix) => (self.has_hits(ix), false),
            Rule::ViolatedBy(ix) => (false, self.has_hits(ix)),
        };
        if per_hit(&criterion.penalty) && !violated {
            self.remarks.error(
                penalty,
                "points by the hit need a `violated_by` that has hits; what is missing costs one number",
            );
        }
        if per_hit(&criterion.bonus) && !met {
            self.remarks.error(
                bonus,
                "points by the hit need a `met` that has hits; otherwise one number is earned",
            );
        }
    }

    fn has_hits(&self, ix: CondIx) -> bool {
        self.out[ix.0].op.has_hits()
    }

    fn severity(
        &mut self,
        node: Option<&'a Node>,
        place: Place,
        label: &str,
    ) -> (Severity, Vec<(Severity, CondIx)>) {
        let none = (Severity::Info, Vec::new());
        let Some(node) = node else {
            self.remarks.error(place, "`severity` is missing: info, minor, major or critical");
            return none;
        };
        if matches!(node.value, Value::Scalar(_)) {
            return (self.severity_word(node), Vec::new());
        }
        let Some(fields) = self.fields(node, &SEVERITY_KEYS) else { return none };
        let Some(base) = fields.get("is") else {
            let message = "`is` is missing: the severity where no condition makes it graver";
            self.remarks.error(node.place, message);
            return none;
        };
        let base = self.severity_word(base);
        let mut graver = Vec::new();
        let whens = [("critical_when", Severity::Critical), ("major_when", Severity::Major)];
        for (key, severity) in whens {
            let Some(node) = fields.get(key) else { continue };
            if severity <= base {
                self.remarks.warning(node.place, format!("`{key}` is no graver than `is`"));
            }
            graver.extend(self.condition(node, label).map(|ix| (severity, ix)));
        }
        (base, graver)
    }

    fn severity_word(&mut self, node: &Node) -> Severity {
        let all = [Severity::Info, Severity::Minor, Severity::Major, Severity::Critical];
        let Some(text) = self.wording(node) else { return Severity::Info };
        let found = all.into_iter().find(|severity| severity.as_str() == text);
        if found.is_none() {
            self.remarks.unknown(node.place, "severity", &text, all.iter().map(|s| s.as_str()));
        }
        found.unwrap_or(Severity::Info)
    }

    /// `None`: a mistake; `Some(None)`: no section.
    fn section_of(
        &mut self,
        place: Place,
        node: Option<&Node>,
        sections: &[Section],
    ) -> Option<Option<usize>> {
        let Some(node) = node else {
            if sections.iter().any(|section| section.weight.is_some()) {
                let message =
                    "`section` is missing: where sections have weights, each criterion is in one";
                self.remarks.error(place, message);
            }
            return Some(None);
        };
        let name = self.wording(node)?;
        let found = sections.iter().position(|section| section.id == name);
        if found.is_none() {
            let known = sections.iter().map(|s| s.id.as_str());
            self.remarks.unknown(node.place, "section", &name, known);
        }
        found.map(Some)
    }

    /// `5`; `[2, 5, 10]`; `{per_hit: 2, at_most: 10}`.
    fn scale(&mut self, node: &'a Node, what: &str) -> Option<Scale> {
        match &node.value {
            Value::Scalar(_) => {
                let steps = vec![self.points(node, what)?];
                Some(Scale { steps, per_hit: false, at_most: None })
            }
            Value::List(_) => {
                let steps = self.steps(node, what)?;
                Some(Scale { steps, per_hit: true, at_most: None })
            }
            _ => {
                let fields = self.fields(node, &SCALE_KEYS)?;
                let Some(per_hit) = fields.get("per_hit") else {
                    self.remarks.error(node.place, "`per_hit` is missing: points for each hit");
                    return None;
                };
                let steps = self.steps(per_hit, what)?;
                let at_most = match fields.get("at_most") {
                    Some(node) => Some(self.points(node, what)?),
                    None => None,
                };
                Some(Scale { steps, per_hit: true, at_most })
            }
        }
    }

    fn steps(&mut self, node: &Node, what: &str) -> Option<Vec<Points>> {
        let Value::List(items) = &node.value else { return Some(vec![self.points(node, what)?]) };
        if items.is_empty() {
            self.remarks.error(node.place, "an empty list gives no points");
            return None;
        }
        let read: Vec<Option<Points>> = items.iter().map(|item| self.points(item, what)).collect();
        read.into_iter().collect()
    }

    /// Points above zero.
    pub(super) fn points(&mut self, node: &Node, what: &str) -> Option<Points> {
        let points = Points::from_f64(self.number(node)?);
        if points.is_none_or(|points| points == Points::ZERO) {
            let message = format!("{what} is a number above zero and up to a million");
            self.remarks.error(node.place, message);
            return None;
        }
        points
    }

    pub(super) fn title(&mut self, node: &Node) -> Option<Title> {
        if !matches!(node.value, Value::Map(_)) {
            let text = self.wording(node)?;
            return Some(Title { zh: text.clone(), en: text });
        }
        let fields = self.fields(node, &["zh", "en"])?;
        let zh = fields.get("zh").and_then(|node| self.wording(node));
        let en = fields.get("en").and_then(|node| self.wording(node));
        match (zh, en) {
            (Some(zh), Some(en)) => Some(Title { zh, en }),
            (Some(one), None) | (None, Some(one)) => Some(Title { zh: one.clone(), en: one }),
            (None, None) => {
                self.remarks.error(node.place, "a title has `zh`, `en` or both");
                None
            }
        }
    }
}

/// `None`: there was a mistake; `Some(None)`: it was not written.
fn transposed<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}
