//! Publishing: a text becomes a version, for a reason; a rubric is withdrawn or brought back.
//!
//! In: a draft that is sound, and the state it was made from. Out: a version, an audit row and an event. New calls
//! are judged by it when the answer is there; those that were scored keep their scorecards.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::bodies::RubricBody;
use super::check::{library_of, refused};
use super::stored::{Publisher, source_of, version_after};
use super::{existing, existing_version};
use crate::access::Action;
use crate::api::caller::Caller;
use crate::api::error::{ApiError, ProblemBody};
use crate::api::etag::{ETag, IfMatch};
use crate::api::extract::{Json, Path, text};
use crate::api::state::ApiState;
use crate::rubric::{Plan, Rubric, load};
use crate::store::audit::Deed;
use crate::store::rubrics::{self, RubricRow};
use crate::store::{Tx, now_us};

/// Characters of a reason.
const REASON_CHARS_MAX: usize = 500;

/// How long an answer waits until calls are judged by what was published.
const IN_FORCE: Duration = Duration::from_secs(5);

/// A text to be published.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewRubricVersion)]
#[serde(deny_unknown_fields)]
pub(super) struct NewVersion {
    /// The file, YAML. Where its `version` does not grow, the next number is written into it.
    text: String,
    /// Why, for the record.
    reason: String,
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[schema(as = RubricReason)]
#[serde(deny_unknown_fields)]
pub(super) struct Because {
    /// For the record.
    reason: String,
}

/// Whether calls are to be judged by it.
#[derive(Deserialize, ToSchema)]
#[schema(as = RubricActivity)]
#[serde(deny_unknown_fields)]
pub(super) struct Activity {
    active: bool,
    /// For the record.
    reason: String,
}

/// Publish a new rubric; its id stands in the text.
#[utoipa::path(
    post, path = "/api/v1/rubrics", tag = "rubrics", request_body = NewVersion,
    extensions(("x-action" = json!(Action::RubricsWrite.as_str()))),
    responses(
        (status = 201, body = RubricBody),
        (status = 409, description = "There is a rubric with this id", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The text has mistakes", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add(
    State(state): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewVersion>,
) -> Result<Response, ApiError> {
    let reason = text("reason", &body.reason, REASON_CHARS_MAX)?;
    let draft = sound(&state, body.text).await?;
    let tx = state.store.begin().await?;
    if rubrics::rubric(&tx, draft.id.as_str()).await?.is_some() {
        return Err(ApiError::conflict(
            "there is a rubric with this id; publish a version of it",
            "该编号的评分标准已存在，请发布新版本",
        ));
    }
    published(&state, tx, &caller, &draft, None, &reason).await
}

/// Publish a version of a rubric.
#[utoipa::path(
    post, path = "/api/v1/rubrics/{rubric_id}/versions", tag = "rubrics", request_body = NewVersion,
    params(("rubric_id" = String, Path), ("If-Match" = String, Header, description = "The ETag of the rubric that was edited")),
    extensions(("x-action" = json!(Action::RubricsWrite.as_str()))),
    responses(
        (status = 201, body = RubricBody),
        (status = 412, description = "Somebody else has published meanwhile", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The text has mistakes", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn publish_version(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    known: IfMatch,
    Json(body): Json<NewVersion>,
) -> Result<Response, ApiError> {
    let reason = text("reason", &body.reason, REASON_CHARS_MAX)?;
    let draft = sound(&state, body.text).await?;
    if draft.id.as_str() != id {
        let other = draft.id.as_str();
        return Err(ApiError::invalid(
            format!("the text is of the rubric `{other}`; an id is the same through all versions"),
            format!("文本属于评分标准 {other}；各版本的编号必须相同"),
        ));
    }
    let tx = state.store.begin().await?;
    let row = existing(&tx, &id).await?;
    known.check(row.rev)?;
    published(&state, tx, &caller, &draft, Some(row), &reason).await
}

/// Publish the text of an older version again, with the phrase lists that it had.
#[utoipa::path(
    post, path = "/api/v1/rubrics/{rubric_id}/versions/{version}/restore", tag = "rubrics", request_body = Because,
    params(
        ("rubric_id" = String, Path), ("version" = u32, Path),
        ("If-Match" = String, Header, description = "The ETag of the rubric that was read"),
    ),
    extensions(("x-action" = json!(Action::RubricsWrite.as_str()))),
    responses((status = 201, body = RubricBody)),
)]
pub(super) async fn restore(
    State(state): State<ApiState>,
    caller: Caller,
    Path((id, version)): Path<(String, u32)>,
    known: IfMatch,
    Json(body): Json<Because>,
) -> Result<Response, ApiError> {
    let reason = text("reason", &body.reason, REASON_CHARS_MAX)?;
    let old = existing_version(&state, &id, version).await?;
    let draft = source_of(&old).rubric().map_err(|error| refused(&error))?;
    let tx = state.store.begin().await?;
    let row = existing(&tx, &id).await?;
    known.check(row.rev)?;
    published(&state, tx, &caller, &draft, Some(row), &reason).await
}

/// Withdraw a rubric, or bring it back: no call is judged by it any more, or by its newest version again.
#[utoipa::path(
    put, path = "/api/v1/rubrics/{rubric_id}/active", tag = "rubrics", request_body = Activity,
    params(("rubric_id" = String, Path), ("If-Match" = String, Header, description = "The ETag of the rubric that was read")),
    extensions(("x-action" = json!(Action::RubricsWrite.as_str()))),
    responses((status = 200, body = RubricBody)),
)]
pub(super) async fn activate(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    known: IfMatch,
    Json(body): Json<Activity>,
) -> Result<Response, ApiError> {
    let reason = text("reason", &body.reason, REASON_CHARS_MAX)?;
    let tx = state.store.begin().await?;
    let row = existing(&tx, &id).await?;
    known.check(row.rev)?;
    if row.active != body.active {
        let now = now_us();
        rubrics::set_active(&tx, &row, body.active, (caller.id(), &reason), now).await?;
        let action = if body.active { "rubric.activate" } else { "rubric.withdraw" };
        audit(&tx, &caller, action, &row.id, row.newest.version, &reason).await?;
        tx.commit().await?;
        in_force(&state, &id, &row.newest.digest, body.active).await;
    }
    let row = existing(&state.store, &id).await?;
    Ok((ETag(row.rev), Json(RubricBody::of(&row))).into_response())
}

/// A draft without mistakes.
async fn sound(state: &ApiState, text: String) -> Result<Rubric, ApiError> {
    let read = move || load("rubric.yaml", &text, &library_of());
    state.ports.desk.work(read).await?.map_err(|error| refused(&error))
}

async fn published(
    state: &ApiState,
    tx: Tx,
    caller: &Caller,
    draft: &Rubric,
    row: Option<RubricRow>,
    reason: &str,
) -> Result<Response, ApiError> {
    if row.as_ref().is_some_and(|row| row.active && row.newest.digest == draft.digest) {
        return Err(ApiError::invalid(
            "this is the newest version already",
            "内容与最新版本完全相同",
        ));
    }
    let by = Publisher { by: caller.id(), reason, origin: None };
    let newest = row.as_ref().map(|row| row.newest.version);
    let version = version_after(draft, newest, by).map_err(|error| refused(&error))?;
    rubrics::publish(&tx, &version, row.map(|row| row.rev), now_us()).await?;
    audit(&tx, caller, "rubric.publish", &version.id, version.version, reason).await?;
    tx.commit().await?;
    in_force(state, &version.id, &version.digest, true).await;
    let row = existing(&state.store, &version.id).await?;
    Ok((StatusCode::CREATED, ETag(row.rev), Json(RubricBody::of(&row))).into_response())
}

async fn audit(
    tx: &Tx,
    caller: &Caller,
    action: &str,
    id: &str,
    version: u32,
    reason: &str,
) -> Result<(), ApiError> {
    let object = format!("rubric/{id}");
    let detail = serde_json::json!({"version": version, "reason": reason}).to_string();
    let deed = Deed { actor: caller.id(), action, object: &object, detail: &detail };
    tx.audit(now_us(), &deed).await?;
    Ok(())
}

/// Waits until calls are judged by it, or are not any more.
async fn in_force(state: &ApiState, id: &str, digest: &str, active: bool) {
    state.ports.desk.changed.notify_one();
    let mut plan = state.ports.plan.clone();
    let same = |plan: &Arc<Plan>| {
        let mut rubrics = plan.rubrics();
        rubrics.any(|one| one.id.as_str() == id && one.digest == digest) == active
    };
    // Published it is either way; whoever is late takes it up at the next look.
    if tokio::time::timeout(IN_FORCE, plan.wait_for(same)).await.is_err() {
        tracing::warn!(rubric = id, "a published rubric is not in force yet");
    }
}
