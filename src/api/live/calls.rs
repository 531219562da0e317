//! The wall, one call, and pausing its recording.

use std::cmp::Reverse;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{AlertBody, Capacity, LiveBody, LiveDetail, LiveUtterance, Wall};
use super::floor::Order;
use super::{REASON_CHARS_MAX, visible};
use crate::access::Action;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::error::ApiError;
use crate::api::extract::{Json, Path, at, text};
use crate::store::alerts::AlertFilter;
use crate::store::audit::Deed;
use crate::store::now_us;

/// Alerts that are shown with a call.
const ALERTS_MAX: u32 = 100;

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(wall))
        .routes(routes!(one))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(timeline))
}

/// The calls that go on, those first that want looking at.
#[utoipa::path(
    get, path = "/api/v1/live/calls", tag = "live",
    extensions(("x-action" = json!(Action::LiveRead.as_str()))),
    responses((status = 200, body = Wall)),
)]
async fn wall(State(state): State<ApiState>, caller: Caller) -> Json<Wall> {
    let floor = &state.ports.floor;
    let all = floor.all();
    let capacity = Capacity::of(floor.calls_max, all.len(), floor.load());
    let seen = all.iter().filter(|call| caller.sees(&call.belongs()));
    let mut calls: Vec<LiveBody> = seen.map(|call| LiveBody::of(call)).collect();
    calls.sort_by_key(|call| (Reverse(call.harm), Reverse(call.started_at.clone())));
    Json(Wall { calls, capacity })
}

/// A call that goes on, with what was said in it.
#[utoipa::path(
    get, path = "/api/v1/live/calls/{live_id}", tag = "live", params(("live_id" = String, Path)),
    extensions(("x-action" = json!(Action::LiveRead.as_str()))),
    responses((status = 200, body = LiveDetail)),
)]
async fn one(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<LiveDetail>, ApiError> {
    let live = visible(&state, &caller, &id)?;
    let filter = AlertFilter { call_id: Some(id), ..AlertFilter::default() };
    let alerts = state.store.alerts(&filter, caller.scope(), ALERTS_MAX).await?;
    let call = LiveBody::of(&live);
    let picture = live.picture();
    let party = |leg: u8| {
        let leg = picture.legs.iter().find(|one| one.leg == leg);
        leg.map_or_else(|| "unknown".to_owned(), |leg| leg.party.clone())
    };
    let partials = picture.partials.iter().map(|(leg, (start_ms, text))| LiveUtterance {
        leg: *leg,
        party: party(*leg),
        start_s: *start_ms as f64 / 1_000.0,
        end_s: picture.received_ms as f64 / 1_000.0,
        text: text.clone(),
        confidence: 0.0,
        revoked: false,
    });
    Ok(Json(LiveDetail {
        call,
        utterances: picture.said.values().cloned().collect(),
        partials: partials.collect(),
        criteria: picture.criteria.clone(),
        alerts: alerts.iter().map(AlertBody::of).collect(),
    }))
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PauseRequest)]
struct Why {
    /// In words; it goes into the audit log.
    reason: String,
}

/// Record nothing for now: card data is being told. Nobody hears it, and nothing of it is recognised.
#[utoipa::path(
    post, path = "/api/v1/live/calls/{live_id}/pause", tag = "live", params(("live_id" = String, Path)),
    request_body = Why, extensions(("x-action" = json!(Action::LivePause.as_str()))),
    responses((status = 202, description = "It will be paused within a moment")),
)]
async fn pause(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(why): Json<Why>,
) -> Result<StatusCode, ApiError> {
    visible(&state, &caller, &id)?;
    let reason = text("reason", &why.reason, REASON_CHARS_MAX)?;
    order(&state, &caller, &id, Order::Pause, &reason).await
}

/// Record again.
#[utoipa::path(
    post, path = "/api/v1/live/calls/{live_id}/resume", tag = "live", params(("live_id" = String, Path)),
    extensions(("x-action" = json!(Action::LivePause.as_str()))),
    responses((status = 202, description = "It will go on within a moment")),
)]
async fn resume(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    order(&state, &caller, &id, Order::Resume, "").await
}

async fn order(
    state: &ApiState,
    caller: &Caller,
    id: &str,
    order: Order,
    reason: &str,
) -> Result<StatusCode, ApiError> {
    let call = visible(state, caller, id)?;
    let action = if order == Order::Pause { "live.pause" } else { "live.resume" };
    let tx = state.store.begin().await?;
    let detail = serde_json::json!({ "reason": reason }).to_string();
    let object = format!("call/{id}");
    tx.audit(now_us(), &Deed { actor: caller.id(), action, object: &object, detail: &detail })
        .await?;
    tx.commit().await?;
    call.orders.try_send(order).map_err(|_| {
        ApiError::conflict("the call takes no order now; try again", "通话暂时无法响应，请重试")
    })?;
    Ok(StatusCode::ACCEPTED)
}

/// What happened to a call while it went on, besides what was said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LiveEvent)]
struct Happened {
    /// `held`, `paused`, `listen`, `coach`, `barge`.
    kind: String,
    /// From.
    start_s: f64,
    /// To; absent while it is so.
    end_s: Option<f64>,
    /// When it began.
    at: String,
    /// Who did it.
    person: Option<String>,
    /// Why.
    reason: Option<String>,
}

/// Holds, pauses, and who listened in: of calls that came in live, while they go on and after.
#[utoipa::path(
    get, path = "/api/v1/calls/{call_id}/timeline", tag = "live", params(("call_id" = String, Path)),
    extensions(("x-action" = json!(Action::LiveRead.as_str()))),
    responses((status = 200, body = Vec<Happened>)),
)]
async fn timeline(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<Happened>>, ApiError> {
    let belongs = state.store.belongs(&id).await?;
    if !belongs.is_some_and(|belongs| caller.sees(&belongs)) {
        return Err(ApiError::not_found("call", "通话不存在"));
    }
    let events = state.store.live_events(&id).await?;
    let form = events.into_iter().map(|event| Happened {
        kind: event.kind,
        start_s: event.start_ms as f64 / 1_000.0,
        end_s: event.end_ms.map(|ms| ms as f64 / 1_000.0),
        at: at(event.at_us),
        person: event.person,
        reason: event.reason,
    });
    Ok(Json(form.collect()))
}
