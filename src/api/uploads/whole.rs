//! A recording in one request: its bytes as the body, or a form with the file and its facts.

use axum::body::Body;
use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::http::StatusCode;
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::arrival::{self, Arrival};
use super::{Accepted, RECORDING_BYTES_MAX};
use crate::access::Action;
use crate::api::error::ApiError;
use crate::api::extract::{Json, Query};
use crate::api::{ApiState, Caller};
use crate::ingest::spool::Spool;
use crate::store::now_us;
use crate::wire::sidecar::SIDECAR_BYTES_MAX;

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
    /// The recording, or a chat log, with its name.
    #[schema(content_media_type = "application/octet-stream")]
    file: String,
    /// What is known about the call: a sidecar's JSON.
    facts: Option<String>,
}

/// What came is forgotten when the request ends before it is whole.
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
/// As the body itself with `name` behind `?`, or as `multipart/form-data` with `file` and `facts`. Up to 2 GiB, within
/// five minutes: what takes longer is sent in pieces (`/api/v1/uploads`). Content that is a call already stays one call.
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
            let facts = arrival::facts(&caller, named.facts)?;
            let size = body(spool, &id, request.into_body()).await?;
            (Arrival { id, name, facts }, size)
        }
    };
    if size == 0 {
        return Err(ApiError::invalid("the file is empty", "文件为空"));
    }
    let entry = arrival::settle(&state, &caller, &arrival, size, now_us()).await?;
    unfinished.id = None;
    Ok((StatusCode::ACCEPTED, Json(Accepted { entry, name: arrival.name, size })))
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
    let (mut name, mut facts, mut size) = (None, None, 0);
    while let Some(field) = form.next_field().await.map_err(wrong)? {
        match field.name() {
            Some("facts") => facts = Some(text(field).await?),
            Some("file") if name.is_none() => {
                name = Some(arrival::name(field.file_name().unwrap_or_default())?);
                let mut broken = false;
                let bytes = field.inspect_err(|_| broken = true);
                size = state
                    .ports
                    .inlet
                    .spool
                    .append(&id, 0, RECORDING_BYTES_MAX, Box::pin(bytes))
                    .await?;
                if broken {
                    return Err(ApiError::invalid("the request broke off", "请求中断"));
                }
            }
            _ => {
                return Err(ApiError::invalid(
                    "a form has `file` and `facts`, once each",
                    "表单只含 `file` 和 `facts` 各一项",
                ));
            }
        }
    }
    let name =
        name.ok_or_else(|| ApiError::invalid("the form has no `file`", "表单缺少 `file`"))?;
    Ok((Arrival { id, name, facts: arrival::facts(caller, facts)? }, size))
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
