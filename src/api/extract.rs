//! Reading requests: axum's extractors with this API's errors, and the form of bodies' times.
//!
//! In: parts of a request. Out: values, or an [`ApiError`] that says what is wrong with them.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;

/// A JSON body, read or written.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(ApiError))]
pub struct Json<T>(pub T);

/// What stands behind `?`.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(ApiError))]
pub struct Query<T>(pub T);

/// What stands in the path.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(ApiError))]
pub struct Path<T>(pub T);

impl<T: serde::Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::MediaType,
            _ => ApiError::invalid(rejection.body_text(), "请求体不符合接口定义"),
        }
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        ApiError::invalid(rejection.body_text(), "查询参数有误")
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        ApiError::invalid(rejection.body_text(), "路径参数有误")
    }
}

/// Microseconds since 1970 as the API writes times: RFC 3339, UTC.
pub fn at(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).unwrap_or_default().to_string()
}

/// Reads a time as the API writes it, to microseconds since 1970.
///
/// # Errors
/// [`ApiError::Invalid`].
pub fn us(text: &str) -> Result<i64, ApiError> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    time.map(jiff::Timestamp::as_microsecond).map_err(|_| {
        ApiError::invalid(
            "a time is written like 2026-11-22T08:00:00Z",
            "时间格式应如 2026-11-22T08:00:00Z",
        )
    })
}

/// A text of a request: trimmed, not empty, no control characters, at most so many characters.
///
/// # Errors
/// [`ApiError::Invalid`] that names the field.
pub fn text(field: &str, value: &str, chars_max: usize) -> Result<String, ApiError> {
    let value = value.trim();
    let count = value.chars().count();
    if count == 0 || count > chars_max || value.chars().any(char::is_control) {
        let en =
            format!("`{field}` has 1 to {chars_max} characters, none of them control characters");
        return Err(ApiError::invalid(
            en,
            format!("`{field}` 应为 1 至 {chars_max} 个字符，不含控制字符"),
        ));
    }
    Ok(value.to_owned())
}
