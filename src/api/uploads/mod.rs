//! Recordings sent in over HTTP: at once, or in pieces that can be taken up again.
//!
//! In: files with what is known about them. Out: entries in the ledger. What is acknowledged is on the disk. Who
//! sees only some calls sends only such: the facts must say whose the call is.

mod arrival;
mod pieces;
mod samples;
#[cfg(test)]
mod tests;
mod whole;

use axum::extract::DefaultBodyLimit;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::error::ApiError;
use crate::ingest::spool::SpoolError;

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
    /// Bytes.
    size: u64,
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
