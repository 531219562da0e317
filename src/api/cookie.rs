//! The session's cookie.
//!
//! In: headers. Out: its value; and what to set. Over https it is a `__Host-` cookie, which no other host and no
//! plain page can set; on a machine's own http it has a plain name, since browsers take no other there.

use axum::http::{HeaderMap, HeaderValue, header};

use super::state::ApiSettings;

fn secure(settings: &ApiSettings) -> bool {
    settings.origin.as_deref().is_some_and(|origin| origin.starts_with("https://"))
}

fn name(settings: &ApiSettings) -> &'static str {
    if secure(settings) { "__Host-lingting" } else { "lingting" }
}

/// The cookie's value.
pub(super) fn read<'h>(headers: &'h HeaderMap, settings: &ApiSettings) -> Option<&'h str> {
    let wanted = name(settings);
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.trim(), value.trim()))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

/// What sets it. It ends with the browser; the session's own end is the store's.
pub(super) fn set(settings: &ApiSettings, value: &str) -> HeaderValue {
    written(settings, value, "")
}

/// What takes it away.
pub(super) fn clear(settings: &ApiSettings) -> HeaderValue {
    written(settings, "", "; Max-Age=0")
}

fn written(settings: &ApiSettings, value: &str, more: &str) -> HeaderValue {
    let name = name(settings);
    let secure = if secure(settings) { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
    HeaderValue::try_from(text).expect("base64 letters")
}
