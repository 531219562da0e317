//! `Idempotency-Key`: a POST that is sent again is answered as the first time, and done once.
//!
//! In: a request with a key. Out: the handler's answer, or the stored one. Only what succeeded is kept, for a day.
//! An answer that shows a secret once is kept without its body.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::ApiState;
use super::caller::Caller;
use super::error::ApiError;
use crate::store::idempotency::{Answer, Asked};
use crate::store::now_us;

/// The header.
pub const KEY_HEADER: &str = "idempotency-key";

/// Characters of a key.
const KEY_CHARS_MAX: usize = 255;

/// Bytes of an answer that is kept.
const ANSWER_BYTES_MAX: usize = 256 << 10;

/// Put into an answer's extensions: it shows a secret, which must not be stored.
#[derive(Debug, Clone, Copy)]
pub struct ShownOnce;

/// Headers that belong to the answer.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

pub(super) async fn run(
    state: ApiState,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let key = request.headers().get(KEY_HEADER).filter(|_| request.method() == Method::POST);
    let Some(key) = key else { return Ok(next.run(request).await) };
    let key = key.to_str().ok().filter(|key| (1..=KEY_CHARS_MAX).contains(&key.len()));
    let key = key.map(str::to_owned).ok_or_else(|| {
        ApiError::invalid(
            "an Idempotency-Key has 1 to 255 characters",
            "Idempotency-Key 应为 1 至 255 个字符",
        )
    })?;
    let (parts, body) = request.into_parts();
    if !is_json(&parts) {
        return Err(ApiError::invalid(
            "an Idempotency-Key is for JSON requests; recordings are known by their content",
            "Idempotency-Key 仅用于 JSON 请求，录音按内容识别重复",
        ));
    }
    let limit = state.settings.body_bytes_max;
    let body = to_bytes(body, limit).await.map_err(|_| ApiError::TooLarge)?;
    let asked = digest(&parts, &body);
    match state.store.asked(caller.id(), &key, &asked, now_us()).await? {
        Asked::New => {}
        Asked::Before(answer) => return replay(answer),
        Asked::Now => {
            return Err(ApiError::conflict("it is being done right now", "相同请求正在处理中"));
        }
        Asked::Otherwise => {
            return Err(ApiError::conflict(
                "the Idempotency-Key was used for another request",
                "Idempotency-Key 已用于其他请求",
            ));
        }
    }
    let request = Request::from_parts(parts, Body::from(body));
    // Goes on when the caller hangs up: what was done must be remembered as done.
    let done = tokio::spawn(async move {
        let response = next.run(request).await;
        keep(&state, caller.id(), &key, response).await
    });
    done.await.map_err(ApiError::internal)?
}

fn is_json(parts: &Parts) -> bool {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_none_or(|kind| kind.starts_with("application/json"))
}

fn digest(parts: &Parts, body: &Bytes) -> String {
    let mut hash = Sha256::new();
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    hash.update(target.as_bytes());
    hash.update([0]);
    hash.update(body);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn keep(
    state: &ApiState,
    person: &str,
    key: &str,
    response: Response,
) -> Result<Response, ApiError> {
    if !response.status().is_success() {
        state.store.not_answered(person, key).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(ApiError::internal)?;
    let secret = parts.extensions.get::<ShownOnce>().is_some();
    let text = std::str::from_utf8(&body).ok().filter(|text| text.len() <= ANSWER_BYTES_MAX);
    let headers: Vec<(&str, &str)> = KEPT
        .iter()
        .filter_map(|name| Some((name.as_str(), parts.headers.get(name)?.to_str().ok()?)))
        .collect();
    let answer = Answer {
        status: parts.status.as_u16(),
        body: text.filter(|_| !secret).map(str::to_owned),
        headers: serde_json::to_string(&headers).ok(),
    };
    state.store.answered(person, key, &answer).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replay(answer: Answer) -> Result<Response, ApiError> {
    let Some(body) = answer.body else {
        return Err(ApiError::conflict(
            "it was done before, and its answer is shown once only",
            "请求已完成，其结果只显示一次",
        ));
    };
    let status = StatusCode::from_u16(answer.status).map_err(ApiError::internal)?;
    let mut response = (status, body).into_response();
    let headers: Vec<(String, String)> =
        answer.headers.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    Ok(response)
}
