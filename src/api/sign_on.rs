//! Log-in through the company's own OpenID Connect provider.
//!
//! In: a browser that wants in, and later comes back with a code. Out: a redirect there; then a session as after a
//! password, or a refusal that is on record. Accounts are an administrator's to make: nobody gets one by logging in.

use std::net::IpAddr;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::{Caller, From};
use super::cookie::Cookie;
use super::error::{ApiError, ProblemBody, said};
use super::extract::Query;
use super::gate::PUBLIC;
use super::session;
use crate::access::oidc::{OidcError, SignOn, local_path};
use crate::store::audit::Deed;
use crate::store::now_us;
use crate::store::people::{Person, person_from};

/// Characters of a code or a state that are looked at.
const CODE_CHARS: usize = 4_000;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(go)).routes(routes!(back))
}

fn provider(state: &ApiState) -> Result<&SignOn, ApiError> {
    state.settings.sign_on.as_deref().ok_or_else(|| {
        ApiError::Unavailable(said(
            "no identity provider is configured: log in with a password",
            "未配置统一登录，请使用密码登录",
        ))
    })
}

fn now_ms() -> u64 {
    now_us().unsigned_abs() / 1000
}

/// Where to afterwards.
#[derive(Deserialize, IntoParams)]
struct Way {
    /// A path of this service, such as `/calls?risk=high`; absent: its first page.
    next: Option<String>,
}

/// Log in through the company's provider: the browser is sent there.
#[utoipa::path(
    get, path = "/api/v1/session/oidc", tag = "session", params(Way),
    extensions(("x-action" = json!(PUBLIC))),
    responses(
        (status = 303, description = "To the provider; a cookie is set that must come back"),
        (status = 503, description = "None is configured, or it does not answer", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn go(State(state): State<ApiState>, Query(way): Query<Way>) -> Result<Response, ApiError> {
    let provider = provider(&state)?;
    let next = local_path(way.next.as_deref().unwrap_or("/")).ok_or_else(|| {
        ApiError::invalid("`next` is a path of this service", "`next` 应为本系统内的路径")
    })?;
    let (url, browser) = provider.begin(next, now_ms()).await.map_err(not_there)?;
    let cookie = Cookie::SignOn.set(&state.settings, browser.reveal());
    let headers = AppendHeaders([(header::LOCATION, url)]);
    Ok((StatusCode::SEE_OTHER, headers, [(header::SET_COOKIE, cookie)]).into_response())
}

/// What the provider gives the browser to bring back.
#[derive(Deserialize, IntoParams, ToSchema)]
struct Brought {
    /// Which log-in it is.
    state: Option<String>,
    /// What a token is given for.
    code: Option<String>,
    /// Why there is no code.
    error: Option<String>,
    /// Which provider says so (RFC 9207).
    iss: Option<String>,
}

/// Come back from the company's provider: a session begins.
#[utoipa::path(
    get, path = "/api/v1/session/oidc/callback", tag = "session", params(Brought),
    extensions(("x-action" = json!(PUBLIC))),
    responses(
        (status = 303, description = "Logged in; the cookie is set, and the browser goes on to where it wanted"),
        (status = 401, description = "Not vouched for, or without an account here", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many failures; wait", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "None is configured, or it does not answer", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn back(
    State(state): State<ApiState>,
    From(address): From,
    before: Option<Extension<Caller>>,
    headers: HeaderMap,
    Query(brought): Query<Brought>,
) -> Result<Response, ApiError> {
    let provider = provider(&state)?;
    state.try_login(None, address)?;
    let browser = Cookie::SignOn.read(&headers, &state.settings);
    let (next, subject) = match who(provider, &brought, browser).await {
        Ok(known) => known,
        Err(OidcError::Refused(why)) => {
            refused(&state, address, why, None, None).await?;
            return Err(ApiError::SignOn(said(
                "begin again at the log-in page; it took too long, or something did not match",
                "请返回登录页重新登录：已超时，或返回的信息不匹配",
            )));
        }
        Err(error) => {
            // Not their failure.
            state.got_in(None, address);
            return Err(not_there(error));
        }
    };
    let person = person_from(&state.store, &subject).await?;
    let why = if person.is_some() { "disabled" } else { "no account" };
    let Some(person) = person.clone().filter(|person| person.disabled_us.is_none()) else {
        refused(&state, address, why, Some(&subject), person.as_ref()).await?;
        return Err(ApiError::SignOn(said(
            "you have no account here that may log in: ask an administrator",
            "您在本系统没有可用的账号，请联系管理员",
        )));
    };
    state.got_in(None, address);
    let detail = serde_json::json!({ "address": address.to_string(), "via": "oidc" }).to_string();
    let (_, cookie) = session::begun(&state, person, address, &detail, before.as_deref()).await?;
    let over = Cookie::SignOn.clear(&state.settings);
    let set = AppendHeaders([(header::SET_COOKIE, cookie), (header::SET_COOKIE, over)]);
    Ok((StatusCode::SEE_OTHER, set, [(header::LOCATION, next)]).into_response())
}

/// Where they want to go, and their subject.
async fn who(
    provider: &SignOn,
    brought: &Brought,
    browser: Option<&str>,
) -> Result<(String, String), OidcError> {
    let short = |text: &Option<String>| text.clone().filter(|text| text.len() <= CODE_CHARS);
    let given = short(&brought.state).ok_or(OidcError::Refused("no state"))?;
    let begun = provider.back(&given, browser, now_ms())?;
    if brought.iss.as_deref().is_some_and(|issuer| !provider.is_from(issuer)) {
        return Err(OidcError::Refused("issuer"));
    }
    let code = short(&brought.code).filter(|_| brought.error.is_none());
    let code = code.ok_or(OidcError::Refused("the provider gave no code"))?;
    let subject = provider.who(&begun, &code).await?;
    Ok((begun.next, subject))
}

/// Writes down that somebody did not get in. The subject is there for who makes accounts.
async fn refused(
    state: &ApiState,
    address: IpAddr,
    why: &str,
    subject: Option<&str>,
    person: Option<&Person>,
) -> Result<(), ApiError> {
    let object = person.map(|person| format!("person/{}", person.id)).unwrap_or_default();
    let mut detail =
        serde_json::json!({ "address": address.to_string(), "via": "oidc", "why": why });
    if let Some(subject) = subject {
        detail["subject"] = subject.into();
    }
    let detail = detail.to_string();
    let deed =
        Deed { actor: "nobody", action: "session.refused", object: &object, detail: &detail };
    state.store.audit(now_us(), &deed).await?;
    Ok(())
}

fn not_there(error: OidcError) -> ApiError {
    tracing::warn!(%error, "nobody can log in through the identity provider");
    ApiError::Unavailable(said(
        "the identity provider does not answer; try again, or log in with a password",
        "统一登录服务暂无响应，请稍后重试或使用密码登录",
    ))
}
