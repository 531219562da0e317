//! API tokens: for programs, with less than their person's rights.
//!
//! In: a name and scopes. Out: a secret that is shown once. A token makes no tokens.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::ApiError;
use super::extract::{Json, Path, at, text, us};
use super::idempotent::ShownOnce;
use super::people;
use crate::access::{Action, Secret, TokenScopes};
use crate::store::audit::Deed;
use crate::store::now_us;
use crate::store::tokens::{Token, token_of};

/// What every token's secret begins with, so that it is found where it was left lying.
pub const PREFIX: &str = "lt_";

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(revoke))
        .routes(routes!(list_of))
        .routes(routes!(revoke_of))
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
struct TokenBody {
    id: String,
    /// What it is for.
    name: String,
    /// What it may be used for: words of actions, `read`, `all`.
    scopes: Vec<String>,
    created: String,
    /// When it was last used, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked: Option<String>,
}

impl TokenBody {
    fn of(token: Token) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: token.scopes,
            created: at(token.created_us),
            used: token.used_us.map(at),
            expires: token.expires_us.map(at),
            revoked: token.revoked_us.map(at),
        }
    }
}

/// Tokens.
#[derive(Debug, Serialize, ToSchema)]
struct Tokens {
    /// The oldest first, at most some that were revoked among them.
    items: Vec<TokenBody>,
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// What it is for.
    name: String,
    /// What it may be used for: words of actions, `read`, `all`. Never more than you may.
    #[schema(example = json!(["read"]))]
    scopes: Vec<String>,
    /// When it ends by itself.
    #[schema(format = DateTime)]
    expires: Option<String>,
}

/// A token just made.
#[derive(Debug, Serialize, ToSchema)]
struct MadeToken {
    #[serde(flatten)]
    token: TokenBody,
    /// Send it as `Authorization: Bearer …`. Shown this once.
    secret: String,
}

/// List your tokens.
#[utoipa::path(
    get, path = "/api/v1/tokens", tag = "tokens",
    extensions(("x-action" = json!(Action::OwnAccount.as_str()))),
    responses((status = 200, body = Tokens)),
)]
async fn list(State(state): State<ApiState>, caller: Caller) -> Result<Json<Tokens>, ApiError> {
    let tokens = state.store.tokens_of(caller.id()).await?;
    Ok(Json(Tokens { items: tokens.into_iter().map(TokenBody::of).collect() }))
}

/// Make a token for yourself.
#[utoipa::path(
    post, path = "/api/v1/tokens", tag = "tokens", request_body = NewToken,
    extensions(("x-action" = json!(Action::OwnAccount.as_str()))),
    responses((status = 201, body = MadeToken)),
)]
async fn add(
    State(state): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewToken>,
) -> Result<Response, ApiError> {
    caller.in_person()?;
    let scopes = TokenScopes::parse(&body.scopes).map_err(|bad| {
        ApiError::invalid(
            format!("`{bad}` is no scope of a token"),
            format!("`{bad}` 不是有效的令牌权限"),
        )
    })?;
    let now_us = now_us();
    let expires_us = body.expires.map(|end| us(&end)).transpose()?;
    if expires_us.is_some_and(|end| end <= now_us) {
        return Err(ApiError::invalid("`expires` is over", "`expires` 已过期"));
    }
    let secret = Secret::draw(PREFIX);
    let new = Token {
        id: String::new(),
        person: caller.id().to_owned(),
        name: text("name", &body.name, 100)?,
        scopes: scopes.words().to_vec(),
        created_us: now_us,
        used_us: None,
        expires_us,
        revoked_us: None,
    };
    let tx = state.store.begin().await?;
    let token = tx.add_token(&secret.hash(), &new).await?;
    let object = format!("token/{}", token.id);
    let detail = serde_json::json!({ "scopes": token.scopes, "person": token.person }).to_string();
    let deed = Deed { actor: caller.id(), action: "token.add", object: &object, detail: &detail };
    tx.audit(now_us, &deed).await?;
    tx.commit().await?;
    let secret = secret.reveal().to_owned();
    let made = MadeToken { token: TokenBody::of(token), secret };
    let mut response = (StatusCode::CREATED, Json(made)).into_response();
    response.extensions_mut().insert(ShownOnce);
    Ok(response)
}

/// Revoke one of your tokens, for good.
#[utoipa::path(
    delete, path = "/api/v1/tokens/{token_id}", tag = "tokens", params(("token_id" = String, Path)),
    extensions(("x-action" = json!(Action::OwnAccount.as_str()))),
    responses((status = 204, description = "Revoked")),
)]
async fn revoke(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    end(&state, &caller, caller.id(), &id).await
}

/// List somebody's tokens.
#[utoipa::path(
    get, path = "/api/v1/people/{person_id}/tokens", tag = "people", params(("person_id" = String, Path)),
    extensions(("x-action" = json!(Action::PeopleRead.as_str()))),
    responses((status = 200, body = Tokens)),
)]
async fn list_of(
    State(state): State<ApiState>,
    caller: Caller,
    Path(person): Path<String>,
) -> Result<Json<Tokens>, ApiError> {
    let person = people::visible(&state.store, &caller, &person).await?;
    let tokens = state.store.tokens_of(&person.id).await?;
    Ok(Json(Tokens { items: tokens.into_iter().map(TokenBody::of).collect() }))
}

/// Revoke somebody's token, for good.
#[utoipa::path(
    delete, path = "/api/v1/people/{person_id}/tokens/{token_id}", tag = "people",
    params(("person_id" = String, Path), ("token_id" = String, Path)),
    extensions(("x-action" = json!(Action::PeopleWrite.as_str()))),
    responses((status = 204, description = "Revoked")),
)]
async fn revoke_of(
    State(state): State<ApiState>,
    caller: Caller,
    Path((person, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let person = people::visible(&state.store, &caller, &person).await?;
    end(&state, &caller, &person.id, &id).await
}

async fn end(
    state: &ApiState,
    caller: &Caller,
    person: &str,
    id: &str,
) -> Result<StatusCode, ApiError> {
    let tx = state.store.begin().await?;
    let token = token_of(&tx, id).await?.filter(|token| token.person == person);
    let token = token.ok_or_else(|| ApiError::not_found("token", "令牌不存在"))?;
    let now_us = now_us();
    if tx.revoke_token(&token.id, now_us).await? {
        let object = format!("token/{}", token.id);
        let detail = serde_json::json!({ "person": person }).to_string();
        let deed =
            Deed { actor: caller.id(), action: "token.revoke", object: &object, detail: &detail };
        tx.audit(now_us, &deed).await?;
        tx.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
