//! Compliance by vendor, team, agent, criterion, week.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Clock, Counts, by};
use crate::access::Action;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::error::ApiError;
use crate::api::extract::{Json, Query, at, us};
use crate::api::which::Which;
use crate::store::compliance::{Asked, Group};
use crate::store::figures::{By, Every};

/// Groups of an answer.
const GROUPS_MAX: usize = 500;

/// What to group by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ComplianceQuery {
    /// `client`, `vendor`, `project`, `team`, `agent`, `queue`, `direction`, `language`, `kind`, `criterion`, `hour`,
    /// `day` or `week`.
    by: String,
    /// The same, for groups within each.
    then: Option<String>,
}

/// Groups.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Compliance {
    /// Times in order; all others by share met, the lowest first, those without a share last.
    groups: Vec<ComplianceGroup>,
    /// There are more than are shown here: those with the fewest calls are left out.
    truncated: bool,
}

/// One group.
#[derive(Debug, Serialize, ToSchema)]
struct ComplianceGroup {
    /// A unit's id, a criterion, or when the time began; absent where it is not known of the calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The same of `then`.
    #[serde(skip_serializing_if = "Option::is_none")]
    then: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    then_name: Option<String>,
    /// By criterion: its rubric.
    #[serde(skip_serializing_if = "Option::is_none")]
    rubric: Option<String>,
    /// Calls.
    calls: i64,
    #[serde(flatten)]
    findings: Counts,
    /// Parameters of `GET /api/v1/calls` that list its calls with a violation; without `finding` all of them.
    filter: BTreeMap<String, String>,
}

/// See how much of what was judged was met.
#[utoipa::path(
    get, path = "/api/v1/stats/compliance", tag = "stats", params(Which, Clock, ComplianceQuery),
    extensions(("x-action" = json!(Action::StatsRead.as_str()))),
    responses((status = 200, body = Compliance)),
)]
pub(super) async fn compliance(
    State(state): State<ApiState>,
    caller: Caller,
    Query(which): Query<Which>,
    Query(clock): Query<Clock>,
    Query(query): Query<ComplianceQuery>,
) -> Result<Json<Compliance>, ApiError> {
    let first = by(&query.by)?;
    let then = query.then.as_deref().map(by).transpose()?;
    if then == Some(first) {
        return Err(ApiError::invalid(
            "`then` is something else than `by`",
            "`then` 不能与 `by` 相同",
        ));
    }
    let mut filter = which.filter(&caller)?;
    let judged = filter.found.take_if(|found| found.verdict.is_none());
    let judged = judged.or_else(|| filter.found.clone());
    let asked = Asked {
        by: first,
        then,
        rubric: judged.as_ref().and_then(|found| found.rubric.as_deref()),
        criterion: judged.as_ref().and_then(|found| found.criterion.as_deref()),
        offset_us: clock.offset_us()?,
    };
    let mut groups = state.store.compliance(&filter, caller.scope(), &asked).await?;
    let truncated = groups.len() > GROUPS_MAX;
    if truncated {
        groups.sort_by_key(|group| std::cmp::Reverse(group.calls));
        groups.truncate(GROUPS_MAX);
    }
    let names = Names::of(&state, &groups, first, then).await?;
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|group| body(group, &which, &query, (first, then), &names))
        .collect();
    let worst = |group: &ComplianceGroup| group.findings.compliance.share.unwrap_or(2.0);
    groups.sort_by(|a, b| {
        let time = |by: By, a: &Option<String>, b: &Option<String>| match by {
            By::Time(_) => a.cmp(b),
            _ => std::cmp::Ordering::Equal,
        };
        let ties = || (&a.key, &a.rubric, &a.then).cmp(&(&b.key, &b.rubric, &b.then));
        match then {
            // Each group's own line, one after the other.
            Some(By::Time(_)) => (&a.key, &a.rubric, &a.then).cmp(&(&b.key, &b.rubric, &b.then)),
            _ => time(first, &a.key, &b.key).then(worst(a).total_cmp(&worst(b))).then_with(ties),
        }
    });
    Ok(Json(Compliance { groups, truncated }))
}

/// What people call the groups.
struct Names([BTreeMap<String, String>; 2]);

impl Names {
    async fn of(
        state: &ApiState,
        groups: &[Group],
        first: By,
        then: Option<By>,
    ) -> Result<Self, ApiError> {
        let unit = |by: By| match by {
            By::Column(column) => Some(column.name()),
            By::Criterion | By::Time(_) => None,
        };
        let ids = |of: fn(&Group) -> Option<&str>| -> Vec<&str> {
            let mut ids: Vec<&str> = groups.iter().filter_map(of).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let mut names = [BTreeMap::new(), BTreeMap::new()];
        if let Some(kind) = unit(first) {
            names[0] = state.store.unit_names(kind, &ids(|group| group.key.as_deref())).await?;
        }
        if let Some(kind) = then.and_then(unit) {
            names[1] = state.store.unit_names(kind, &ids(|group| group.then.as_deref())).await?;
        }
        Ok(Self(names))
    }

    fn name(&self, of: usize, by: By, key: Option<&String>, group: &Group) -> Option<String> {
        match by {
            By::Criterion => group.title.clone(),
            _ => self.0[of].get(key?).cloned(),
        }
    }
}

fn body(
    group: Group,
    which: &Which,
    query: &ComplianceQuery,
    (first, then): (By, Option<By>),
    names: &Names,
) -> ComplianceGroup {
    let mut filter = which.params();
    filter.entry("finding".into()).or_insert_with(|| "not_met".into());
    narrow(&mut filter, &query.by, first, group.key.as_deref(), group.rubric.as_deref());
    if let (Some(by), Some(name)) = (then, &query.then) {
        narrow(&mut filter, name, by, group.then.as_deref(), group.rubric.as_deref());
    }
    let read = |by: By, key: &Option<String>| match by {
        By::Time(_) => key.as_ref().and_then(|us| us.parse().ok()).map(at),
        By::Column(_) | By::Criterion => key.clone(),
    };
    ComplianceGroup {
        name: names.name(0, first, group.key.as_ref(), &group),
        then_name: then.and_then(|by| names.name(1, by, group.then.as_ref(), &group)),
        key: read(first, &group.key),
        then: then.and_then(|by| read(by, &group.then)),
        calls: group.calls,
        findings: Counts::of(group.findings),
        rubric: group.rubric,
        filter,
    }
}

/// Adds to parameters what lists the calls of one group of theirs.
pub(super) fn narrow(
    filter: &mut BTreeMap<String, String>,
    name: &str,
    by: By,
    key: Option<&str>,
    rubric: Option<&str>,
) {
    match by {
        By::Column(_) => {
            filter.insert(name.to_owned(), key.unwrap_or_default().to_owned());
        }
        By::Criterion => {
            filter.insert("criterion".into(), key.unwrap_or_default().to_owned());
            if let Some(rubric) = rubric {
                filter.insert("rubric".into(), rubric.to_owned());
            }
        }
        By::Time(every) => within(filter, every, key.and_then(|us| us.parse().ok())),
    }
}

/// What of one stretch of time lies in the span that was asked for.
fn within(filter: &mut BTreeMap<String, String>, every: Every, begin_us: Option<i64>) {
    let Some(begin_us) = begin_us else { return };
    let bound = |name: &str| filter.get(name).and_then(|text| us(text).ok());
    let from_us = bound("from").map_or(begin_us, |from_us| from_us.max(begin_us));
    let end_us = begin_us + every.us();
    let to_us = bound("to").map_or(end_us, |to_us| to_us.min(end_us));
    filter.insert("from".into(), at(from_us));
    filter.insert("to".into(), at(to_us));
}
