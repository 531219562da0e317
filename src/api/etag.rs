//! ETags: a resource's `rev` says which state of it was read.
//!
//! In: `If-Match`. Out: [`ApiError::Stale`] when it was changed since. `If-None-Match` is answered by
//! [`super::layers`] for every answer that carries an ETag.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};

use super::error::ApiError;

/// Puts a resource's revision on the answer as its ETag.
#[derive(Debug, Clone, Copy)]
pub struct ETag(pub i64);

impl ETag {
    /// As it stands in the header.
    pub fn value(self) -> HeaderValue {
        HeaderValue::try_from(format!("\"{}\"", self.0)).expect("digits and quotes")
    }
}

impl IntoResponseParts for ETag {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.headers_mut().insert(header::ETAG, self.value());
        Ok(parts)
    }
}

impl IntoResponse for ETag {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

/// The state that the caller means to change.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(Option<i64>);

impl IfMatch {
    /// Whether it is the state that is there.
    ///
    /// # Errors
    /// [`ApiError::Stale`]; [`ApiError::NoIfMatch`] when the caller did not say.
    pub fn check(self, rev: i64) -> Result<(), ApiError> {
        match self.0 {
            Some(read) if read == rev => Ok(()),
            Some(_) => Err(ApiError::Stale),
            None => Err(ApiError::NoIfMatch),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().ok().map(str::trim);
        let rev = text.and_then(|text| text.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
        // What is no ETag of ours is no state that is there.
        rev.map(|rev| Self(Some(rev))).ok_or(ApiError::Stale)
    }
}
