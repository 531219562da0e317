//! What went wrong, as RFC 9457 problem+json in the caller's language.
//!
//! In: an [`ApiError`]. Out: a response that carries a [`Problem`]; [`super::layers`] writes it in Chinese or
//! English by `Accept-Language`. Causes inside the service go to the log and never to the caller.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::store::StoreError;

/// A text in English and Chinese.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// English.
    pub en: Cow<'static, str>,
    /// Chinese.
    pub zh: Cow<'static, str>,
}

/// Puts the two together.
pub fn said(en: impl Into<Cow<'static, str>>, zh: impl Into<Cow<'static, str>>) -> Said {
    Said { en: en.into(), zh: zh.into() }
}

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Nobody, or nobody any more.
    #[error("not logged in")]
    Unauthenticated,
    /// Login and password do not go together, or a code is wrong.
    #[error("credentials refused")]
    Refused,
    /// Nobody gets in from the company's provider like this.
    #[error("log-in through the provider refused: {}", .0.en)]
    SignOn(Said),
    /// Somebody who may not.
    #[error("forbidden: {}", .0.en)]
    Forbidden(Said),
    /// It is not there, or not for the caller to see: the two look the same.
    #[error("no such {}", .0.en)]
    NotFound(Said),
    /// The route is there, this verb of it is not.
    #[error("method not allowed")]
    Method,
    /// Not now: something is in the way.
    #[error("conflict: {}", .0.en)]
    Conflict(Said),
    /// Changed since the caller read it.
    #[error("changed meanwhile")]
    Stale,
    /// The caller must say which state it changes.
    #[error("If-Match is missing")]
    NoIfMatch,
    /// The request makes no sense.
    #[error("invalid: {}", .0.en)]
    Invalid(Said),
    /// Too large.
    #[error("too large")]
    TooLarge,
    /// Not the type of content that the route takes.
    #[error("unsupported media type")]
    MediaType,
    /// Too often; seconds to wait.
    #[error("too many requests")]
    TooMany(u64),
    /// Something that the route needs is not running or not configured.
    #[error("unavailable: {}", .0.en)]
    Unavailable(Said),
    /// No room is left where files or the store lie.
    #[error("no room on the disk: {0}")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Ours.
    #[error("{0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ApiError {
    /// A request that makes no sense.
    pub fn invalid(en: impl Into<Cow<'static, str>>, zh: impl Into<Cow<'static, str>>) -> Self {
        ApiError::Invalid(said(en, zh))
    }

    /// Something is in the way.
    pub fn conflict(en: impl Into<Cow<'static, str>>, zh: impl Into<Cow<'static, str>>) -> Self {
        ApiError::Conflict(said(en, zh))
    }

    /// It is not there.
    pub fn not_found(en: &'static str, zh: &'static str) -> Self {
        ApiError::NotFound(said(en, zh))
    }

    /// Ours to mend; or the administrator's, where it comes from a full disk.
    pub fn internal(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let why = why.into();
        if is_full(why.as_ref()) { ApiError::Full(why) } else { ApiError::Internal(why) }
    }

    /// Status, name and title.
    fn kind(&self) -> (StatusCode, &'static str, Said) {
        let (status, name, en, zh) = match self {
            ApiError::Unauthenticated => {
                (StatusCode::UNAUTHORIZED, "unauthenticated", "Log in first", "请先登录")
            }
            ApiError::Refused => (
                StatusCode::UNAUTHORIZED,
                "refused",
                "Login name, password or code is wrong",
                "用户名、密码或验证码不正确",
            ),
            ApiError::SignOn(_) => (
                StatusCode::UNAUTHORIZED,
                "refused",
                "The log-in through the provider did not succeed",
                "统一登录未成功",
            ),
            ApiError::Forbidden(_) => {
                (StatusCode::FORBIDDEN, "forbidden", "You may not do this", "没有此操作的权限")
            }
            ApiError::NotFound(_) => (StatusCode::NOT_FOUND, "not-found", "Not found", "未找到"),
            ApiError::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method",
                "This cannot be done here",
                "不支持此请求方法",
            ),
            ApiError::Conflict(_) => {
                (StatusCode::CONFLICT, "conflict", "Something is in the way", "操作冲突")
            }
            ApiError::Stale => (
                StatusCode::PRECONDITION_FAILED,
                "stale",
                "It was changed meanwhile; read it again",
                "数据已被修改，请重新读取",
            ),
            ApiError::NoIfMatch => (
                StatusCode::PRECONDITION_REQUIRED,
                "if-match",
                "Send the ETag that you read as If-Match",
                "请在 If-Match 中附上读取时的 ETag",
            ),
            ApiError::Invalid(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "The request makes no sense",
                "请求内容有误",
            ),
            ApiError::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large", "内容过大")
            }
            ApiError::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media-type",
                "Not a type of content that is taken here",
                "不支持的内容类型",
            ),
            ApiError::TooMany(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many",
                "Too often; wait a while",
                "请求过于频繁，请稍后再试",
            ),
            ApiError::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available", "暂不可用")
            }
            ApiError::Full(_) => (
                StatusCode::INSUFFICIENT_STORAGE,
                "full",
                "No room is left on the service's disk",
                "服务器磁盘空间不足",
            ),
            ApiError::Internal(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "An error of ours", "服务内部错误")
            }
        };
        (status, name, said(en, zh))
    }

    fn detail(&self) -> Option<&Said> {
        match self {
            ApiError::SignOn(said)
            | ApiError::Forbidden(said)
            | ApiError::NotFound(said)
            | ApiError::Conflict(said)
            | ApiError::Invalid(said)
            | ApiError::Unavailable(said) => Some(said),
            _ => None,
        }
    }
}

/// Whether an error goes back to a disk, a quota or a database without room.
fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    let causes = std::iter::successors(Some(error), |error| error.source());
    let of = |cause: &(dyn std::error::Error + 'static)| {
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let store = cause.downcast_ref::<StoreError>().is_some_and(StoreError::is_full);
        store || matches!(io, Some(StorageFull | QuotaExceeded))
    };
    causes.into_iter().any(of)
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(what) => ApiError::conflict(what, "与现有数据冲突"),
            StoreError::NotFound(what) => ApiError::not_found(what, "对象不存在"),
            other => ApiError::internal(other),
        }
    }
}

/// A problem in both languages: rides in the response's extensions until it is written.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: StatusCode,
    name: &'static str,
    title: Said,
    detail: Option<Said>,
}

/// The body of every answer that is no success (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `urn:lingting:problem:` and the problem's name: what a program looks at.
    #[serde(rename = "type")]
    kind: String,
    /// What it is, for a person.
    title: String,
    /// The status again.
    status: u16,
    /// More of it, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Problem {
    /// The body in a language.
    pub(super) fn body(&self, chinese: bool) -> String {
        let pick =
            |said: &Said| if chinese { said.zh.clone() } else { said.en.clone() }.into_owned();
        let body = ProblemBody {
            kind: format!("urn:lingting:problem:{}", self.name),
            title: pick(&self.title),
            status: self.status.as_u16(),
            detail: self.detail.as_ref().map(pick),
        };
        serde_json::to_string(&body).expect("texts and a number")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, name, title) = self.kind();
        if let ApiError::Internal(why) | ApiError::Full(why) = &self {
            tracing::error!(error = %why, "a request failed");
        }
        let problem = Problem { status, name, title, detail: self.detail().cloned() };
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, problem.body(false)).into_response();
        match self {
            ApiError::TooMany(seconds) => {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.max(1).into());
            }
            ApiError::Unauthenticated => {
                let scheme = HeaderValue::from_static("Bearer");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
            }
            _ => {}
        }
        response.extensions_mut().insert(problem);
        response
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    /// An error around another, as libraries give them.
    #[derive(Debug, thiserror::Error)]
    #[error("around")]
    struct Around(#[source] Error);

    #[test]
    fn a_full_disk_is_told_from_a_mistake_of_ours() {
        for (kind, status) in [
            (ErrorKind::StorageFull, StatusCode::INSUFFICIENT_STORAGE),
            (ErrorKind::QuotaExceeded, StatusCode::INSUFFICIENT_STORAGE),
            (ErrorKind::PermissionDenied, StatusCode::INTERNAL_SERVER_ERROR),
        ] {
            assert_eq!(ApiError::internal(Error::from(kind)).kind().0, status);
            assert_eq!(ApiError::internal(Around(Error::from(kind))).kind().0, status);
        }
    }
}
