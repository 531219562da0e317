//! Today at a glance, or any other stretch of time.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Clock, Counts, mean, share};
use crate::access::Action;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::error::ApiError;
use crate::api::extract::{Json, Query, at};
use crate::api::review::ShareBody;
use crate::api::which::Which;
use crate::store::figures::{Bulk, Every};

/// Stretches of a series.
const POINTS_MAX: usize = 1_000;

/// How fine.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Fine {
    /// `hour`, `day` or `week`; without it hours for up to two days, days for up to 13 weeks, and weeks else.
    every: Option<String>,
}

/// Figures of some calls.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = OverviewFigures)]
struct Figures {
    /// Spoken and written.
    all: i64,
    calls: i64,
    chats: i64,
    /// Of calls; a chat has no length.
    hours: f64,
    /// By the machine's verdict: `pass`, `fail`, `critical`, `undetermined`, `not_applicable`.
    verdicts: BTreeMap<String, i64>,
    /// With a score.
    scored: i64,
    /// 0 to 100; people's score where they decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    score_mean: Option<f64>,
}

impl Figures {
    fn of<'a>(all: impl Iterator<Item = &'a Bulk>) -> Self {
        let (mut figures, mut score_milli, mut duration_ms) = (Self::default(), 0, 0);
        for one in all {
            figures.all += one.calls;
            if one.kind == "chat" {
                figures.chats += one.calls;
            } else {
                figures.calls += one.calls;
                duration_ms += one.duration_ms;
            }
            *figures.verdicts.entry(one.verdict.clone()).or_default() += one.calls;
            figures.scored += one.scored;
            score_milli += one.score_milli;
        }
        figures.hours = (duration_ms as f64 / 36_000.0).round() / 100.0;
        figures.score_mean = mean(score_milli as f64 / 1000.0, figures.scored);
        figures
    }
}

/// How far review is.
#[derive(Debug, Serialize, ToSchema)]
struct ReviewFigures {
    /// Violations that nobody has decided on.
    open_violations: i64,
    /// Undetermined findings that nobody has decided on.
    open_undetermined: i64,
    /// Findings that somebody has decided on.
    decided: i64,
    agreed: i64,
    overturned: i64,
    not_assessable: i64,
    /// Overturned, of what was agreed with or overturned.
    overturn: ShareBody,
    /// Calls that are settled.
    settled: i64,
}

/// Some calls at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Overview {
    #[serde(flatten)]
    figures: Figures,
    findings: Counts,
    /// Undetermined, of all findings that apply.
    undetermined: ShareBody,
    review: ReviewFigures,
    /// `hour`, `day` or `week`.
    every: &'static str,
    /// The first first; stretches without a call are left out.
    series: Vec<OverviewPoint>,
}

/// One stretch of time.
#[derive(Debug, Serialize, ToSchema)]
struct OverviewPoint {
    /// When it began.
    begin: String,
    #[serde(flatten)]
    figures: Figures,
    findings: Counts,
}

fn findings<'a>(all: impl Iterator<Item = &'a Bulk>) -> [i64; 4] {
    let add = |sum: [i64; 4], one: &Bulk| std::array::from_fn(|ix| sum[ix] + one.findings[ix]);
    all.fold([0; 4], add)
}

/// See calls at a glance: how many, how they came out, how far review is, and over time.
#[utoipa::path(
    get, path = "/api/v1/stats/overview", tag = "stats", params(Which, Clock, Fine),
    extensions(("x-action" = json!(Action::StatsRead.as_str()))),
    responses((status = 200, body = Overview)),
)]
pub(super) async fn overview(
    State(state): State<ApiState>,
    caller: Caller,
    Query(which): Query<Which>,
    Query(clock): Query<Clock>,
    Query(fine): Query<Fine>,
) -> Result<Json<Overview>, ApiError> {
    let filter = which.filter(&caller)?;
    let offset_us = clock.offset_us()?;
    let span_us = filter.from_us.map(|from| filter.to_us.unwrap_or(i64::MAX).saturating_sub(from));
    let (name, every) = match (fine.every.as_deref(), span_us.unwrap_or(i64::MAX)) {
        (Some("hour"), _) => ("hour", Every::Hour),
        (Some("day"), _) => ("day", Every::Day),
        (Some("week"), _) => ("week", Every::Week),
        (Some(_), _) => {
            return Err(ApiError::invalid(
                "`every` is hour, day or week",
                "`every` 应为 hour、day 或 week",
            ));
        }
        (None, span) if span <= 2 * Every::Day.us() => ("hour", Every::Hour),
        (None, span) if span <= 13 * Every::Week.us() => ("day", Every::Day),
        (None, _) => ("week", Every::Week),
    };
    // One reading: the whole is the sum of its parts, whatever arrives meanwhile.
    let points = state.store.series(&filter, caller.scope(), every, offset_us).await?;
    let all = || points.iter().map(|point| &point.bulk);
    let counts = findings(all());
    let sum = |of: fn(&Bulk) -> i64| all().map(of).sum::<i64>();
    let (agreed, overturned) = (sum(|one| one.agreed), sum(|one| one.overturned));
    let not_assessable = sum(|one| one.not_assessable);
    let review = ReviewFigures {
        open_violations: sum(|one| one.open_violations),
        open_undetermined: sum(|one| one.open_undetermined),
        decided: agreed + overturned + not_assessable,
        agreed,
        overturned,
        not_assessable,
        overturn: ShareBody::of(share(overturned, agreed + overturned)),
        settled: sum(|one| one.settled),
    };
    let mut series = Vec::new();
    for part in points.chunk_by(|a, b| a.begin_us == b.begin_us) {
        let bulks = || part.iter().map(|point| &point.bulk);
        series.push(OverviewPoint {
            begin: at(part[0].begin_us),
            figures: Figures::of(bulks()),
            findings: Counts::of(findings(bulks())),
        });
    }
    if series.len() > POINTS_MAX {
        return Err(ApiError::invalid(
            "more than 1000 stretches of time: ask for longer ones with `every`, or for less",
            "时间段超过 1000 个：请用 `every` 指定更长的时间段，或缩小范围",
        ));
    }
    let undetermined = share(counts[2], counts[0] + counts[1] + counts[2]);
    Ok(Json(Overview {
        figures: Figures::of(all()),
        findings: Counts::of(counts),
        undetermined: ShareBody::of(undetermined),
        review,
        every: name,
        series,
    }))
}
