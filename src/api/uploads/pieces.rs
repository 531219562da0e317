//! Uploads that can be taken up again, after tus and the IETF's resumable uploads: announce, send from an offset on,
//! ask for the offset, go on.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::arrival::{self, Arrival};
use super::{OtherBody, RECORDING_BYTES_MAX, not_empty};
use crate::access::Action;
use crate::api::error::ApiError;
use crate::api::extract::{Json, Path, at};
use crate::api::{ApiState, Caller};
use crate::ingest::spool::{SpoolError, Turn};
use crate::store::now_us;
use crate::store::uploads::{self, OtherFile, Upload};

/// Uploads of one person that are not whole.
const OPEN_MAX: i64 = 100;

/// After so long without a byte an upload is forgotten, and so is that it was whole.
const KEPT_US: i64 = 7 * 24 * 3_600_000_000;

/// Old uploads that one announcement clears away.
const CLEARED: u32 = 20;

const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");

/// A recording that is to come in pieces.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUpload {
    /// The file's name.
    name: String,
    /// Its bytes, up to 2 GiB.
    #[schema(minimum = 1)]
    size: u64,
    /// The other file, where two mono files are one call: its bytes are sent after those of the first, as if they were one.
    /// The two are named like `x-in.wav` and `x-out.wav` (or `-rx`, `-tx`), or listed in leg order as `files` of the facts.
    /// Up to 2 GiB together.
    other: Option<OtherBody>,
    /// What is known about the call: a sidecar.
    #[schema(value_type = Option<Object>)]
    facts: Option<serde_json::Value>,
}

/// An upload.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Upload)]
pub(super) struct UploadBody {
    id: String,
    /// The name the file will lie under.
    name: String,
    /// Bytes announced; of two files, of both.
    size: u64,
    /// The call's other file, where it is two.
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<OtherBody>,
    /// Bytes on the disk: where to go on.
    received: u64,
    /// Its entry in the ledger, once it is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
    /// When something of it last came.
    changed: String,
}

impl UploadBody {
    fn answer(upload: Upload, status: StatusCode) -> Response {
        let number = HeaderValue::from;
        let headers = [(OFFSET, number(upload.received)), (LENGTH, number(upload.size))];
        let body = Self {
            id: upload.id,
            name: upload.name,
            size: upload.size,
            other: upload.other.map(Into::into),
            received: upload.received,
            entry: upload.ledger,
            changed: at(upload.changed_us),
        };
        (status, headers, Json(body)).into_response()
    }
}

/// Announce a recording.
#[utoipa::path(
    post, path = "/api/v1/uploads", tag = "uploads", request_body = NewUpload,
    extensions(("x-action" = json!(Action::Upload.as_str()))),
    responses((status = 201, description = "`Location` takes the bytes", body = UploadBody)),
)]
pub(super) async fn announce(
    State(state): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewUpload>,
) -> Result<Response, ApiError> {
    let now_us = now_us();
    let name = arrival::name(&body.name)?;
    let other = body.other.map(|other| {
        let size = not_empty(other.size)?;
        Ok::<_, ApiError>(OtherFile { name: arrival::name(&other.name)?, size })
    });
    let other = other.transpose()?;
    let facts = body.facts.map(|facts| facts.to_string());
    let facts = arrival::facts(&caller, facts, &name, other.as_ref())?;
    let more = other.as_ref().map_or(0, |other| other.size);
    let size = not_empty(body.size)?.saturating_add(more);
    if size > RECORDING_BYTES_MAX {
        return Err(ApiError::TooLarge);
    }
    clear(&state, now_us).await?;
    if uploads::open_of(&state.store, caller.id()).await? >= OPEN_MAX {
        let en = "100 of your uploads are not whole: finish or delete some";
        return Err(ApiError::conflict(en, "未完成的上传已达 100 个，请先完成或删除"));
    }
    let upload = Upload {
        id: uuid::Uuid::now_v7().to_string(),
        person: caller.id().to_owned(),
        name,
        size,
        other,
        received: 0,
        facts,
        ledger: None,
        created_us: now_us,
        changed_us: now_us,
    };
    let tx = state.store.begin().await?;
    uploads::add(&tx, &upload).await?;
    tx.commit().await?;
    let location = format!("/api/v1/uploads/{}", upload.id);
    let mut response = UploadBody::answer(upload, StatusCode::CREATED);
    let location = HeaderValue::try_from(location).map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// Ask how much of a recording has come. `HEAD` does too, by `Upload-Offset`.
#[utoipa::path(
    get, path = "/api/v1/uploads/{upload_id}", tag = "uploads", params(("upload_id" = String, Path)),
    extensions(("x-action" = json!(Action::Upload.as_str()))),
    responses((status = 200, body = UploadBody)),
)]
pub(super) async fn state(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let upload = own(&state, &caller, &id).await?;
    let upload = whole(&state, &caller, upload).await?;
    Ok(UploadBody::answer(upload, StatusCode::OK))
}

/// Send the bytes from `Upload-Offset` on. With the last of them the recording is taken in.
#[utoipa::path(
    patch, path = "/api/v1/uploads/{upload_id}", tag = "uploads",
    params(("upload_id" = String, Path), ("Upload-Offset" = u64, Header, description = "Bytes sent before")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    extensions(("x-action" = json!(Action::Upload.as_str()))),
    responses((status = 200, description = "`Upload-Offset` says where to go on", body = UploadBody)),
)]
pub(super) async fn append(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let mut upload = own(&state, &caller, &id).await?;
    let offset = headers.get(&OFFSET).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let offset = offset.ok_or_else(|| {
        ApiError::invalid(
            "`Upload-Offset` says how many bytes were sent before",
            "缺少请求头 `Upload-Offset`",
        )
    })?;
    if offset != upload.received {
        let en = format!("go on at {}", upload.received);
        return Err(ApiError::conflict(en, format!("请从 {} 处继续", upload.received)));
    }
    if upload.received < upload.size {
        let bytes = Box::pin(body.into_data_stream());
        let received =
            state.ports.inlet.spool.append(&upload.id, offset, upload.size, bytes).await?;
        let tx = state.store.begin().await?;
        uploads::received(&tx, &upload.id, offset, received, now_us()).await?;
        tx.commit().await?;
        upload.received = received;
    }
    let upload = whole(&state, &caller, upload).await?;
    Ok(UploadBody::answer(upload, StatusCode::OK))
}

/// Give up an upload that is not whole.
#[utoipa::path(
    delete, path = "/api/v1/uploads/{upload_id}", tag = "uploads", params(("upload_id" = String, Path)),
    extensions(("x-action" = json!(Action::Upload.as_str()))),
    responses((status = 204, description = "Forgotten")),
)]
pub(super) async fn abandon(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let upload = own(&state, &caller, &id).await?;
    forget(&state, &state.ports.inlet.spool.turn(&upload.id)?, &upload.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets an upload, and what came of it unless that is in the ledger: it may have become so until the turn was ours.
async fn forget(state: &ApiState, turn: &Turn<'_>, id: &str) -> Result<(), ApiError> {
    let upload = uploads::upload(&state.store, id).await?;
    if upload.is_some_and(|upload| upload.ledger.is_none()) {
        turn.discard().await?;
    }
    let tx = state.store.begin().await?;
    uploads::remove(&tx, id).await?;
    Ok(tx.commit().await?)
}

/// Somebody's uploads are theirs alone.
async fn own(state: &ApiState, caller: &Caller, id: &str) -> Result<Upload, ApiError> {
    let upload = uploads::upload(&state.store, id).await?;
    let upload = upload.filter(|upload| upload.person == caller.id());
    upload.ok_or_else(|| ApiError::not_found("upload", "上传不存在"))
}

/// Takes in what is whole; also what was when the service was stopped between the last byte and the ledger.
async fn whole(state: &ApiState, caller: &Caller, mut upload: Upload) -> Result<Upload, ApiError> {
    if upload.ledger.is_none() && upload.received == upload.size {
        let Upload { id, name, other, facts, size, created_us, .. } = upload.clone();
        let arrival = Arrival { id, name, other, facts };
        upload.ledger = Some(arrival::settle(state, caller, &arrival, size, created_us).await?);
    }
    Ok(upload)
}

async fn clear(state: &ApiState, now_us: i64) -> Result<(), ApiError> {
    for old in uploads::still_since(&state.store, now_us - KEPT_US, CLEARED).await? {
        match state.ports.inlet.spool.turn(&old.id) {
            Ok(turn) => forget(state, &turn, &old.id).await?,
            // Somebody goes on with it just now.
            Err(SpoolError::Busy) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
