//! Which calls: one set of query parameters for lists, figures and exports, so that a figure's calls can be opened
//! with the parameters that it was counted by.
//!
//! In: what stands behind `?`. Out: a [`CallFilter`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::caller::Caller;
use super::error::ApiError;
use super::extract::us;
use crate::store::list::{Between, CallFilter, Column, Found, Measure};

/// Which calls. A unit, direction or language that is asked for with an empty value: calls of which it is not known.
#[derive(Debug, Clone, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    pub(super) client: Option<String>,
    pub(super) vendor: Option<String>,
    pub(super) project: Option<String>,
    pub(super) team: Option<String>,
    /// The agent's staff number.
    pub(super) agent: Option<String>,
    pub(super) queue: Option<String>,
    /// `inbound` or `outbound`.
    pub(super) direction: Option<String>,
    pub(super) language: Option<String>,
    /// The machine's: `pass`, `fail`, `critical`, `undetermined` or `not_applicable`.
    pub(super) verdict: Option<String>,
    /// `open`, `in_review` or `settled`.
    pub(super) review_state: Option<String>,
    /// A reviewer's id, `me`, or `none`.
    pub(super) assigned_to: Option<String>,
    /// `call` or `chat`.
    pub(super) kind: Option<String>,
    /// A criterion that was not met: short for `criterion` with `finding=not_met`.
    pub(super) failed: Option<String>,
    /// Judged by this rubric.
    pub(super) rubric: Option<String>,
    /// Judged by this criterion.
    pub(super) criterion: Option<String>,
    /// What the rubric's criterion came to, people's word before the machine's: `met`, `not_met`, `undetermined` or
    /// `not_applicable`.
    pub(super) finding: Option<String>,
    /// With this kind of trouble with the recording.
    pub(super) problem: Option<String>,
    /// `true`: with violations or undetermined findings that nobody has decided on.
    pub(super) undecided: Option<bool>,
    /// Begun at this time or later.
    pub(super) from: Option<String>,
    /// Begun before this time.
    pub(super) to: Option<String>,
    /// Points at least, 0 to 100.
    pub(super) score_min: Option<f64>,
    /// Points at most, 0 to 100.
    pub(super) score_max: Option<f64>,
    /// A measure that is bounded by `at_least` and `below`; its name and unit as in the distributions.
    pub(super) measure: Option<String>,
    pub(super) at_least: Option<f64>,
    pub(super) below: Option<f64>,
}

impl Which {
    /// The calls as the store is asked for them.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] where something is none of what may stand there.
    pub(super) fn filter(&self, caller: &Caller) -> Result<CallFilter, ApiError> {
        let (mut assigned, mut unassigned) = (self.assigned_to.clone(), false);
        match assigned.as_deref() {
            Some("me") => assigned = Some(caller.id().to_owned()),
            Some("none") => (assigned, unassigned) = (None, true),
            _ => {}
        }
        let equal = [
            (Column::Client, &self.client),
            (Column::Vendor, &self.vendor),
            (Column::Project, &self.project),
            (Column::Team, &self.team),
            (Column::Agent, &self.agent),
            (Column::Queue, &self.queue),
            (Column::Direction, &self.direction),
            (Column::Language, &self.language),
            (Column::Verdict, &self.verdict),
            (Column::ReviewState, &self.review_state),
            (Column::AssignedTo, &assigned),
            (Column::Kind, &self.kind),
        ];
        Ok(CallFilter {
            equal: equal
                .into_iter()
                .filter_map(|(column, value)| Some((column, value.clone()?)))
                .collect(),
            failed: self.failed.clone(),
            found: self.found()?,
            problem: self.problem.clone(),
            unassigned,
            undecided: self.undecided.unwrap_or(false),
            ranges: self.ranges()?,
            from_us: self.from.as_deref().map(us).transpose()?,
            to_us: self.to.as_deref().map(us).transpose()?,
            ..CallFilter::default()
        })
    }

    fn found(&self) -> Result<Option<Found>, ApiError> {
        let known = ["met", "not_met", "undetermined", "not_applicable"];
        if self.finding.as_deref().is_some_and(|finding| !known.contains(&finding)) {
            return Err(ApiError::invalid(
                "`finding` is met, not_met, undetermined or not_applicable",
                "`finding` 应为 met、not_met、undetermined 或 not_applicable",
            ));
        }
        let (rubric, criterion) = (self.rubric.clone(), self.criterion.clone());
        let verdict = self.finding.clone();
        let any = rubric.is_some() || criterion.is_some() || verdict.is_some();
        Ok(any.then_some(Found { rubric, criterion, verdict }))
    }

    fn ranges(&self) -> Result<Vec<Between>, ApiError> {
        let mut ranges = Vec::new();
        if self.score_min.is_some() || self.score_max.is_some() {
            let milli = |points: f64| (points * 1000.0).round() as i64;
            // At most is less than the next thousandth.
            let below = self.score_max.map(|points| milli(points) + 1);
            ranges.push((Measure::Score, self.score_min.map(milli), below));
        }
        if let Some(name) = &self.measure {
            let (measure, unit) = measure(name)?;
            let stored = |value: f64| (value * unit).ceil() as i64;
            ranges.push((measure, self.at_least.map(stored), self.below.map(stored)));
        } else if self.at_least.is_some() || self.below.is_some() {
            return Err(ApiError::invalid(
                "`at_least` and `below` bound a `measure`: name it",
                "`at_least`、`below` 须与 `measure` 一同给出",
            ));
        }
        Ok(ranges)
    }

    /// The parameters as they were sent, to be sent again with something more.
    pub(super) fn params(&self) -> BTreeMap<String, String> {
        let json = serde_json::to_value(self).unwrap_or_default();
        let all = json.as_object().into_iter().flatten();
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        all.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
    }
}

/// Measures by the names the API has for them, and how many of the store's units are one of the API's.
pub(super) const MEASURES: [(&str, Measure, f64); 9] = [
    ("dead_air_s", Measure::DeadAir, 1000.0),
    ("dead_air_longest_s", Measure::DeadAirLongest, 1000.0),
    ("overtalk_s", Measure::Overtalk, 1000.0),
    ("rate_per_min", Measure::Rate, 1.0),
    ("talk_share", Measure::TalkShare, 1000.0),
    ("hold_s", Measure::Hold, 1000.0),
    ("score", Measure::Score, 1000.0),
    ("duration_s", Measure::Duration, 1000.0),
    ("risk", Measure::Risk, 1.0),
];

/// A measure by its name.
///
/// # Errors
/// [`ApiError::Invalid`] that names them all.
pub(super) fn measure(name: &str) -> Result<(Measure, f64), ApiError> {
    let found = MEASURES.iter().find(|(known, ..)| *known == name);
    let found = found.map(|(_, measure, unit)| (*measure, *unit));
    found.ok_or_else(|| {
        let names = MEASURES.map(|(name, ..)| name).join(", ");
        ApiError::invalid(
            format!("`measure` is one of {names}"),
            format!("`measure` 应为 {names} 之一"),
        )
    })
}
