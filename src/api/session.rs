//! Logging in and out, and the own account.
//!
//! In: login and password. Out: a session: a cookie that scripts cannot read, and a token that changing requests
//! repeat. Every log-in draws a new one; every try is on record.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::{Caller, From, Via};
use super::cookie::Cookie;
use super::error::{ApiError, ProblemBody};
use super::extract::{Json, at};
use super::gate::PUBLIC;
use super::idempotent::ShownOnce;
use super::people::PersonBody;
use crate::access::{Action, PasswordError, Secret};
use crate::store::audit::Deed;
use crate::store::now_us;
use crate::store::people::{Person, password_of, person_called};
use crate::store::sessions::Session;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(me, log_in, log_out)).routes(routes!(change_password))
}

/// Who wants in.
#[derive(Deserialize, ToSchema)]
struct Credentials {
    /// Login name.
    login: String,
    /// Password.
    #[schema(format = Password)]
    password: String,
}

/// Who is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// They.
    person: PersonBody,
    /// What they may do, by this session or token.
    actions: Vec<&'static str>,
    /// `session` or `token`.
    via: &'static str,
    /// What to send as `X-CSRF-Token` with requests that change something; sessions only.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf: Option<String>,
    /// When the session or token ends at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

impl Me {
    fn of(caller: &Caller) -> Self {
        let (via, csrf, expires_us) = match &caller.via {
            Via::Session(session) => {
                ("session", Some(session.csrf.clone()), Some(session.expires_us))
            }
            Via::Token(token, _) => ("token", None, token.expires_us),
        };
        let may = Action::ALL.iter().filter(|action| caller.allowed(**action));
        Self {
            person: PersonBody::of(&caller.person),
            actions: may.map(|action| action.as_str()).collect(),
            via,
            csrf,
            expires: expires_us.map(at),
        }
    }
}

/// Who am I, and what may I do.
#[utoipa::path(
    get, path = "/api/v1/session", tag = "session",
    extensions(("x-action" = json!(Action::OwnAccount.as_str()))),
    responses((status = 200, body = Me)),
)]
async fn me(caller: Caller) -> Json<Me> {
    Json(Me::of(&caller))
}

/// Log in.
#[utoipa::path(
    post, path = "/api/v1/session", tag = "session", request_body = Credentials,
    extensions(("x-action" = json!(PUBLIC))),
    responses(
        (status = 200, description = "Logged in; the cookie is set", body = Me),
        (status = 401, description = "Wrong login or password", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many failures; wait", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn log_in(
    State(state): State<ApiState>,
    From(address): From,
    before: Option<Extension<Caller>>,
    Json(credentials): Json<Credentials>,
) -> Result<Response, ApiError> {
    let login = credentials.login.trim().to_lowercase();
    state.try_login(Some(&login), address)?;
    let person = person_called(&state.store, &login).await?;
    let kept = match &person {
        Some(person) => password_of(&state.store, &person.id).await?,
        None => None,
    };
    let right = state.passwords.is(kept.as_deref(), &credentials.password).await;
    let now_us = now_us();
    let detail = serde_json::json!({ "address": address.to_string() }).to_string();
    match person {
        Some(person) if right && person.disabled_us.is_none() => {
            state.got_in(Some(&login), address);
            begin(&state, person, address, &detail, before.as_deref()).await
        }
        person => {
            // What was typed for a login may be a password: it is not written down.
            let object = person.map(|person| format!("person/{}", person.id)).unwrap_or_default();
            let deed = Deed {
                actor: "nobody",
                action: "session.refused",
                object: &object,
                detail: &detail,
            };
            state.store.audit(now_us, &deed).await?;
            Err(ApiError::Refused)
        }
    }
}

/// Begins a session: the answer to a log-in. The one that the browser had before ends.
pub(super) async fn begin(
    state: &ApiState,
    person: Person,
    address: std::net::IpAddr,
    detail: &str,
    before: Option<&Caller>,
) -> Result<Response, ApiError> {
    let (caller, cookie) = begun(state, person, address, detail, before).await?;
    let set = [(header::SET_COOKIE, cookie)];
    let mut response = (set, Json(Me::of(&caller))).into_response();
    response.extensions_mut().insert(ShownOnce);
    Ok(response)
}

/// Begins a session: who it is, and the cookie to set.
pub(super) async fn begun(
    state: &ApiState,
    person: Person,
    address: std::net::IpAddr,
    detail: &str,
    before: Option<&Caller>,
) -> Result<(Caller, HeaderValue), ApiError> {
    let now_us = now_us();
    let cookie = Secret::draw("");
    let max_us = i64::try_from(state.settings.session_max.as_micros()).unwrap_or(i64::MAX);
    let session = Session {
        id: cookie.hash(),
        csrf: Secret::draw("").reveal().to_owned(),
        used_us: now_us,
        expires_us: now_us.saturating_add(max_us),
    };
    let tx = state.store.begin().await?;
    if let Some(Via::Session(before)) = before.map(|caller| &caller.via) {
        tx.end_session(&before.id).await?;
    }
    tx.add_session(&person.id, &session, now_us).await?;
    let object = format!("person/{}", person.id);
    let deed = Deed { actor: &person.id, action: "session.begin", object: &object, detail };
    tx.audit(now_us, &deed).await?;
    tx.commit().await?;
    let caller = Caller { person: person.into(), via: Via::Session(session.into()), address };
    let cookie = Cookie::Session.set(&state.settings, cookie.reveal());
    Ok((caller, cookie))
}

/// Log out.
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "session",
    extensions(("x-action" = json!(Action::OwnAccount.as_str()))),
    responses((status = 204, description = "Logged out")),
)]
async fn log_out(State(state): State<ApiState>, caller: Caller) -> Result<Response, ApiError> {
    let session = caller.in_person()?;
    let tx = state.store.begin().await?;
    tx.end_session(&session.id).await?;
    let object = format!("person/{}", caller.id());
    let deed = Deed { actor: caller.id(), action: "session.end", object: &object, detail: "{}" };
    tx.audit(now_us(), &deed).await?;
    tx.commit().await?;
    let clear = [(header::SET_COOKIE, Cookie::Session.clear(&state.settings))];
    Ok((StatusCode::NO_CONTENT, clear).into_response())
}

/// A new password.
#[derive(Deserialize, ToSchema)]
struct NewPassword {
    /// The one until now.
    #[schema(format = Password)]
    old: String,
    /// The one from now on: 10 to 200 characters.
    #[schema(format = Password, min_length = 10, max_length = 200)]
    new: String,
}

/// Change the own password. All other sessions end.
#[utoipa::path(
    put, path = "/api/v1/session/password", tag = "session", request_body = NewPassword,
    extensions(("x-action" = json!(Action::OwnAccount.as_str()))),
    responses(
        (status = 204, description = "Changed"),
        (status = 401, description = "The old one is wrong", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn change_password(
    State(state): State<ApiState>,
    caller: Caller,
    Json(passwords): Json<NewPassword>,
) -> Result<StatusCode, ApiError> {
    let session = caller.in_person()?;
    state.try_login(Some(&caller.person.login), caller.address)?;
    let kept = password_of(&state.store, caller.id()).await?;
    if !state.passwords.is(kept.as_deref(), &passwords.old).await {
        return Err(ApiError::Refused);
    }
    state.got_in(Some(&caller.person.login), caller.address);
    let phc = state.passwords.hash(&caller.person.login, &passwords.new).await?;
    let tx = state.store.begin().await?;
    tx.set_password(caller.id(), &phc).await?;
    tx.end_sessions_of(caller.id(), Some(&session.id)).await?;
    let object = format!("person/{}", caller.id());
    let deed =
        Deed { actor: caller.id(), action: "person.password", object: &object, detail: "{}" };
    tx.audit(now_us(), &deed).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl std::convert::From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Length => {
                ApiError::invalid(error.to_string(), "密码应为 10 至 200 个字符")
            }
            PasswordError::Weak => {
                ApiError::invalid(error.to_string(), "密码不能包含用户名，也不能是同一字符的重复")
            }
            PasswordError::Hash => ApiError::internal(error),
        }
    }
}
