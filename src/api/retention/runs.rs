//! What is due, and runs that delete it.

use axum::extract::State;
use axum::http::StatusCode;
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::error::TrySendError;
use utoipa::ToSchema;

use super::audit;
use super::rules::RuleShown;
use crate::access::Action;
use crate::api::error::{ApiError, said};
use crate::api::extract::{Json, at, us};
use crate::api::{ApiState, Caller, Order, Progress};
use crate::blobs::BlobName;
use crate::store::calls::CallRow;
use crate::store::now_us;
use crate::store::retention::{Dues, RuleDues, dues};

/// Sizes asked for at a time.
const ASKED_MAX: usize = 16;

/// A call that is due, in short.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DueCall)]
struct DueCall {
    id: String,
    external_id: String,
    started: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    duration_s: f64,
}

impl DueCall {
    fn of(row: CallRow) -> Self {
        Self {
            id: row.id,
            external_id: row.external_id,
            started: at(row.started_us),
            client: row.belongs.client,
            team: row.belongs.team,
            agent: row.belongs.agent,
            duration_s: row.duration_ms as f64 / 1000.0,
        }
    }
}

/// What a rule would take.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleDue)]
struct RuleDue {
    rule: RuleShown,
    /// Calls of which something would go.
    calls: usize,
    /// Calls that are due and held.
    held: u64,
    /// Bytes of audio and clear texts of the first `bytes_of` of these calls.
    bytes: u64,
    /// Of how many calls `bytes` were measured; fewer than `calls` where there are very many.
    bytes_of: usize,
    /// The newest of them, 20 at most.
    sample: Vec<DueCall>,
}

/// What would be deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RetentionDue)]
pub(super) struct DueShown {
    /// The time at which it is due. Confirm it together with `digest`.
    at: String,
    /// Names exactly this list: time, rules, calls.
    digest: String,
    /// Different calls of which something would go.
    calls: usize,
    /// Whether more is due than the 100 000 calls of one list.
    more: bool,
    rules: Vec<RuleDue>,
}

async fn rule_due(state: &ApiState, of: RuleDues) -> RuleDue {
    let blobs = &state.ports.blobs;
    // One that is not there is no bytes, and no reason to show nothing.
    let names: Vec<BlobName> = of.blobs.iter().filter_map(|blob| BlobName::parse(blob)).collect();
    let sizes = futures_util::stream::iter(names)
        .map(|name| async move { blobs.size(&name).await.unwrap_or(0) })
        .buffer_unordered(ASKED_MAX);
    let bytes = sizes.fold(0, async |sum, size| sum + size).await;
    RuleDue {
        calls: of.calls.len(),
        held: of.held,
        bytes,
        bytes_of: of.blobs_of,
        sample: of.shown.into_iter().map(DueCall::of).collect(),
        rule: RuleShown::of(of.rule),
    }
}

/// See what would be deleted now, by rule. Nothing is.
#[utoipa::path(
    get, path = "/api/v1/retention/due", tag = "retention",
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 200, body = DueShown)),
)]
pub(super) async fn due(State(state): State<ApiState>) -> Result<Json<DueShown>, ApiError> {
    let all = dues(&state.store, now_us()).await?;
    let (calls, more) = (all.calls(), all.more);
    let Dues { at_us, rules: found, digest, .. } = all;
    let mut rules = Vec::new();
    for of in found {
        rules.push(rule_due(&state, of).await);
    }
    Ok(Json(DueShown { at: at(at_us), digest, calls, more, rules }))
}

/// How far the last run is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RetentionRun)]
pub(super) struct RunShown {
    /// `none` (since the service was started), `running`, `done`, `failed`.
    state: &'static str,
    /// Who ordered it: a person's id, or `service` for the daily one.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    begun: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// Calls to deal with; one that two rules take is counted twice.
    total: u64,
    /// Of how many something was deleted.
    deleted: u64,
    /// How many were held, or no longer due, when their turn came.
    passed: u64,
    /// Why it ended early. What was not deleted is due still.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl RunShown {
    fn of(progress: &Progress) -> Self {
        let state = match (&progress.by, progress.ended_us, &progress.why) {
            (None, ..) => "none",
            (_, None, _) => "running",
            (_, _, None) => "done",
            _ => "failed",
        };
        Self {
            state,
            by: progress.by.clone(),
            begun: progress.by.as_ref().map(|_| at(progress.begun_us)),
            ended: progress.ended_us.map(at),
            total: progress.total,
            deleted: progress.deleted,
            passed: progress.passed,
            why: progress.why.clone(),
        }
    }
}

/// See how far the last run is.
#[utoipa::path(
    get, path = "/api/v1/retention/run", tag = "retention",
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 200, body = RunShown)),
)]
pub(super) async fn run_state(State(state): State<ApiState>) -> Json<RunShown> {
    Json(RunShown::of(&state.ports.keeper.progress.borrow()))
}

/// The list that is confirmed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmedDue {
    /// `at` of the list.
    #[schema(format = DateTime, example = "2026-01-01T00:00:00Z")]
    at: String,
    /// `digest` of the list.
    digest: String,
}

/// Delete what a list names that was seen. 409 when the list would be another one now: rules, holds or calls changed.
#[utoipa::path(
    post, path = "/api/v1/retention/run", tag = "retention", request_body = ConfirmedDue,
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 202, description = "It is being carried out; GET tells how far it is", body = RunShown)),
)]
pub(super) async fn run(
    State(state): State<ApiState>,
    caller: Caller,
    Json(body): Json<ConfirmedDue>,
) -> Result<(StatusCode, Json<RunShown>), ApiError> {
    let at_us = us(&body.at)?;
    if at_us > now_us() {
        let en = "`at` is the time of a list that was seen, not one to come";
        return Err(ApiError::invalid(en, "`at` 应为已查看清单的时间，不能晚于当前时间"));
    }
    let dues = dues(&state.store, at_us).await?;
    if dues.digest != body.digest {
        let en = "what is due has changed since you saw it; look at it again";
        return Err(ApiError::conflict(en, "到期清单已变化，请重新查看"));
    }
    let total: usize = dues.rules.iter().map(|of| of.calls.len()).sum();
    let detail = serde_json::json!({ "at": body.at, "digest": dues.digest, "calls": total });
    let keeper = &state.ports.keeper;
    if keeper.progress.borrow().is_running() {
        return Err(ApiError::conflict("a run is under way", "已有删除任务正在执行"));
    }
    let place = keeper.orders.try_reserve().map_err(|error| match error {
        TrySendError::Full(()) => ApiError::conflict("a run is under way", "已有删除任务正在执行"),
        TrySendError::Closed(()) => {
            ApiError::Unavailable(said("the service is being stopped", "服务正在停止"))
        }
    })?;
    // Who ordered it is on record before it begins.
    let tx = state.store.begin().await?;
    audit(&tx, &caller, "retention.run", "", detail).await?;
    tx.commit().await?;
    place.send(Order { dues, by: caller.id().to_owned() });
    let begun = Progress {
        by: Some(caller.id().to_owned()),
        begun_us: now_us(),
        total: total as u64,
        ..Progress::default()
    };
    Ok((StatusCode::ACCEPTED, Json(RunShown::of(&begun))))
}
