//! What all ways of sending have in common: names, facts, and the step into the ledger.

use std::path::PathBuf;

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use crate::api::error::ApiError;
use crate::api::{ApiState, Caller};
use crate::domain::{Belongs, CallId};
use crate::ingest::spool::file_name;
use crate::ingest::{leg_order, tells_side};
use crate::store::audit::Deed;
use crate::store::ledger::{self, FileState, Sighting, UPLOAD};
use crate::store::uploads::OtherFile;
use crate::store::{now_us, uploads};
use crate::wire::sidecar::{SIDECAR_BYTES_MAX, parse_sidecar};

/// A call's file that is about to come, or its two.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) id: String,
    pub(super) name: String,
    /// Its bytes come after those of the first.
    pub(super) other: Option<OtherFile>,
    /// Of two files, they say by `files` which is which leg.
    pub(super) facts: Option<String>,
}

/// Reads a file's name.
pub(super) fn name(name: &str) -> Result<String, ApiError> {
    file_name(name).ok_or_else(|| ApiError::invalid("the file needs a name", "缺少文件名"))
}

/// Reads the facts: whether they are of a call that the caller may see, and of the files that came. Of two files they
/// tell the order of legs from here on, as of files in a watched folder.
pub(super) fn facts(
    caller: &Caller,
    text: Option<String>,
    name: &str,
    other: Option<&OtherFile>,
) -> Result<Option<String>, ApiError> {
    let text = short(text.filter(|text| !text.trim().is_empty()))?;
    let any = CallId::new("any").map_err(ApiError::internal)?;
    let sidecar = parse_sidecar(text.as_deref().unwrap_or("{}"), &any).map_err(|error| {
        ApiError::invalid(format!("`facts`: {error}"), format!("`facts`：{}", error.zh()))
    })?;
    let text = match legs(&sidecar.files, name, other)? {
        Some(legs) => short(Some(with_files(text.as_deref(), legs)?))?,
        None => text,
    };
    let info = sidecar.info;
    let (client, vendor, project) = (info.client, info.vendor, info.project);
    let belongs = Belongs { client, vendor, project, team: info.team, agent: info.agent_id };
    match caller.sees(&belongs) {
        true => Ok(text),
        false => Err(ApiError::invalid(
            "`facts` must say that the call is one you may see: client, vendor, project, team",
            "`facts` 须注明通话所属的甲方、供应商、项目或班组，且在您的权限范围内",
        )),
    }
}

fn short(facts: Option<String>) -> Result<Option<String>, ApiError> {
    match facts.as_ref().is_some_and(|text| text.len() as u64 > SIDECAR_BYTES_MAX) {
        true => Err(ApiError::TooLarge),
        false => Ok(facts),
    }
}

/// The names of a call's two files in leg order, by the facts or by the names themselves; `None` of one file.
fn legs<'a>(
    said: &[String],
    name: &'a str,
    other: Option<&'a OtherFile>,
) -> Result<Option<[&'a str; 2]>, ApiError> {
    // As they lie, so that a name is the same in both places.
    let said: Vec<String> = said.iter().map(|one| file_name(one).unwrap_or_default()).collect();
    let Some(other) = other.map(|other| other.name.as_str()) else {
        return match &said[..] {
            [] => Ok(None),
            [one] if one == name => Ok(None),
            [_, _] => Err(ApiError::invalid(
                "`files` of the facts names two files and one was sent: send both together, or leave `files` out",
                "`facts` 的 `files` 列出了两个文件，但只收到一个：请将两个文件一起发送，或去掉 `files`",
            )),
            _ => Err(misfit()),
        };
    };
    if name == other {
        return Err(ApiError::invalid(
            "the two files of a call need names that differ",
            "一通电话的两个文件不能同名",
        ));
    }
    match &said[..] {
        [] => leg_order(name, other).map(Some).ok_or_else(|| unordered(name, other)),
        [first, second] if first == name && second == other => Ok(Some([name, other])),
        [first, second] if first == other && second == name => Ok(Some([other, name])),
        _ => Err(misfit()),
    }
}

fn unordered(name: &str, other: &str) -> ApiError {
    if tells_side(name) && tells_side(other) {
        return ApiError::invalid(
            "the names of a call's two files are the same, file type too, but for -in and -out (or -rx and -tx), like \
             1-in.wav and 1-out.wav; or list them in leg order as `files` of the facts",
            "一通电话的两个文件，除 -in、-out（或 -rx、-tx）外文件名和文件类型须相同，如 1-in.wav 和 1-out.wav；\
             或在 `facts` 的 `files` 中按声道顺序列出",
        );
    }
    ApiError::invalid(
        "the names do not tell which file is which leg: end them in -in and -out (or -rx and -tx), or list them \
         in leg order as `files` of the facts",
        "从文件名看不出哪个文件是哪一路：请以 -in、-out（或 -rx、-tx）结尾命名，或在 `facts` 的 `files` 中按声道顺序列出",
    )
}

fn misfit() -> ApiError {
    ApiError::invalid(
        "`files` of the facts names other files than were sent: list the names as sent, or leave `files` out",
        "`facts` 的 `files` 与收到的文件不符：请按所发送的文件名填写，或去掉 `files`",
    )
}

fn with_files(facts: Option<&str>, legs: [&str; 2]) -> Result<String, ApiError> {
    let text = facts.unwrap_or("{}").trim_start_matches('\u{feff}');
    let mut facts: Map<String, Value> = serde_json::from_str(text).map_err(ApiError::internal)?;
    facts.insert("files".to_owned(), legs.as_slice().into());
    Ok(Value::Object(facts).to_string())
}

/// Whether the body is a form.
pub(super) fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(axum::http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/form-data"))
}

/// What is whole goes into the ledger and becomes a job; tells its entry. `size` is of all bytes that came. Twice is
/// once. Where it fails and nobody can take it up again, what came is forgotten.
pub(super) async fn settle(
    state: &ApiState,
    caller: &Caller,
    arrival: &Arrival,
    size: u64,
    created_us: i64,
) -> Result<String, ApiError> {
    let (state, caller, arrival) = (state.clone(), caller.clone(), arrival.clone());
    // Goes on when the caller hangs up: what came is whole, and half a step would leave files that are nobody's.
    let settled = tokio::spawn(async move {
        let entered = enter(&state, &caller, &arrival, size, created_us).await;
        if entered.is_err()
            && let Err(error) = give_up(&state, &arrival.id).await
        {
            tracing::warn!(%error, "a failed upload stays until the next start");
        }
        entered
    });
    settled.await.map_err(ApiError::internal)?
}

/// Throws away what nothing can come of.
async fn give_up(state: &ApiState, id: &str) -> Result<(), ApiError> {
    let turn = state.ports.inlet.spool.next_turn(id).await?;
    if !uploads::is_wanted(&state.store, id).await? {
        turn.discard().await?;
    }
    Ok(())
}

async fn enter(
    state: &ApiState,
    caller: &Caller,
    arrival: &Arrival,
    size: u64,
    created_us: i64,
) -> Result<String, ApiError> {
    let port = &state.ports.inlet;
    // To the end, so that nobody throws away what is just being entered.
    let turn = port.spool.next_turn(&arrival.id).await?;
    let known = uploads::upload(&state.store, &arrival.id).await?;
    if let Some(entry) = known.and_then(|known| known.ledger) {
        // It was asked for twice, and this one waited.
        return Ok(entry);
    }
    let sighting = |path: PathBuf, size: u64| Sighting {
        source: UPLOAD.to_owned(),
        path: path.display().to_string(),
        size,
        modified_us: created_us,
    };
    let mut first_size = size;
    let mut other = None;
    if let Some(OtherFile { name, size }) = &arrival.other {
        first_size = first_size.saturating_sub(*size);
        let path = turn.split(first_size, name).await?;
        other = Some(sighting(path, *size));
    }
    let path = turn.finish(&arrival.name).await?;
    let now_us = now_us();
    let tx = state.store.begin().await?;
    let entry = ledger::see(&tx, &sighting(path, first_size), now_us).await?;
    if entry.state == FileState::Seen {
        ledger::settle(&tx, &entry.id, arrival.facts.as_deref(), 0, now_us).await?;
    }
    if let Some(other) = &other {
        ledger::join(&tx, other, &entry.id, now_us).await?;
    }
    uploads::finished(&tx, &arrival.id, &entry.id, now_us).await?;
    let object = format!("file/{}", entry.id);
    let detail = serde_json::json!({ "bytes": size }).to_string();
    let deed = Deed { actor: caller.id(), action: "upload", object: &object, detail: &detail };
    tx.audit(now_us, &deed).await?;
    tx.commit().await?;
    port.wake.notify_waiters();
    Ok(entry.id)
}
