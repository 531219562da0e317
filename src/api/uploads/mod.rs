//! Recordings sent in over HTTP: at once, or in pieces that can be taken up again.
//!
//! In: files with what is known about them. Out: entries in the ledger. What is acknowledged is on the disk. Who
//! sees only some calls sends only such: the facts must say whose the call is. Two mono files of one call come one
//! after the other under one upload, and lie side by side like those of a watched folder.

mod arrival;
#[cfg(test)]
mod left_tests;
mod pieces;
mod samples;
#[cfg(test)]
mod tests;
mod whole;

use axum::extract::DefaultBodyLimit;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::error::ApiError;
use crate::ingest::spool::SpoolError;
use crate::store::uploads::OtherFile;

/// Bytes of a recording: some 35 hours in telephone quality.
pub(super) const RECORDING_BYTES_MAX: u64 = 2 << 30;

/// This resource's routes. Their bodies are as long as recordings.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(whole::send))
        .routes(routes!(pieces::announce))
        .routes(routes!(pieces::state, pieces::append, pieces::abandon))
        .routes(routes!(samples::progress, samples::load))
        .layer(DefaultBodyLimit::disable())
}

/// A recording that was taken in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Accepted {
    /// Its entry in the ledger.
    entry: String,
    /// The name it lies under.
    name: String,
    /// Bytes; of two files, of both.
    size: u64,
    /// The other file of the same call, where two were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<OtherBody>,
}

/// The other of two mono files that are one call.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = OtherFile)]
#[serde(deny_unknown_fields)]
pub(super) struct OtherBody {
    /// The file's name.
    name: String,
    /// Its bytes.
    #[schema(minimum = 1)]
    size: u64,
}

impl From<OtherFile> for OtherBody {
    fn from(file: OtherFile) -> Self {
        Self { name: file.name, size: file.size }
    }
}

/// A file that has nothing in it is no recording.
fn not_empty(size: u64) -> Result<u64, ApiError> {
    match size {
        0 => Err(ApiError::invalid("the file is empty", "文件为空")),
        size => Ok(size),
    }
}

impl From<SpoolError> for ApiError {
    fn from(error: SpoolError) -> Self {
        match error {
            SpoolError::TooLarge => ApiError::TooLarge,
            SpoolError::Busy => {
                ApiError::conflict("this upload is being written to", "该上传正在写入")
            }
            SpoolError::Lost => ApiError::conflict(
                "what came before is gone; begin again",
                "先前的内容已丢失，请重新上传",
            ),
            SpoolError::Io(error) => ApiError::internal(error),
        }
    }
}
