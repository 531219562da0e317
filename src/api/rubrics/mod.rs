//! Rubrics: what calls are judged by, what it says, and how it came to be.
//!
//! In: ids, versions, drafts. Out: outlines, differences, remarks. Everybody reads rubrics: they say what is asked of
//! people. What is published is published for all.

mod backtests;
mod bodies;
mod check;
mod compared;
pub(crate) mod queue;
pub(crate) mod stored;
#[cfg(test)]
mod tests;
mod trial;
mod write;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::error::ApiError;
use super::etag::ETag;
use super::extract::{Json, Path, Query};
use super::page::{Page, PageQuery};
use crate::access::Action;
use crate::rubric::{LoadError, Rubric, diff, watches};
use crate::store::Conn;
use crate::store::rubrics::{RubricRow, RubricVersion, rubric, rubrics};

use bodies::{ChangeBody, OutlineBody, RubricBody, VersionBody};
use stored::source_of;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, write::add))
        .routes(routes!(one))
        .routes(routes!(watched))
        .routes(routes!(versions, write::publish_version))
        .routes(routes!(version))
        .routes(routes!(write::restore))
        .routes(routes!(write::activate))
        .routes(routes!(difference))
        .routes(routes!(check::check_draft))
        .routes(routes!(trial::test_draft))
        .routes(routes!(backtests::begin_backtest))
        .routes(routes!(backtests::backtest, backtests::end_backtest))
}

/// A rubric that is there.
async fn existing(on: &impl Conn, id: &str) -> Result<RubricRow, ApiError> {
    rubric(on, id).await?.ok_or_else(|| ApiError::not_found("rubric", "评分标准不存在"))
}

/// A version that is there.
async fn existing_version(
    state: &ApiState,
    id: &str,
    version: u32,
) -> Result<RubricVersion, ApiError> {
    let found = state.store.rubric_version(id, version).await?;
    found.ok_or_else(|| ApiError::not_found("version of the rubric", "该版本不存在"))
}

/// What a version says. Some milliseconds of work: not on the threads that answer.
async fn outline_of(state: &ApiState, version: &RubricVersion) -> Result<OutlineBody, ApiError> {
    let source = source_of(version);
    let work = move || source.outline().map(|outline| OutlineBody::of(&outline));
    state.ports.desk.work(work).await?.map_err(ApiError::internal)
}

/// List rubrics, in the order in which they came; withdrawn ones too.
#[utoipa::path(
    get, path = "/api/v1/rubrics", tag = "rubrics",
    extensions(("x-action" = json!(Action::RubricsRead.as_str()))),
    responses((status = 200, body = Vec<RubricBody>)),
)]
async fn list(State(state): State<ApiState>) -> Result<Json<Vec<RubricBody>>, ApiError> {
    let all = rubrics(&state.store).await?;
    Ok(Json(all.iter().map(RubricBody::of).collect()))
}

/// A rubric with what it says.
#[derive(Serialize, ToSchema)]
struct RubricInFull {
    #[serde(flatten)]
    rubric: RubricBody,
    /// The newest version's file, YAML.
    text: String,
    outline: OutlineBody,
}

/// Read a rubric: its newest version's text, and what it says. The ETag says from which state one edits.
#[utoipa::path(
    get, path = "/api/v1/rubrics/{rubric_id}", tag = "rubrics", params(("rubric_id" = String, Path)),
    extensions(("x-action" = json!(Action::RubricsRead.as_str()))),
    responses((status = 200, body = RubricInFull)),
)]
async fn one(State(state): State<ApiState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let row = existing(&state.store, &id).await?;
    let outline = outline_of(&state, &row.newest).await?;
    let body = RubricInFull { rubric: RubricBody::of(&row), outline, text: row.newest.body };
    Ok((ETag(row.rev), Json(body)).into_response())
}

/// List what alerts are raised by besides the rubrics in force: rubrics that no call is scored by.
#[utoipa::path(
    get, path = "/api/v1/alerts/rubrics", tag = "live",
    extensions(("x-action" = json!(Action::LiveRead.as_str()))),
    responses((status = 200, body = Vec<OutlineBody>)),
)]
async fn watched(State(state): State<ApiState>) -> Result<Json<Vec<OutlineBody>>, ApiError> {
    let work = || -> Result<Vec<OutlineBody>, LoadError> {
        let outline = |one: &Rubric| one.source.outline().map(|outline| OutlineBody::of(&outline));
        watches()?.iter().map(outline).collect()
    };
    Ok(Json(state.ports.desk.work(work).await?.map_err(ApiError::internal)?))
}

/// List a rubric's versions, the newest first.
#[utoipa::path(
    get, path = "/api/v1/rubrics/{rubric_id}/versions", tag = "rubrics",
    params(("rubric_id" = String, Path), PageQuery),
    extensions(("x-action" = json!(Action::RubricsRead.as_str()))),
    responses((status = 200, body = Page<VersionBody>)),
)]
async fn versions(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    page: PageQuery,
) -> Result<Response, ApiError> {
    let (limit, before) = (page.limit()?, page.after::<u32>()?);
    let row = existing(&state.store, &id).await?;
    let found = state.store.rubric_versions(&id, before, limit + 1).await?;
    let page = Page::of(found, limit, |one| one.version).map(|one| VersionBody::of(&one));
    Ok((ETag(row.rev), Json(page)).into_response())
}

/// A version with what it says.
#[derive(Serialize, ToSchema)]
#[schema(as = RubricVersionInFull)]
struct VersionInFull {
    #[serde(flatten)]
    version: VersionBody,
    /// Its file, YAML.
    text: String,
    outline: OutlineBody,
}

/// Read a version of a rubric.
#[utoipa::path(
    get, path = "/api/v1/rubrics/{rubric_id}/versions/{version}", tag = "rubrics",
    params(("rubric_id" = String, Path), ("version" = u32, Path)),
    extensions(("x-action" = json!(Action::RubricsRead.as_str()))),
    responses((status = 200, body = VersionInFull)),
)]
async fn version(
    State(state): State<ApiState>,
    Path((id, version)): Path<(String, u32)>,
) -> Result<Json<VersionInFull>, ApiError> {
    let found = existing_version(&state, &id, version).await?;
    let (version, outline) = (VersionBody::of(&found), outline_of(&state, &found).await?);
    Ok(Json(VersionInFull { version, outline, text: found.body }))
}

/// Which two versions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DiffQuery {
    /// The older one.
    #[param(minimum = 1)]
    from: u32,
    /// The newer one.
    #[param(minimum = 1)]
    to: u32,
}

/// What is judged otherwise.
#[derive(Serialize, ToSchema)]
#[schema(as = RubricDifference)]
struct Difference {
    from: u32,
    to: u32,
    /// None: both judge the same.
    changes: Vec<ChangeBody>,
}

/// Compare two versions of a rubric by what they judge.
#[utoipa::path(
    get, path = "/api/v1/rubrics/{rubric_id}/diff", tag = "rubrics",
    params(("rubric_id" = String, Path), DiffQuery),
    extensions(("x-action" = json!(Action::RubricsRead.as_str()))),
    responses((status = 200, body = Difference)),
)]
async fn difference(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Query(DiffQuery { from, to }): Query<DiffQuery>,
) -> Result<Json<Difference>, ApiError> {
    let old = source_of(&existing_version(&state, &id, from).await?);
    let new = source_of(&existing_version(&state, &id, to).await?);
    let work = move || Ok::<_, LoadError>(diff(&old.outline()?, &new.outline()?));
    let changes = state.ports.desk.work(work).await?.map_err(ApiError::internal)?;
    Ok(Json(Difference { from, to, changes: changes.iter().map(ChangeBody::of).collect() }))
}
