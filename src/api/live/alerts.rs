//! Alerts: the list, taking one on, saying whether it was right.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::REASON_CHARS_MAX;
use super::bodies::AlertBody;
use crate::access::Action;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::error::{ApiError, said};
use crate::api::extract::{Json, Path, Query, us};
use crate::api::page::{Page, PageQuery};
use crate::store::alerts::{self, AlertFilter, AlertRow, AlertState};
use crate::store::audit::Deed;
use crate::store::{StoreError, now_us};

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(acknowledge))
        .routes(routes!(feedback))
        .routes(routes!(precision))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// `open` (default), `acknowledged`, `withdrawn` or `all`.
    state: Option<String>,
    /// Of this call alone.
    call_id: Option<String>,
    /// By this rubric alone.
    rubric: Option<String>,
    /// By this criterion alone.
    criterion: Option<String>,
}

/// Alerts, the newest first.
#[utoipa::path(
    get, path = "/api/v1/alerts", tag = "live", params(Which, PageQuery),
    extensions(("x-action" = json!(Action::LiveRead.as_str()))),
    responses((status = 200, body = Page<AlertBody>)),
)]
async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    Query(which): Query<Which>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<AlertBody>>, ApiError> {
    let only = match which.state.as_deref().unwrap_or("open") {
        "open" => Some(AlertState::Open),
        "acknowledged" => Some(AlertState::Acknowledged),
        "withdrawn" => Some(AlertState::Withdrawn),
        "all" => None,
        _ => {
            return Err(ApiError::invalid(
                "`state` is open, acknowledged, withdrawn or all",
                "`state` 应为 open、acknowledged、withdrawn 或 all",
            ));
        }
    };
    let limit = page.limit()?;
    let Which { call_id, rubric, criterion, .. } = which;
    let filter = AlertFilter { state: only, call_id, rubric, criterion, before: page.after()? };
    let found = state.store.alerts(&filter, caller.scope(), limit + 1).await?;
    let page = Page::of(found, limit, |alert: &AlertRow| alert.id.clone());
    Ok(Json(page.map(|alert| AlertBody::of(&alert))))
}

/// An alert that the caller sees.
async fn visible(state: &ApiState, caller: &Caller, id: &str) -> Result<AlertRow, ApiError> {
    let none = || ApiError::not_found("alert", "告警不存在");
    let alert = state.store.alert(id).await?.ok_or_else(none)?;
    let belongs = state.store.belongs(&alert.call_id).await?;
    if belongs.is_some_and(|belongs| caller.sees(&belongs)) { Ok(alert) } else { Err(none()) }
}

/// Take an alert on.
#[utoipa::path(
    post, path = "/api/v1/alerts/{alert_id}/acknowledge", tag = "live", params(("alert_id" = String, Path)),
    extensions(("x-action" = json!(Action::AlertsSettle.as_str()))),
    responses((status = 204, description = "Taken on"), (status = 409, description = "Somebody has")),
)]
async fn acknowledge(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let alert = visible(&state, &caller, &id).await?;
    let (now_us, tx) = (now_us(), state.store.begin().await?);
    match alerts::acknowledge(&tx, &id, caller.id(), now_us).await {
        Ok(()) => {}
        Err(StoreError::Conflict(why)) => {
            return Err(ApiError::Conflict(said(why, "该告警已有人确认")));
        }
        Err(error) => return Err(error.into()),
    }
    record(&tx, &caller, "alert.acknowledge", &id, &alert).await?;
    tx.commit().await?;
    if let Some(call) = state.ports.floor.call(&alert.call_id) {
        call.paint(|picture| picture.alerts.open.remove(&id));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Whether it was right.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertFeedback)]
struct Feedback {
    /// Whether what it says is so.
    right: bool,
    /// Why.
    #[serde(default)]
    note: String,
}

/// Say whether an alert was right; the last word counts.
#[utoipa::path(
    post, path = "/api/v1/alerts/{alert_id}/feedback", tag = "live", params(("alert_id" = String, Path)),
    request_body = Feedback, extensions(("x-action" = json!(Action::AlertsSettle.as_str()))),
    responses((status = 204, description = "Noted")),
)]
async fn feedback(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(said): Json<Feedback>,
) -> Result<StatusCode, ApiError> {
    let alert = visible(&state, &caller, &id).await?;
    if said.note.chars().count() > REASON_CHARS_MAX {
        return Err(ApiError::invalid("`note` is over 500 characters", "`note` 超过 500 字"));
    }
    let tx = state.store.begin().await?;
    alerts::judge(&tx, &id, said.right, said.note.trim()).await?;
    record(&tx, &caller, "alert.feedback", &id, &alert).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn record(
    tx: &crate::store::Tx,
    caller: &Caller,
    action: &str,
    id: &str,
    alert: &AlertRow,
) -> Result<(), StoreError> {
    let detail = serde_json::json!({ "call": alert.call_id }).to_string();
    let object = format!("alert/{id}");
    tx.audit(now_us(), &Deed { actor: caller.id(), action, object: &object, detail: &detail })
        .await
        .map(drop)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct When {
    /// From; the last 30 days where absent.
    from: Option<String>,
    /// Up to.
    to: Option<String>,
}

/// How often a criterion's alerts were right.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertPrecision)]
struct PrecisionBody {
    /// The rubric.
    rubric: String,
    /// The criterion.
    criterion: String,
    /// Its title.
    title: String,
    /// Times it was raised.
    raised: i64,
    /// Times a person said that it was right.
    right: i64,
    /// And wrong.
    wrong: i64,
    /// Times the recording's analysis did not bear it out.
    withdrawn: i64,
}

/// A month, in microseconds.
const MONTH_US: i64 = 30 * 86_400_000_000;

/// How often alerts were right, by criterion.
#[utoipa::path(
    get, path = "/api/v1/alerts/precision", tag = "live", params(When),
    extensions(("x-action" = json!(Action::LiveRead.as_str()))),
    responses((status = 200, body = Vec<PrecisionBody>)),
)]
async fn precision(
    State(state): State<ApiState>,
    caller: Caller,
    Query(when): Query<When>,
) -> Result<Json<Vec<PrecisionBody>>, ApiError> {
    let to_us = when.to.as_deref().map(us).transpose()?.unwrap_or_else(|| now_us() + 1);
    let from_us = when.from.as_deref().map(us).transpose()?.unwrap_or(to_us - MONTH_US);
    let found = state.store.alert_precision(from_us, to_us, caller.scope()).await?;
    let form = found.into_iter().map(|one| PrecisionBody {
        rubric: one.rubric,
        criterion: one.criterion,
        title: one.title,
        raised: one.raised,
        right: one.right,
        wrong: one.wrong,
        withdrawn: one.withdrawn,
    });
    Ok(Json(form.collect()))
}
