//! Clients, vendors, projects, teams, queues and agents, by name.
//!
//! In: a kind. Out: those that occur in the calls the caller sees.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::ApiError;
use super::extract::{Json, Path, at, text};
use super::page::{Page, PageQuery};
use crate::access::Action;
use crate::store::audit::Deed;
use crate::store::now_us;
use crate::store::units::{Unit, UnitKind};

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(name))
}

/// A client, vendor, project, team, queue or agent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Unit)]
struct UnitBody {
    kind: &'static str,
    /// As it stands in calls.
    id: String,
    /// What people read.
    name: String,
    /// When a call of it was first seen.
    first_seen: String,
}

impl UnitBody {
    fn of(unit: Unit) -> Self {
        Self {
            kind: unit.kind.as_str(),
            id: unit.id,
            name: unit.name,
            first_seen: at(unit.first_seen_us),
        }
    }
}

fn kind_of(word: &str) -> Result<UnitKind, ApiError> {
    UnitKind::parse(word).ok_or_else(|| ApiError::not_found("kind of unit", "类别不存在"))
}

/// List the units of a kind: `client`, `vendor`, `project`, `team`, `queue`, `agent`.
#[utoipa::path(
    get, path = "/api/v1/units/{unit_kind}", tag = "units", params(("unit_kind" = String, Path), PageQuery),
    extensions(("x-action" = json!(Action::UnitsRead.as_str()))),
    responses((status = 200, body = Page<UnitBody>)),
)]
async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    Path(kind): Path<String>,
    query: PageQuery,
) -> Result<Json<Page<UnitBody>>, ApiError> {
    let (limit, after) = (query.limit()?, query.after::<String>()?.unwrap_or_default());
    let found = state.store.units(kind_of(&kind)?, caller.scope(), &after, limit + 1).await?;
    Ok(Json(Page::of(found, limit, |unit| unit.id.clone()).map(UnitBody::of)))
}

/// A unit's new name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UnitName {
    /// What people are to read.
    name: String,
}

/// Name a unit.
#[utoipa::path(
    put, path = "/api/v1/units/{unit_kind}/{unit_id}", tag = "units", request_body = UnitName,
    params(("unit_kind" = String, Path), ("unit_id" = String, Path)),
    extensions(("x-action" = json!(Action::UnitsWrite.as_str()))),
    responses((status = 200, body = UnitBody)),
)]
async fn name(
    State(state): State<ApiState>,
    caller: Caller,
    Path((kind, id)): Path<(String, String)>,
    Json(body): Json<UnitName>,
) -> Result<Json<UnitBody>, ApiError> {
    let kind = kind_of(&kind)?;
    let name = text("name", &body.name, 100)?;
    let unit = state.store.unit(kind, &id, caller.scope()).await?;
    let unit = unit.ok_or_else(|| ApiError::not_found("unit", "对象不存在"))?;
    let tx = state.store.begin().await?;
    tx.name_unit(kind, &id, &name).await?;
    let object = format!("{}/{id}", kind.as_str());
    let deed = Deed { actor: caller.id(), action: "unit.name", object: &object, detail: "{}" };
    tx.audit(now_us(), &deed).await?;
    tx.commit().await?;
    Ok(Json(UnitBody::of(Unit { name, ..unit })))
}
