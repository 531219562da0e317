//! The sample calls: into an empty service, by one request, through the same intake as uploads.
//!
//! In: a wish. Out: how far they are. Their uploads have ids of their own for ever, so that asking twice, or again
//! after the service was killed half-way, enters each of them once.

use axum::extract::State;
use axum::http::StatusCode;
use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use super::arrival::{self, Arrival};
use crate::access::Action;
use crate::api::error::ApiError;
use crate::api::extract::Json;
use crate::api::{ApiState, Caller, Sample};
use crate::domain::Scope;
use crate::store::audit::Deed;
use crate::store::ledger::{self, ANALYSE, Entry, FileState, UPLOAD};
use crate::store::{jobs, list, now_us};

/// The sample calls, and how far they are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Samples)]
pub(super) struct SamplesBody {
    /// Whether the caller may load them now.
    can_load: bool,
    /// Why not: `has_calls` (the service has calls of its own), `loaded` (they are in already), `scope` (the caller
    /// does not see all calls).
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<&'static str>,
    /// How many there are.
    total: usize,
    /// How many have been taken in.
    loaded: usize,
    /// How many are calls or chats that can be looked at.
    done: usize,
    /// How many wait for what is missing, and are tried again by themselves.
    waiting: usize,
    /// How many ended otherwise.
    failed: usize,
    items: Vec<SampleBody>,
}

/// A sample call or chat.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sample)]
pub(super) struct SampleBody {
    /// Its file's name.
    name: &'static str,
    /// Its entry in the ledger; absent before it is taken in.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
    /// As in the ledger; `waiting` where it failed and is tried again by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// What it waits for, or why it ended otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Its call, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<String>,
}

/// Its upload's id: always the same.
fn id(sample: &Sample) -> String {
    format!("sample-{}", sample.name.replace('.', "-"))
}

async fn entry(state: &ApiState, sample: &Sample) -> Result<Option<Entry>, ApiError> {
    let path = state.ports.inlet.spool.place(&id(sample), sample.name);
    Ok(ledger::of_path(&state.store, UPLOAD, &path.display().to_string()).await?)
}

async fn look(state: &ApiState, caller: &Caller) -> Result<SamplesBody, ApiError> {
    // Counted first: a sample that becomes a call meanwhile must not look like a call of somebody's own.
    let calls = list::ever(&state.store).await?;
    let mut items = Vec::new();
    let (mut loaded, mut done, mut waiting, mut failed) = (0, 0, 0, 0);
    for sample in state.ports.samples {
        let entry = entry(state, sample).await?;
        let is = entry.as_ref().map(|entry| entry.state);
        let ended = [FileState::Skipped, FileState::Failed, FileState::Quarantined];
        let waits = match &entry {
            Some(entry) if entry.state == FileState::Failed => {
                jobs::is_open(&state.store, ANALYSE, &entry.id).await?
            }
            _ => false,
        };
        loaded += usize::from(is.is_some());
        done += usize::from(is == Some(FileState::Done));
        waiting += usize::from(waits);
        failed += usize::from(!waits && is.is_some_and(|is| ended.contains(&is)));
        let call = entry.as_ref().filter(|_| is == Some(FileState::Done));
        items.push(SampleBody {
            name: sample.name,
            state: if waits { Some("waiting") } else { is.map(FileState::as_str) },
            why: entry.as_ref().and_then(|entry| entry.why.clone()),
            call: call.and_then(|entry| entry.call_id.clone()),
            entry: entry.map(|entry| entry.id),
        });
    }
    let own = calls > i64::try_from(done).unwrap_or(i64::MAX);
    let why_not = match () {
        () if *caller.scope() != Scope::All => Some("scope"),
        () if own => Some("has_calls"),
        () if loaded == items.len() => Some("loaded"),
        () => None,
    };
    let total = items.len();
    Ok(SamplesBody {
        can_load: why_not.is_none(),
        why_not,
        total,
        loaded,
        done,
        waiting,
        failed,
        items,
    })
}

/// See whether the sample calls may be loaded, and how far they are.
#[utoipa::path(
    get, path = "/api/v1/samples", tag = "samples",
    extensions(("x-action" = json!(Action::Upload.as_str()))),
    responses((status = 200, body = SamplesBody)),
)]
pub(super) async fn progress(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Json<SamplesBody>, ApiError> {
    Ok(Json(look(&state, &caller).await?))
}

/// Load the sample calls and chats. Only into a service that has no calls of its own, by somebody who sees all calls.
#[utoipa::path(
    post, path = "/api/v1/samples", tag = "samples",
    extensions(("x-action" = json!(Action::Upload.as_str()))),
    responses((status = 202, description = "Taken in, and waiting to be analysed", body = SamplesBody)),
)]
pub(super) async fn load(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<(StatusCode, Json<SamplesBody>), ApiError> {
    match look(&state, &caller).await?.why_not {
        None => {}
        Some("scope") => {
            let en = "the sample calls are loaded by somebody who sees all calls";
            return Err(ApiError::conflict(en, "示例通话须由可查看全部通话的人员载入"));
        }
        Some("loaded") => {
            return Err(ApiError::conflict("the sample calls are in already", "示例通话已载入"));
        }
        Some(_) => {
            let en = "there are calls already: samples go into an empty service only";
            return Err(ApiError::conflict(en, "已有通话：示例通话只能载入空的系统"));
        }
    }
    let deed = Deed { actor: caller.id(), action: "samples.load", object: "", detail: "{}" };
    state.store.audit(now_us(), &deed).await?;
    for sample in state.ports.samples {
        if entry(&state, sample).await?.is_none() {
            take_in(&state, &caller, sample).await?;
        }
    }
    Ok((StatusCode::ACCEPTED, Json(look(&state, &caller).await?)))
}

async fn take_in(state: &ApiState, caller: &Caller, sample: &Sample) -> Result<(), ApiError> {
    let facts = arrival::facts(caller, sample.facts.map(str::to_owned), sample.name, None)?;
    let name = sample.name.to_owned();
    let arrival = Arrival { id: id(sample), name, other: None, facts };
    let bytes = futures_util::stream::iter([Ok::<_, ()>(Bytes::from_static(sample.bytes))]);
    let size = sample.bytes.len() as u64;
    state.ports.inlet.spool.append(&arrival.id, 0, size, bytes).await?;
    // Its time of writing is part of what makes it the same file the next time.
    arrival::settle(state, caller, &arrival, size, 0).await?;
    Ok(())
}
