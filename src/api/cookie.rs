//! The session's cookie, and the one of a log-in under way at the company's provider.
//!
//! In: headers. Out: their values; and what to set. Over https it is a `__Host-` cookie, which no other host and no
//! plain page can set; on a machine's own http it has a plain name, since browsers take no other there.

use axum::http::{HeaderMap, HeaderValue, header};

use super::state::ApiSettings;
use crate::access::oidc::KEPT_S;

fn secure(settings: &ApiSettings) -> bool {
    settings.origin.as_deref().is_some_and(|origin| origin.starts_with("https://"))
}

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    /// It ends with the browser; the session's own end is the store's.
    Session,
    /// It ends when nobody can come back from the provider any more.
    SignOn,
}

impl Cookie {
    fn name(self, settings: &ApiSettings) -> &'static str {
        match (self, secure(settings)) {
            (Cookie::Session, true) => "__Host-lingting",
            (Cookie::Session, false) => "lingting",
            (Cookie::SignOn, true) => "__Host-lingting-sign-on",
            (Cookie::SignOn, false) => "lingting-sign-on",
        }
    }

    /// The cookie's value.
    pub(super) fn read<'h>(
        self,
        headers: &'h HeaderMap,
        settings: &ApiSettings,
    ) -> Option<&'h str> {
        let wanted = self.name(settings);
        let all = headers.get_all(header::COOKIE).into_iter();
        let all = all.filter_map(|value| value.to_str().ok());
        let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(name, value)| (name.trim(), value.trim()))
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value)
    }

    /// What sets it.
    pub(super) fn set(self, settings: &ApiSettings, value: &str) -> HeaderValue {
        match self {
            Cookie::Session => self.written(settings, value, ""),
            Cookie::SignOn => self.written(settings, value, &format!("; Max-Age={KEPT_S}")),
        }
    }

    /// What takes it away.
    pub(super) fn clear(self, settings: &ApiSettings) -> HeaderValue {
        self.written(settings, "", "; Max-Age=0")
    }

    fn written(self, settings: &ApiSettings, value: &str, more: &str) -> HeaderValue {
        let name = self.name(settings);
        let secure = if secure(settings) { "; Secure" } else { "" };
        // Lax: a browser that comes from a link, or back from the provider, brings it.
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
        HeaderValue::try_from(text).expect("base64 letters")
    }
}
