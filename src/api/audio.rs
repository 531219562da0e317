//! Audio by HTTP range: with personal data muted; the original takes leave of its own and a reason.
//!
//! In: a call and a range. Out: bytes of a WAV file. Whoever starts to play is on record.

use std::ops::Range;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::calls::visible;
use super::error::ApiError;
use super::extract::{Path, Query, text};
use super::review::clear_report;
use crate::access::Action;
use crate::blobs::BlobName;
use crate::store::audit::Deed;
use crate::store::now_us;

/// Characters of a reason.
const REASON_CHARS_MAX: usize = 500;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(redacted)).routes(routes!(original)).routes(routes!(clear))
}

/// Why somebody wants what is hidden.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Reason {
    /// Why, in words; it goes into the audit log.
    reason: String,
}

/// Play a call, personal data muted.
#[utoipa::path(
    get, path = "/api/v1/calls/{call_id}/audio", tag = "audio", params(("call_id" = String, Path)),
    extensions(("x-action" = json!(Action::AudioPlay.as_str()))),
    responses(
        (status = 200, description = "All of it", content_type = "audio/wav"),
        (status = 206, description = "The range asked for", content_type = "audio/wav"),
        (status = 416, description = "No such range"),
    ),
)]
async fn redacted(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let call = visible(&state.store, &caller, &id).await?;
    serve(&state, &caller, &id, call.redacted_audio.as_deref(), &headers, "call.play", None).await
}

/// Play a call as it was, for a reason.
#[utoipa::path(
    get, path = "/api/v1/calls/{call_id}/original", tag = "audio", params(("call_id" = String, Path), Reason),
    extensions(("x-action" = json!(Action::Reveal.as_str()))),
    responses(
        (status = 200, description = "All of it", content_type = "audio/wav"),
        (status = 206, description = "The range asked for", content_type = "audio/wav"),
        (status = 416, description = "No such range"),
    ),
)]
async fn original(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(why): Query<Reason>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let reason = text("reason", &why.reason, REASON_CHARS_MAX)?;
    let call = visible(&state.store, &caller, &id).await?;
    let name = call.audio.as_deref();
    serve(&state, &caller, &id, name, &headers, "call.play_original", Some(&reason)).await
}

/// Read a call's report in clear, for a reason.
#[utoipa::path(
    get, path = "/api/v1/calls/{call_id}/clear", tag = "audio", params(("call_id" = String, Path), Reason),
    extensions(("x-action" = json!(Action::Reveal.as_str()))),
    responses((status = 200, description = "See report.schema.json", content_type = "application/json")),
)]
async fn clear(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(why): Query<Reason>,
) -> Result<Response, ApiError> {
    let reason = text("reason", &why.reason, REASON_CHARS_MAX)?;
    let call = visible(&state.store, &caller, &id).await?;
    let report = clear_report(&state, &call).await?;
    audit(&state, &caller, &id, "call.reveal", Some(&reason)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], report.to_json()).into_response())
}

async fn audit(
    state: &ApiState,
    caller: &Caller,
    id: &str,
    action: &str,
    reason: Option<&str>,
) -> Result<(), ApiError> {
    let (object, detail) =
        (format!("call/{id}"), serde_json::json!({"reason": reason}).to_string());
    let tx = state.store.begin().await?;
    let deed = Deed { actor: caller.id(), action, object: &object, detail: &detail };
    tx.audit(now_us(), &deed).await?;
    Ok(tx.commit().await?)
}

async fn serve(
    state: &ApiState,
    caller: &Caller,
    id: &str,
    name: Option<&str>,
    headers: &HeaderMap,
    action: &str,
    reason: Option<&str>,
) -> Result<Response, ApiError> {
    let none = || ApiError::not_found("audio", "没有可播放的录音");
    let name = BlobName::parse(name.ok_or_else(none)?).ok_or_else(none)?;
    let size = state.ports.blobs.size(&name).await.map_err(ApiError::internal)?;
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let range = match asked.map(|asked| range_of(asked, size)) {
        Some(Asked::Part(range)) => Some(range),
        Some(Asked::Nowhere) => {
            let whole = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, whole).into_response());
        }
        Some(Asked::Whole) | None => None,
    };
    let how = reason.map_or_else(|| action.to_owned(), |reason| format!("{action}: {reason}"));
    if state.begins_to_play(caller.id(), id, &how) {
        audit(state, caller, id, action, reason).await?;
    }
    let wanted = range.clone().unwrap_or(0..size);
    let length = wanted.end - wanted.start;
    let bytes = state.ports.blobs.read(&name, wanted.clone()).await.map_err(ApiError::internal)?;
    let shared = [
        (header::CONTENT_TYPE, "audio/wav".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
    ];
    let body = Body::from_stream(bytes);
    Ok(match range {
        None => (shared, body).into_response(),
        Some(_) => {
            let of = format!("bytes {}-{}/{size}", wanted.start, wanted.end - 1);
            (StatusCode::PARTIAL_CONTENT, shared, [(header::CONTENT_RANGE, of)], body)
                .into_response()
        }
    })
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Part(Range<u64>),
    Nowhere,
    /// Several ranges, or nothing that can be read: the whole is a right answer (RFC 9110, 14.2).
    Whole,
}

fn range_of(asked: &str, size: u64) -> Asked {
    let Some((first, last)) = asked.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
    else {
        return Asked::Whole;
    };
    let (start, end) = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(start), Ok(last)) if last >= start => (start, last.saturating_add(1).min(size)),
        (Ok(start), Err(_)) if last.trim().is_empty() => (start, size),
        (Err(_), Ok(suffix)) if first.trim().is_empty() => (size.saturating_sub(suffix), size),
        _ => return Asked::Whole,
    };
    if start < end { Asked::Part(start..end) } else { Asked::Nowhere }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_rfc_9110() {
        for (asked, is) in [
            ("bytes=0-99", Asked::Part(0..100)),
            ("bytes=500-", Asked::Part(500..1000)),
            ("bytes=-300", Asked::Part(700..1000)),
            ("bytes=-3000", Asked::Part(0..1000)),
            ("bytes=900-5000", Asked::Part(900..1000)),
            ("bytes=1000-", Asked::Nowhere),
            ("bytes=-0", Asked::Nowhere),
            ("bytes=9-3", Asked::Whole),
            ("bytes=0-1,5-6", Asked::Whole),
            ("lines=1-2", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
        ] {
            assert_eq!(range_of(asked, 1000), is, "{asked}");
        }
    }
}
