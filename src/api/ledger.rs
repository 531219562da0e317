//! The ledger: what became of every file, and the hints of buckets.
//!
//! In: filters, ids. Out: entries and totals. A file's name may hold a number, so that only those who see all
//! calls see it.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::error::ApiError;
use super::extract::{Json, Path, Query, at};
use super::page::{Page, PageQuery};
use super::{ApiState, Caller};
use crate::access::Action;
use crate::ingest::bucket::{Notice, notice};
use crate::store::audit::Deed;
use crate::store::ledger::{self, Entry, FileState, Filter};
use crate::store::now_us;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(totals))
        .routes(routes!(entry))
        .routes(routes!(retry))
        .routes(routes!(notified))
}

/// A file in the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerEntry)]
struct EntryBody {
    id: String,
    /// Which source saw it; `upload` for what was sent in.
    source: String,
    /// Where it was seen: a path or a URL.
    path: String,
    /// Bytes.
    size: u64,
    /// `seen`, `stable`, `claimed`, `done`, `skipped`, `failed`, `quarantined`.
    state: &'static str,
    /// Why, where it is not on its way or done.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Its call, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<String>,
    /// Times a worker began with it.
    attempts: i64,
    /// First seen.
    seen: String,
    /// Last changed.
    changed: String,
}

impl EntryBody {
    fn of(entry: Entry) -> Self {
        Self {
            id: entry.id,
            source: entry.file.source,
            path: entry.file.path,
            size: entry.file.size,
            state: entry.state.as_str(),
            why: entry.why,
            call: entry.call_id.filter(|_| entry.state == FileState::Done),
            attempts: entry.attempts,
            seen: at(entry.seen_us),
            changed: at(entry.changed_us),
        }
    }
}

/// Which files.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Of this source.
    source: Option<String>,
    /// In this state.
    state: Option<String>,
}

/// Files of a source.
#[derive(Debug, Serialize, ToSchema)]
struct SourceTotals {
    source: String,
    /// How many in each state.
    files: BTreeMap<&'static str, i64>,
    /// How many ever: the sum of all states.
    all: i64,
    /// Bytes of all.
    bytes: i64,
}

/// All files that were ever seen.
#[derive(Debug, Serialize, ToSchema)]
struct LedgerTotals {
    sources: Vec<SourceTotals>,
    /// How many in all.
    all: i64,
}

/// List files, the last seen first.
#[utoipa::path(
    get, path = "/api/v1/ledger", tag = "ledger", params(Which, PageQuery),
    extensions(("x-action" = json!(Action::LedgerRead.as_str()))),
    responses((status = 200, body = Page<EntryBody>)),
)]
async fn list(
    State(state): State<ApiState>,
    Query(which): Query<Which>,
    query: PageQuery,
) -> Result<Json<Page<EntryBody>>, ApiError> {
    let limit = query.limit()?;
    let word = |word: String| {
        FileState::parse(&word).ok_or_else(|| {
            ApiError::invalid("`state` is no state of a file", "`state` 不是有效状态")
        })
    };
    let filter = Filter {
        source: which.source,
        state: which.state.map(word).transpose()?,
        before: query.after::<String>()?,
    };
    let found = ledger::list(&state.store, &filter, limit + 1).await?;
    Ok(Json(Page::of(found, limit, |entry| entry.id.clone()).map(EntryBody::of)))
}

/// Count files by source and state.
#[utoipa::path(
    get, path = "/api/v1/ledger/totals", tag = "ledger",
    extensions(("x-action" = json!(Action::LedgerRead.as_str()))),
    responses((status = 200, body = LedgerTotals)),
)]
async fn totals(State(state): State<ApiState>) -> Result<Json<LedgerTotals>, ApiError> {
    let mut sources: Vec<SourceTotals> = Vec::new();
    for total in ledger::totals(&state.store).await? {
        if sources.last().is_none_or(|last| last.source != total.source) {
            let files = FileState::ALL.into_iter().map(|state| (state.as_str(), 0)).collect();
            sources.push(SourceTotals { source: total.source, files, all: 0, bytes: 0 });
        }
        let source = sources.last_mut().expect("one was just put there");
        source.files.insert(total.state.as_str(), total.files);
        source.all += total.files;
        source.bytes += total.bytes;
    }
    let all = sources.iter().map(|source| source.all).sum();
    Ok(Json(LedgerTotals { sources, all }))
}

/// See what became of a file.
#[utoipa::path(
    get, path = "/api/v1/ledger/{entry_id}", tag = "ledger", params(("entry_id" = String, Path)),
    extensions(("x-action" = json!(Action::LedgerRead.as_str()))),
    responses((status = 200, body = EntryBody)),
)]
async fn entry(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<EntryBody>, ApiError> {
    Ok(Json(EntryBody::of(ledger::entry(&state.store, &id).await?)))
}

/// Try a file again that was skipped, failed or quarantined.
#[utoipa::path(
    post, path = "/api/v1/ledger/{entry_id}/retry", tag = "ledger", params(("entry_id" = String, Path)),
    extensions(("x-action" = json!(Action::LedgerWrite.as_str()))),
    responses((status = 200, body = EntryBody)),
)]
async fn retry(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<EntryBody>, ApiError> {
    let now_us = now_us();
    let tx = state.store.begin().await?;
    ledger::retry(&tx, &id, now_us).await?;
    let object = format!("file/{id}");
    let deed = Deed { actor: caller.id(), action: "file.retry", object: &object, detail: "{}" };
    tx.audit(now_us, &deed).await?;
    let entry = ledger::entry(&tx, &id).await?;
    tx.commit().await?;
    state.ports.inlet.wake.notify_waiters();
    Ok(Json(EntryBody::of(entry)))
}

/// Tell of objects put into a bucket: a notification of Amazon S3, EventBridge or MinIO as it is.
///
/// Nothing is believed: the bucket is looked at. Objects of buckets that are no source are passed over.
#[utoipa::path(
    post, path = "/api/v1/notifications/bucket", tag = "ledger",
    request_body(content = Vec<u8>, content_type = "application/json"),
    extensions(("x-action" = json!(Action::Upload.as_str()))),
    responses((status = 202, description = "Will be looked at")),
)]
async fn notified(State(state): State<ApiState>, body: Bytes) -> Result<StatusCode, ApiError> {
    let told = notice(&body)
        .map_err(|error| ApiError::invalid(error.to_string(), "不是有效的存储桶通知"))?;
    if let Notice::Put(objects) = told {
        for object in objects {
            // Nobody listens where there is no bucket among the sources.
            let _ = state.ports.inlet.hints.send(object);
        }
    }
    Ok(StatusCode::ACCEPTED)
}
