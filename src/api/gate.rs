//! The gate: before any handler runs, who asks and whether they may.
//!
//! In: a request and the route's action, read from the OpenAPI description (`x-action`). Out: the request with
//! its [`Caller`], or 401, 403, 429. A route that names no action is closed to everybody: nothing is open by an
//! oversight. Which rows a caller sees is the handler's to ask, with the caller's scope.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::ApiState;
use super::caller::{Caller, From, Via};
use super::cookie::Cookie;
use super::error::{ApiError, said};
use super::idempotent;
use super::layers::Route;
use crate::access::{Action, Secret, TokenScopes, same};
use crate::store::now_us;

/// The word of routes that everybody may call.
pub const PUBLIC: &str = "public";

/// The header that repeats a session's token on requests that change something.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// A use is noted when the last noted one is older.
const TOUCH_US: i64 = 60_000_000;

/// What a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nothing.
    Public,
    /// Leave to do that.
    Needs(Action),
}

/// Every route's rule, by method and path as in the OpenAPI description.
pub type Rules = BTreeMap<(String, String), Rule>;

/// Reads the rules out of the description. Routes without one are not in it, and so closed.
pub fn rules(openapi: &utoipa::openapi::OpenApi) -> Rules {
    let json = serde_json::to_value(openapi).expect("the description is JSON");
    let paths = json["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        let item = item.as_object().into_iter().flatten();
        item.map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
    });
    let rule = |word: &str| match word {
        PUBLIC => Some(Rule::Public),
        word => Action::parse(word).map(Rule::Needs),
    };
    operations
        .filter_map(|(method, path, operation)| {
            Some(((method, path), rule(operation.get("x-action")?.as_str()?)?))
        })
        .collect()
}

/// The middleware. See the module.
pub(super) async fn gate(
    State((state, rules)): State<(ApiState, Arc<Rules>)>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let route = Route(path.as_str().into());
    let mut response = enter(state, &rules, path, request, next).await.into_response();
    response.extensions_mut().insert(route);
    response
}

async fn enter(
    state: ApiState,
    rules: &Rules,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let address = address(&state, &request);
    request.extensions_mut().insert(From(address));
    // HEAD is GET without the body.
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let rule = rules.get(&(method.to_string(), path.as_str().to_owned())).copied();
    let rule = rule.ok_or_else(|| ApiError::internal(format!("{path:?} has no action")))?;
    same_origin(&state, &request)?;
    let caller = caller(&state, request.headers(), address).await?;
    match &caller {
        Some(caller) => state.count_person(caller.id())?,
        None => state.count_stranger(address)?,
    }
    if let Rule::Needs(action) = rule {
        let caller = caller.as_ref().ok_or(ApiError::Unauthenticated)?;
        csrf(caller, &request)?;
        caller.may(action)?;
    }
    let Some(caller) = caller else { return Ok(next.run(request).await) };
    request.extensions_mut().insert(caller.clone());
    idempotent::run(state, caller, request, next).await
}

fn address(state: &ApiState, request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    // Without one it came over no network.
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip().to_canonical());
    let trusted = |ip: &IpAddr| state.settings.forwarded_by.contains(ip);
    if !trusted(&peer) {
        return peer;
    }
    let all = request.headers().get_all("x-forwarded-for").into_iter();
    let hops: Vec<IpAddr> = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|hop| hop.trim().parse().ok())
        .collect();
    // From the right: what stands left of the last hop we do not know, anybody can have written.
    hops.into_iter().rev().find(|hop| !trusted(hop)).unwrap_or(peer)
}

/// Requests that change something must come from our own pages, if from a browser.
fn same_origin(state: &ApiState, request: &Request) -> Result<(), ApiError> {
    // A page of somebody else's may open a WebSocket to us, with our cookies, and read what comes.
    if request.method().is_safe() && !request.headers().contains_key(header::UPGRADE) {
        return Ok(());
    }
    let refused = || {
        ApiError::Forbidden(said(
            "the request comes from another web site",
            "请求来自其他网站，已拒绝",
        ))
    };
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if header("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return Err(refused());
    }
    let Some(origin) = header(header::ORIGIN.as_str()) else { return Ok(()) };
    let own = match &state.settings.origin {
        Some(own) => origin == own,
        None => {
            let host = header(header::HOST.as_str()).unwrap_or_default();
            let bare = origin.split_once("://").map(|(_, host)| host);
            bare == Some(host)
        }
    };
    if own { Ok(()) } else { Err(refused()) }
}

/// Who it is. Credentials that are wrong are an error, also where none are needed: who sends some means them.
async fn caller(
    state: &ApiState,
    headers: &HeaderMap,
    address: IpAddr,
) -> Result<Option<Caller>, ApiError> {
    let now_us = now_us();
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let bearer = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let hash = bearer.map(|secret| Secret::given(secret.trim()).hash());
        let hash = hash.ok_or(ApiError::Unauthenticated)?;
        let Some((token, person)) = state.store.token(&hash, now_us).await? else {
            state.count_stranger(address)?;
            return Err(ApiError::Unauthenticated);
        };
        let scopes = TokenScopes::parse(&token.scopes).map_err(|bad| {
            ApiError::internal(format!("token {} has the scope `{bad}`", token.id))
        })?;
        if token.used_us.is_none_or(|used_us| now_us - used_us > TOUCH_US) {
            state.store.touch_token(&token.id, now_us).await?;
        }
        let via = Via::Token(Arc::new(token), scopes);
        return Ok(Some(Caller { person: Arc::new(person), via, address }));
    }
    let Some(cookie) = Cookie::Session.read(headers, &state.settings) else { return Ok(None) };
    let id = Secret::given(cookie).hash();
    let idle_us = i64::try_from(state.settings.idle.as_micros()).unwrap_or(i64::MAX);
    // A session that has ended is as none: the browser goes on sending its cookie.
    let Some((session, person)) = state.store.session(&id, now_us, idle_us).await? else {
        return Ok(None);
    };
    if now_us - session.used_us > TOUCH_US {
        state.store.touch_session(&id, now_us).await?;
    }
    let via = Via::Session(Arc::new(session));
    Ok(Some(Caller { person: Arc::new(person), via, address }))
}

/// A browser sends the cookie by itself, the header only when our own page does.
fn csrf(caller: &Caller, request: &Request) -> Result<(), ApiError> {
    let Via::Session(session) = &caller.via else { return Ok(()) };
    if request.method().is_safe() {
        return Ok(());
    }
    let sent = request.headers().get(CSRF_HEADER).and_then(|value| value.to_str().ok());
    if sent.is_some_and(|sent| same(sent, &session.csrf)) {
        return Ok(());
    }
    Err(ApiError::Forbidden(said(
        "send the session's `csrf` as X-CSRF-Token",
        "请在 X-CSRF-Token 中附上会话的 csrf 值",
    )))
}
