//! The first run: the service has no people, and no password that everybody knows.
//!
//! In: the code that was printed where the service was started. Out: the first administrator, logged in.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::From;
use super::error::{ApiError, ProblemBody};
use super::extract::Json;
use super::gate::PUBLIC;
use super::people::{login_of, name_of};
use super::session;
use crate::access::same;
use crate::domain::{Role, Scope};
use crate::store::audit::Deed;
use crate::store::now_us;
use crate::store::people::NewPerson;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(needed, set_up))
}

/// Whether the service waits for its first person.
#[derive(Debug, Serialize, ToSchema)]
struct Setup {
    /// Whether it does.
    needed: bool,
    /// What people call the company's own log-in, when there is one: `GET /api/v1/session/oidc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_on: Option<String>,
}

/// Ask whether the service waits to be set up, and how people log in.
#[utoipa::path(
    get, path = "/api/v1/setup", tag = "setup",
    extensions(("x-action" = json!(PUBLIC))),
    responses((status = 200, body = Setup)),
)]
async fn needed(State(state): State<ApiState>) -> Result<Json<Setup>, ApiError> {
    let sign_on = state.settings.sign_on.as_ref();
    let sign_on = sign_on.map(|sign_on| sign_on.name().unwrap_or("OpenID Connect").to_owned());
    Ok(Json(Setup { needed: !state.store.has_people().await?, sign_on }))
}

/// The first administrator.
#[derive(Deserialize, ToSchema)]
struct First {
    /// The code that the service printed where it was started.
    code: String,
    /// Login name.
    login: String,
    /// Name that others read.
    name: String,
    /// Password: 10 to 200 characters.
    #[schema(format = Password, min_length = 10, max_length = 200)]
    password: String,
}

/// Set the service up: make its first administrator, and log them in.
#[utoipa::path(
    post, path = "/api/v1/setup", tag = "setup", request_body = First,
    extensions(("x-action" = json!(PUBLIC))),
    responses(
        (status = 200, description = "Set up and logged in", body = session::Me),
        (status = 401, description = "Not the code", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It was set up already", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn set_up(
    State(state): State<ApiState>,
    From(address): From,
    Json(first): Json<First>,
) -> Result<Response, ApiError> {
    let done = || ApiError::conflict("the service is set up already", "系统已完成初始化");
    let code = state.setup_code().ok_or_else(done)?;
    if state.store.has_people().await? {
        return Err(done());
    }
    state.try_login(None, address)?;
    if !same(code.reveal(), first.code.trim()) {
        return Err(ApiError::Refused);
    }
    state.got_in(None, address);
    let login = login_of(&first.login)?;
    let phc = state.passwords.hash(&login, &first.password).await?;
    let new = NewPerson {
        name: name_of(&first.name)?,
        role: Role::Administrator,
        scope: Scope::All,
        password: Some(phc),
        subject: None,
        login,
    };
    let tx = state.store.begin().await?;
    let person = tx.add_first_person(now_us(), &new).await?.ok_or_else(done)?;
    let object = format!("person/{}", person.id);
    let deed = Deed { actor: "setup", action: "person.add", object: &object, detail: "{}" };
    tx.audit(now_us(), &deed).await?;
    tx.commit().await?;
    let detail = serde_json::json!({ "address": address.to_string() }).to_string();
    session::begin(&state, person, address, &detail, None).await
}
