//! A recording in one request: its bytes as the body, or a form with the file, or a call's two, and the facts.

use axum::body::Body;
use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::http::StatusCode;
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::arrival::{self, Arrival};
use super::{Accepted, RECORDING_BYTES_MAX, not_empty};
use crate::access::Action;
use crate::api::error::ApiError;
use crate::api::extract::{Json, Query};
use crate::api::{ApiState, Caller};
use crate::ingest::spool::Spool;
use crate::store::now_us;
use crate::store::uploads::OtherFile;
use crate::wire::sidecar::SIDECAR_BYTES_MAX;

/// Files of a call that a form may have.
const FILES_MAX: usize = 2;

/// What cannot stand in the body when it is the recording.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Named {
    /// The file's name, when the body is the recording itself.
    name: Option<String>,
    /// What is known about the call: a sidecar's JSON, when the body is the recording itself.
    facts: Option<String>,
}

/// A form with a recording.
#[derive(ToSchema)]
#[schema(as = RecordingForm)]
#[allow(dead_code, reason = "describes the form; it is read field by field")]
pub(super) struct Form {
    /// The recording, or a chat log, with its name. Twice where two mono files are one call: named like `x-in.wav` and
    /// `x-out.wav` (or `-rx`, `-tx`), or listed in leg order as `files` of the facts.
    #[schema(content_media_type = "application/octet-stream")]
    file: String,
    /// What is known about the call: a sidecar's JSON.
    facts: Option<String>,
}

/// What came is forgotten when the request ends before all of it has come.
struct Unfinished<'a> {
    spool: &'a std::sync::Arc<Spool>,
    id: Option<String>,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            let spool = std::sync::Arc::clone(self.spool);
            // The service removes what a stopped process could not.
            tokio::spawn(async move { spool.discard(&id).await });
        }
    }
}

/// Send a recording or a chat log.
///
/// As the body itself with `name` behind `?`, or as `multipart/form-data` with `file` and `facts`; with `file` twice, the
/// two mono files of one call. Up to 2 GiB, within five minutes: what takes longer is sent in pieces (`/api/v1/uploads`).
/// Content that is a call already stays one call.
#[utoipa::path(
    post, path = "/api/v1/recordings", tag = "uploads", params(Named),
    request_body(content(
        (Form = "multipart/form-data"),
        (Vec<u8> = "application/octet-stream"),
    )),
    extensions(("x-action" = json!(Action::Upload.as_str()))),
    responses((status = 202, description = "On the disk, and waiting to be analysed", body = Accepted)),
)]
pub(super) async fn send(
    State(state): State<ApiState>,
    caller: Caller,
    Query(named): Query<Named>,
    request: Request,
) -> Result<(StatusCode, Json<Accepted>), ApiError> {
    let spool = &state.ports.inlet.spool;
    let id = uuid::Uuid::now_v7().to_string();
    let mut unfinished = Unfinished { spool, id: Some(id.clone()) };
    let (arrival, size) = match arrival::is_multipart(request.headers()) {
        true => form(&state, &caller, id, request).await?,
        false => {
            let name = arrival::name(named.name.as_deref().unwrap_or_default())?;
            let facts = arrival::facts(&caller, named.facts, &name, None)?;
            let size = not_empty(body(spool, &id, request.into_body()).await?)?;
            (Arrival { id, name, other: None, facts }, size)
        }
    };
    // From here on it sees to that itself.
    unfinished.id = None;
    let entry = arrival::settle(&state, &caller, &arrival, size, now_us()).await?;
    let Arrival { name, other, .. } = arrival;
    let other = other.map(Into::into);
    Ok((StatusCode::ACCEPTED, Json(Accepted { entry, name, size, other })))
}

/// A body that breaks off is no recording.
async fn body(spool: &Spool, id: &str, body: Body) -> Result<u64, ApiError> {
    let mut broken = false;
    let bytes = body.into_data_stream().inspect_err(|_| broken = true);
    let size = spool.append(id, 0, RECORDING_BYTES_MAX, Box::pin(bytes)).await?;
    match broken {
        true => Err(ApiError::invalid("the request broke off", "请求中断")),
        false => Ok(size),
    }
}

async fn form(
    state: &ApiState,
    caller: &Caller,
    id: String,
    request: Request,
) -> Result<(Arrival, u64), ApiError> {
    let wrong = |_| ApiError::invalid("the form cannot be read", "表单无法解析");
    let mut form = Multipart::from_request(request, state)
        .await
        .map_err(|_| ApiError::invalid("the form has no boundary", "表单缺少分隔符"))?;
    let (mut files, mut facts, mut size) = (Vec::new(), None, 0);
    while let Some(field) = form.next_field().await.map_err(wrong)? {
        match field.name() {
            Some("facts") if facts.is_none() => facts = Some(text(field).await?),
            Some("file") if files.len() < FILES_MAX => {
                let name = arrival::name(field.file_name().unwrap_or_default())?;
                let mut broken = false;
                let bytes = Box::pin(field.inspect_err(|_| broken = true));
                let spool = &state.ports.inlet.spool;
                let came = spool.append(&id, size, RECORDING_BYTES_MAX, bytes).await?;
                if broken {
                    return Err(ApiError::invalid("the request broke off", "请求中断"));
                }
                files.push((name, not_empty(came - size)?));
                size = came;
            }
            _ => {
                return Err(ApiError::invalid(
                    "a form has `file`, twice where two files are one call, and `facts` once",
                    "表单只含 `file`（一通电话有两个文件时为两项）和一项 `facts`",
                ));
            }
        }
    }
    let mut files = files.into_iter();
    let (name, _) = files
        .next()
        .ok_or_else(|| ApiError::invalid("the form has no `file`", "表单缺少 `file`"))?;
    let other = files.next().map(|(name, size)| OtherFile { name, size });
    let facts = arrival::facts(caller, facts, &name, other.as_ref())?;
    Ok((Arrival { id, name, other, facts }, size))
}

async fn text(mut field: axum::extract::multipart::Field<'_>) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    let wrong = |_| ApiError::invalid("the form cannot be read", "表单无法解析");
    while let Some(piece) = field.chunk().await.map_err(wrong)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 > SIDECAR_BYTES_MAX {
            return Err(ApiError::TooLarge);
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| ApiError::invalid("`facts` is not UTF-8", "`facts` 不是 UTF-8"))
}
