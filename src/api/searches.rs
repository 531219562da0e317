//! Searches that people keep for themselves, and a search as the beginning of a rule.
//!
//! In: a request as `POST /api/v1/search` takes it. Out: it again, by name; or a rubric's YAML.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::{ApiError, ProblemBody};
use super::extract::{Json, Path, at, text};
use super::search::{SearchQuery, query_error, request};
use crate::access::Action;
use crate::domain::CriterionId;
use crate::search::{draft, parse};
use crate::store::now_us;
use crate::store::searches::SavedSearch;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(remove)).routes(routes!(rule))
}

/// A kept search.
#[derive(Serialize, ToSchema)]
#[schema(as = SavedSearch)]
struct SavedBody {
    id: String,
    name: String,
    /// As `POST /api/v1/search` takes it.
    search: SearchQuery,
    created: String,
}

/// A search to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSearch {
    /// What you call it.
    name: String,
    search: SearchQuery,
}

/// A search to become a rule.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRule {
    /// The criterion's id.
    id: String,
    /// In the language of `docs/SEARCH.md`.
    query: String,
}

/// A rule to go on with.
#[derive(Serialize, ToSchema)]
struct DraftRule {
    /// A criterion in the rubric language: what the search finds violates it.
    yaml: String,
}

/// List your searches.
#[utoipa::path(
    get, path = "/api/v1/searches", tag = "search",
    extensions(("x-action" = json!(Action::SearchSave.as_str()))),
    responses((status = 200, body = Vec<SavedBody>)),
)]
async fn list(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Json<Vec<SavedBody>>, ApiError> {
    let all = state.store.searches(caller.id()).await?;
    let body = |one: SavedSearch| -> Result<SavedBody, ApiError> {
        let search = serde_json::from_str(&one.query).map_err(ApiError::internal)?;
        Ok(SavedBody { id: one.id, name: one.name, search, created: at(one.created_us) })
    };
    Ok(Json(all.into_iter().map(body).collect::<Result<_, _>>()?))
}

/// Keep a search.
#[utoipa::path(
    post, path = "/api/v1/searches", tag = "search", request_body = NewSearch,
    extensions(("x-action" = json!(Action::SearchSave.as_str()))),
    responses((status = 201, body = SavedBody)),
)]
async fn add(
    State(state): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewSearch>,
) -> Result<Response, ApiError> {
    // One that cannot be run is not worth keeping.
    request(&caller, body.search.clone())?;
    let one = SavedSearch {
        id: uuid::Uuid::now_v7().to_string(),
        person: caller.id().to_owned(),
        name: text("name", &body.name, 100)?,
        query: serde_json::to_string(&body.search).map_err(ApiError::internal)?,
        created_us: now_us(),
    };
    let tx = state.store.begin().await?;
    tx.add_search(&one).await?;
    tx.commit().await?;
    let body =
        SavedBody { id: one.id, name: one.name, search: body.search, created: at(one.created_us) };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Forget a search.
#[utoipa::path(
    delete, path = "/api/v1/searches/{search_id}", tag = "search", params(("search_id" = String, Path)),
    extensions(("x-action" = json!(Action::SearchSave.as_str()))),
    responses((status = 204, description = "Done")),
)]
async fn remove(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let tx = state.store.begin().await?;
    if !tx.drop_search(caller.id(), &id).await? {
        return Err(ApiError::not_found("search", "搜索不存在"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a search the beginning of a rule.
#[utoipa::path(
    post, path = "/api/v1/search/rule", tag = "search", request_body = NewRule,
    extensions(("x-action" = json!(Action::RubricsRead.as_str()))),
    responses(
        (status = 200, body = DraftRule),
        (status = 422, description = "Rules have no equal to it", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn rule(Json(body): Json<NewRule>) -> Result<Json<DraftRule>, ApiError> {
    let id = CriterionId::new(&body.id)
        .map_err(|e| ApiError::invalid(format!("`id`: {e}"), format!("`id` 不能用作编号：{e}")))?;
    let query = parse(&body.query).map_err(|error| query_error(&error))?;
    let yaml =
        draft(id.as_str(), &query).map_err(|why| ApiError::invalid(why.to_string(), why.zh()))?;
    Ok(Json(DraftRule { yaml }))
}
