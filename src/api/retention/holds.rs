//! Legal holds.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{REASON_CHARS_MAX, VALUE_CHARS_MAX, audit, of};
use crate::access::Action;
use crate::api::error::ApiError;
use crate::api::extract::{Json, Path, Query, at, text, us};
use crate::api::page::{Page, PageQuery};
use crate::api::{ApiState, Caller};
use crate::store::now_us;
use crate::store::retention::{self, LegalHold, Of, Which, hold_of};

/// Which calls: as in the list of calls. What is absent does not narrow it; nothing at all: every call.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HeldCalls)]
pub(super) struct WhichBody {
    /// This call only.
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<String>,
    /// A criterion that was not met.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
    /// Begun at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Begun before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// `client`, `vendor`, `project`, `team`, `agent`, `queue`, `direction`, `language`, `verdict`, `review_state`,
    /// `assigned_to`, `kind` and their values.
    #[serde(default, skip_serializing_if = "Of::is_empty")]
    #[schema(value_type = Object)]
    of: Of,
}

impl WhichBody {
    fn valid(self) -> Result<Which, ApiError> {
        let short = |name: &str, value: Option<String>| {
            value.map(|value| text(name, &value, VALUE_CHARS_MAX)).transpose()
        };
        Ok(Which {
            call_id: short("call_id", self.call_id)?,
            failed: short("failed", self.failed)?,
            from_us: self.from.as_deref().map(us).transpose()?,
            to_us: self.to.as_deref().map(us).transpose()?,
            of: of(self.of)?,
        })
    }

    fn of(which: Which) -> Self {
        let Which { call_id, failed, from_us, to_us, of } = which;
        Self { call_id, failed, from: from_us.map(at), to: to_us.map(at), of }
    }
}

/// A legal hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LegalHold)]
pub(super) struct HoldShown {
    id: String,
    /// Why.
    reason: String,
    /// Which calls.
    calls: WhichBody,
    /// How many calls that finds now.
    count: i64,
    /// Who said so: a person's id, or `cli`.
    by: String,
    created: String,
    /// When it ended; absent while it is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    released: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    released_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    release_reason: Option<String>,
}

impl HoldShown {
    async fn of(state: &ApiState, hold: LegalHold) -> Result<Self, ApiError> {
        let count = hold.which.count(&state.store).await?;
        let (released_us, released_by, release_reason) = match hold.released {
            Some((at_us, by, why)) => (Some(at_us), by, why),
            None => (None, None, None),
        };
        Ok(Self {
            id: hold.id,
            reason: hold.reason,
            calls: WhichBody::of(hold.which),
            count,
            by: hold.by,
            created: at(hold.created_us),
            released: released_us.map(at),
            released_by,
            release_reason,
        })
    }
}

/// Which holds.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Listed {
    /// Those that were released, too.
    #[serde(default)]
    released: bool,
}

/// List the legal holds, oldest first.
#[utoipa::path(
    get, path = "/api/v1/retention/holds", tag = "retention", params(Listed, PageQuery),
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 200, body = Page<HoldShown>)),
)]
pub(super) async fn holds(
    State(state): State<ApiState>,
    Query(listed): Query<Listed>,
    query: PageQuery,
) -> Result<Json<Page<HoldShown>>, ApiError> {
    let (limit, after) = (query.limit()?, query.after::<String>()?.unwrap_or_default());
    let found = retention::holds(&state.store, listed.released, &after, limit + 1).await?;
    let page = Page::of(found, limit, |hold| hold.id.clone());
    let mut items = Vec::new();
    for hold in page.items {
        items.push(HoldShown::of(&state, hold).await?);
    }
    Ok(Json(Page { items, next: page.next }))
}

/// A hold as people write it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLegalHold {
    /// Why.
    reason: String,
    /// Which calls.
    calls: WhichBody,
}

/// Keep calls from being deleted, whatever rules say; calls that come later too.
#[utoipa::path(
    post, path = "/api/v1/retention/holds", tag = "retention", request_body = NewLegalHold,
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 201, body = HoldShown)),
)]
pub(super) async fn add_hold(
    State(state): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewLegalHold>,
) -> Result<Response, ApiError> {
    let reason = text("reason", &body.reason, REASON_CHARS_MAX)?;
    let which = body.calls.valid()?;
    let tx = state.store.begin().await?;
    let hold = tx.hold(&reason, &which, caller.id(), now_us()).await?;
    let detail = serde_json::json!({ "reason": reason, "calls": which });
    audit(&tx, &caller, "retention.hold", &format!("hold/{}", hold.id), detail).await?;
    tx.commit().await?;
    let place = [("location", format!("/api/v1/retention/holds/{}", hold.id))];
    let shown = HoldShown::of(&state, hold).await?;
    Ok((StatusCode::CREATED, place, Json(shown)).into_response())
}

async fn shown(state: &ApiState, id: &str) -> Result<HoldShown, ApiError> {
    let hold = hold_of(&state.store, id).await?;
    HoldShown::of(state, hold.ok_or_else(|| ApiError::not_found("hold", "保全不存在"))?).await
}

/// See a hold.
#[utoipa::path(
    get, path = "/api/v1/retention/holds/{hold_id}", tag = "retention", params(("hold_id" = String, Path)),
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 200, body = HoldShown)),
)]
pub(super) async fn hold(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<HoldShown>, ApiError> {
    Ok(Json(shown(&state, &id).await?))
}

/// Why a hold ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseHold {
    /// Why.
    reason: String,
}

/// Release a hold: what rules say of its calls holds again.
#[utoipa::path(
    post, path = "/api/v1/retention/holds/{hold_id}/release", tag = "retention", request_body = ReleaseHold,
    params(("hold_id" = String, Path)), extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 200, body = HoldShown)),
)]
pub(super) async fn release_hold(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<ReleaseHold>,
) -> Result<Json<HoldShown>, ApiError> {
    let reason = text("reason", &body.reason, REASON_CHARS_MAX)?;
    let tx = state.store.begin().await?;
    let hold = hold_of(&tx, &id).await?;
    if hold.ok_or_else(|| ApiError::not_found("hold", "保全不存在"))?.released.is_some() {
        return Err(ApiError::conflict("the hold was released before", "该保全已解除"));
    }
    tx.release(&id, &reason, caller.id(), now_us()).await?;
    let detail = serde_json::json!({ "reason": reason });
    audit(&tx, &caller, "retention.release", &format!("hold/{id}"), detail).await?;
    tx.commit().await?;
    Ok(Json(shown(&state, &id).await?))
}
