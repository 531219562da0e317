//! How a measure of calls is spread: bins, quantiles, by group where asked.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::compliance::narrow;
use super::{Clock, by, mean};
use crate::access::Action;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::error::ApiError;
use crate::api::extract::{Json, Query, at};
use crate::api::which::{Which, measure};
use crate::store::distribution::Step;
use crate::store::figures::By;
use crate::store::list::Measure;

/// Groups of an answer.
const GROUPS_MAX: usize = 50;

/// Steps of a bin: as fine as quantiles are.
const STEPS: i64 = 10;

/// A measure's bins: how wide each is in the store's unit, and how many there are. The last one has no end, unless the
/// measure has one.
const fn bins(measure: Measure) -> (i64, usize) {
    match measure {
        Measure::DeadAir => (5_000, 24),
        Measure::DeadAirLongest => (2_000, 30),
        Measure::Overtalk => (1_000, 20),
        Measure::Rate => (20, 25),
        Measure::TalkShare => (50, 20),
        Measure::Hold => (15_000, 20),
        Measure::Score => (5_000, 20),
        Measure::Duration => (30_000, 40),
        Measure::Risk => (50, 20),
    }
}

/// Whether its greatest value is known, and belongs to the last bin.
const fn ends(measure: Measure) -> bool {
    matches!(measure, Measure::TalkShare | Measure::Score | Measure::Risk)
}

/// By what. The measure is that of the call list: `at_least` and `below` bound the calls that are counted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DistributionQuery {
    /// Separate figures for each `client`, `vendor`, `project`, `team`, `agent`, `queue`, `direction`, `language`,
    /// `kind`, `hour`, `day` or `week`.
    by: Option<String>,
}

/// A measure's spread.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Distribution {
    /// Of all calls that have the measure.
    all: Spread,
    /// The groups with the most calls, 50 at most; empty unless asked for.
    groups: Vec<Spread>,
    /// There are more groups than are shown.
    truncated: bool,
}

/// How the calls of a group are spread.
#[derive(Debug, Serialize, ToSchema)]
struct Spread {
    /// The group's value; absent where it is not known, and of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    calls: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean: Option<f64>,
    /// `p5` to `p95`: the value that so many of a hundred calls do not exceed, to a tenth of a bin.
    quantiles: BTreeMap<&'static str, f64>,
    /// Every bin, also those without a call.
    bins: Vec<Bin>,
}

/// One bar.
#[derive(Debug, Serialize, ToSchema)]
struct Bin {
    /// At least this.
    from: f64,
    /// Less than this; absent: without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<f64>,
    calls: i64,
    /// Parameters of `GET /api/v1/calls` that list its calls.
    filter: BTreeMap<String, String>,
}

const QUANTILES: [(&str, f64); 7] = [
    ("p5", 0.05),
    ("p10", 0.10),
    ("p25", 0.25),
    ("p50", 0.50),
    ("p75", 0.75),
    ("p90", 0.90),
    ("p95", 0.95),
];

/// See how a measure is spread.
#[utoipa::path(
    get, path = "/api/v1/stats/distribution", tag = "stats", params(Which, Clock, DistributionQuery),
    extensions(("x-action" = json!(Action::StatsRead.as_str()))),
    responses((status = 200, body = Distribution)),
)]
pub(super) async fn distribution(
    State(state): State<ApiState>,
    caller: Caller,
    Query(which): Query<Which>,
    Query(clock): Query<Clock>,
    Query(query): Query<DistributionQuery>,
) -> Result<Json<Distribution>, ApiError> {
    let name = which
        .measure
        .as_deref()
        .ok_or_else(|| ApiError::invalid("name a `measure`", "请指定 `measure`"))?;
    let (of, unit) = measure(name)?;
    let group = query.by.as_deref().map(by).transpose()?;
    if group == Some(By::Criterion) {
        return Err(ApiError::invalid(
            "a call has many criteria: group by something else",
            "一个通话有多个评分项，请改用其他分组方式",
        ));
    }
    let filter = which.filter(&caller)?;
    let step = bins(of).0 / STEPS;
    let by = group.zip(Some(clock.offset_us()?));
    let steps = state.store.distribution(&filter, caller.scope(), of, step, by).await?;
    let shape = Shape { measure: of, name, unit, which: &which };
    let mut all: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for one in &steps {
        let sum = all.entry(one.step).or_default();
        *sum = (sum.0 + one.calls, sum.1 + one.sum);
    }
    let all: Vec<Step> =
        all.into_iter().map(|(step, (calls, sum))| Step { key: None, step, calls, sum }).collect();
    let parts: Vec<&[Step]> = match group {
        Some(_) => steps.chunk_by(|a, b| a.key == b.key).collect(),
        None => Vec::new(),
    };
    let truncated = parts.len() > GROUPS_MAX;
    let calls = |part: &[Step]| part.iter().map(|step| step.calls).sum::<i64>();
    let mut parts = parts;
    parts.sort_by_key(|part| std::cmp::Reverse(calls(part)));
    parts.truncate(GROUPS_MAX);
    let named = query.by.as_deref().zip(group);
    let groups = parts.into_iter().map(|part| shape.spread(part, named)).collect();
    Ok(Json(Distribution { all: shape.spread(&all, None), groups, truncated }))
}

/// What a spread is drawn by.
struct Shape<'a> {
    measure: Measure,
    name: &'a str,
    unit: f64,
    which: &'a Which,
}

impl Shape<'_> {
    fn spread(&self, steps: &[Step], group: Option<(&str, By)>) -> Spread {
        let (width, count) = bins(self.measure);
        let mut counts = vec![0; count];
        for one in steps {
            let bin = usize::try_from(one.step / STEPS).unwrap_or(0).min(count - 1);
            counts[bin] += one.calls;
        }
        let key = steps.first().and_then(|step| step.key.clone());
        let mut filter = self.which.params();
        if let Some((name, by)) = group {
            narrow(&mut filter, name, by, key.as_deref(), None);
        }
        filter.insert("measure".into(), self.name.to_owned());
        let value = |stored: i64| stored as f64 / self.unit;
        let bin = |(ix, calls): (usize, i64)| {
            let from = value(ix as i64 * width);
            let last = ix + 1 == count;
            let to = (!last || ends(self.measure)).then(|| value((ix as i64 + 1) * width));
            let mut filter = filter.clone();
            self.bound(&mut filter, from, to.filter(|_| !last));
            Bin { from, to, calls, filter }
        };
        let calls = steps.iter().map(|step| step.calls).sum();
        let sum = steps.iter().map(|step| step.sum).sum::<i64>() as f64 / self.unit;
        let quantile = |(name, part): (&'static str, f64)| {
            let mut left = (part * calls as f64).ceil().max(1.0) as i64;
            let at = steps.iter().find(|step| {
                left -= step.calls;
                left <= 0
            });
            at.map(|step| (name, value(step.step * (width / STEPS))))
        };
        Spread {
            key: match group {
                Some((_, By::Time(_))) => key.and_then(|us| us.parse().ok()).map(at),
                _ => key,
            },
            calls,
            mean: mean(sum, calls),
            quantiles: QUANTILES.into_iter().filter_map(quantile).collect(),
            bins: counts.into_iter().enumerate().map(bin).collect(),
        }
    }

    /// A bin's bounds, within those that were asked for.
    fn bound(&self, filter: &mut BTreeMap<String, String>, from: f64, to: Option<f64>) {
        let least = self.which.at_least.map_or(from, |least| least.max(from));
        filter.insert("at_least".into(), least.to_string());
        let below = match (self.which.below, to) {
            (Some(below), Some(to)) => Some(below.min(to)),
            (below, to) => below.or(to),
        };
        if let Some(below) = below {
            filter.insert("below".into(), below.to_string());
        }
    }
}
