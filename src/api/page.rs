//! Pages of lists: a cursor says where the next one begins.
//!
//! In: `limit` and `cursor`. Out: items and the next cursor. A cursor is the last item's key, written so
//! that nobody builds on it; it opens nothing that the caller would not see anyway.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::error::ApiError;
use super::extract::Query;

/// Items of a page unless told.
pub const LIMIT: u32 = 50;

/// Items of a page at most.
pub const LIMIT_MAX: u32 = 200;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next one; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which page.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Items of the page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// How many items.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] outside 1 to 200.
    pub fn limit(&self) -> Result<u32, ApiError> {
        match self.limit.unwrap_or(LIMIT) {
            limit @ 1..=LIMIT_MAX => Ok(limit),
            _ => Err(ApiError::invalid("`limit` is 1 to 200", "`limit` 应为 1 至 200")),
        }
    }

    /// The key after which the page begins.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] when it is no cursor of this list.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, ApiError> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        let key = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        key.map(Some)
            .ok_or_else(|| ApiError::invalid("`cursor` is none of this list", "`cursor` 无效"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PageQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Query::<PageQuery>::from_request_parts(parts, state).await?.0)
    }
}

/// The cursor of a key.
pub fn cursor<K: Serialize>(key: &K) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).expect("keys are texts and numbers"))
}

impl<T> Page<T> {
    /// A page of what was found when one more than `limit` was asked for: the one too many says that
    /// there is a next page.
    pub fn of<K: Serialize>(mut found: Vec<T>, limit: u32, key: impl Fn(&T) -> K) -> Self {
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next = found.last().filter(|_| more).map(|last| cursor(&key(last)));
        Self { items: found, next }
    }

    /// The same page in another form.
    pub fn map<U>(self, form: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(form).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_takes_up_where_the_page_ended() {
        let page = Page::of(vec![1, 2, 3], 2, |n| (*n, "x".to_owned()));
        assert_eq!(page.items, [1, 2]);
        let query = PageQuery { limit: None, cursor: page.next };
        assert_eq!(query.after::<(i32, String)>().unwrap(), Some((2, "x".to_owned())));
        assert!(query.after::<i64>().is_err());
        assert!(Page::of(vec![1, 2], 2, |n| *n).next.is_none());
        assert!(PageQuery { cursor: Some("!".into()), limit: None }.after::<i64>().is_err());
        for (limit, good) in [(0, false), (1, true), (200, true), (201, false)] {
            assert_eq!(PageQuery { limit: Some(limit), cursor: None }.limit().is_ok(), good);
        }
    }
}
