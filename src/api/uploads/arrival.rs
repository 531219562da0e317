//! What all ways of sending have in common: names, facts, and the step into the ledger.

use axum::http::HeaderMap;

use crate::api::error::ApiError;
use crate::api::{ApiState, Caller};
use crate::domain::{Belongs, CallId};
use crate::ingest::spool::file_name;
use crate::store::audit::Deed;
use crate::store::ledger::{self, FileState, Sighting, UPLOAD};
use crate::store::{now_us, uploads};
use crate::wire::sidecar::{SIDECAR_BYTES_MAX, parse_sidecar};

/// A file that is about to come.
pub(super) struct Arrival {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) facts: Option<String>,
}

/// Reads a file's name.
pub(super) fn name(name: &str) -> Result<String, ApiError> {
    file_name(name).ok_or_else(|| ApiError::invalid("the file needs a name", "缺少文件名"))
}

/// Reads the facts, and whether they are of a call that the caller may see.
pub(super) fn facts(caller: &Caller, text: Option<String>) -> Result<Option<String>, ApiError> {
    let text = text.filter(|text| !text.trim().is_empty());
    if text.as_ref().is_some_and(|text| text.len() as u64 > SIDECAR_BYTES_MAX) {
        return Err(ApiError::TooLarge);
    }
    let any = CallId::new("any").map_err(ApiError::internal)?;
    let info = parse_sidecar(text.as_deref().unwrap_or("{}"), &any).map(|sidecar| sidecar.info);
    let info = info.map_err(|error| {
        ApiError::invalid(format!("`facts`: {error}"), format!("`facts`：{}", error.zh()))
    })?;
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

/// Whether the body is a form.
pub(super) fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(axum::http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/form-data"))
}

/// A whole file goes into the ledger and becomes a job; tells its entry. Twice is once.
pub(super) async fn settle(
    state: &ApiState,
    caller: &Caller,
    arrival: &Arrival,
    size: u64,
    created_us: i64,
) -> Result<String, ApiError> {
    let port = &state.ports.inlet;
    let path = port.spool.finish(&arrival.id, &arrival.name).await?;
    let now_us = now_us();
    let file = Sighting {
        source: UPLOAD.to_owned(),
        path: path.display().to_string(),
        size,
        modified_us: created_us,
    };
    let tx = state.store.begin().await?;
    let entry = ledger::see(&tx, &file, now_us).await?;
    if entry.state == FileState::Seen {
        ledger::settle(&tx, &entry.id, arrival.facts.as_deref(), 0, now_us).await?;
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
