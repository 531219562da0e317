//! What is done around every route: problems in the caller's language, ETags, headers, limits.
//!
//! In: a router. Out: the router as it may be served.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{
    MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
};
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Instrument as _;

use super::error::{ApiError, Problem};

/// A request's number, in logs and on the answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long a handler may take to begin its answer.
const ANSWER_MAX: Duration = Duration::from_secs(300);

/// Headers that close what browsers leave open. A page of ours that needs more says so itself.
const SECURITY: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

#[derive(Debug, Clone, Copy)]
struct Numbered;

impl MakeRequestId for Numbered {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        HeaderValue::try_from(uuid::Uuid::now_v7().to_string()).ok().map(RequestId::new)
    }
}

/// Puts the layers around a router. The last one named is the outermost.
pub(super) fn around(router: Router, https: bool, body_bytes_max: usize) -> Router {
    let mut router = router
        .layer(from_fn(not_modified))
        .layer(from_fn(in_their_language))
        .layer(DefaultBodyLimit::max(body_bytes_max))
        .layer(tower_http::timeout::TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            ANSWER_MAX,
        ))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CompressionLayer::new());
    for (name, value) in SECURITY {
        let value = HeaderValue::from_static(value);
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    if https {
        let value = HeaderValue::from_static("max-age=31536000");
        let name = header::STRICT_TRANSPORT_SECURITY;
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    router
        .layer(from_fn(logged))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, Numbered))
        // A number from outside would stand in our log.
        .layer(from_fn(without_number))
}

async fn without_number(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove(REQUEST_ID);
    next.run(request).await
}

/// One line a request: the route, never the path's or the query's values.
async fn logged(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let number = request.headers().get(REQUEST_ID).cloned();
    let begun = std::time::Instant::now();
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.name = tracing::field::Empty,
        http.request.method = %method,
        http.route = tracing::field::Empty,
        http.response.status_code = tracing::field::Empty,
    );
    let response = next.run(request).instrument(span.clone()).await;
    if let Some(route) = response.extensions().get::<Route>().filter(|_| !span.is_disabled()) {
        span.record("http.route", &*route.0);
        span.record("otel.name", format!("{method} {}", route.0));
    }
    span.record("http.response.status_code", response.status().as_u16());
    tracing::debug!(
        request = number.as_ref().and_then(|number| number.to_str().ok()),
        %method,
        route = response.extensions().get::<Route>().map(|route| &*route.0),
        status = response.status().as_u16(),
        ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    response
}

/// The route that answered, as the description names it.
#[derive(Debug, Clone)]
pub(super) struct Route(pub(super) std::sync::Arc<str>);

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    ApiError::internal("a handler panicked").into_response()
}

/// Problems are written in Chinese to who prefers it.
async fn in_their_language(request: Request, next: Next) -> Response {
    let chinese = prefers_chinese(request.headers());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>().filter(|_| chinese) {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        let language = HeaderValue::from_static("zh-CN");
        response.headers_mut().insert(header::CONTENT_LANGUAGE, language);
        *response.body_mut() = Body::from(problem.body(true));
    }
    response
}

fn prefers_chinese(headers: &HeaderMap) -> bool {
    let value = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let weight = |range: &str| {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let q = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok());
        (tag, q.unwrap_or(1.0))
    };
    let best = |language: &str| {
        let all = value.unwrap_or_default().split(',').map(weight);
        all.filter(|(tag, _)| tag.starts_with(language)).map(|(_, q)| q).fold(0.0_f32, f32::max)
    };
    best("zh") > best("en")
}

/// Who has the state that is there is told so, without it.
async fn not_modified(request: Request, next: Next) -> Response {
    let read = matches!(*request.method(), Method::GET | Method::HEAD);
    let has = request.headers().get(header::IF_NONE_MATCH).filter(|_| read).cloned();
    let response = next.run(request).await;
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let has = has.as_ref().and_then(|has| has.to_str().ok());
    let (Some(tag), Some(has)) = (tag, has) else { return response };
    let same = has.split(',').any(|has| has.trim().trim_start_matches("W/") == tag);
    if !same || !response.status().is_success() {
        return response;
    }
    let tag = [(header::ETAG, tag.to_owned())];
    (StatusCode::NOT_MODIFIED, tag).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_weighed() {
        for (value, chinese) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", true),
            ("en-US,en;q=0.9,zh;q=0.8", false),
            ("fr", false),
            ("", false),
            ("en;q=0.1, zh-Hant;q=0.5", true),
        ] {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(value))]);
            assert_eq!(prefers_chinese(&headers), chinese, "{value}");
        }
    }
}
