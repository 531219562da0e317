//! Media streams: the WebSocket messages of Twilio, and of all who took them over (SignalWire, Telnyx, Plivo, Exotel, Kazoo).
//!
//! In: a carrier's WebSocket, whose messages tell which of them it is. Out: a call of one or two legs. We never answer
//! with audio. Who may open a stream: one who knows the path's token, and, where it is configured, whose signature or
//! bearer token fits.

mod message;
mod reader;
mod signature;
#[cfg(test)]
mod tests;
mod track;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio_util::sync::CancellationToken;

use self::reader::{Reader, Reading};
use super::exchange::Exchange;
use super::socket::{self, Door, Source, token_fits};

/// Carriers that may send streams.
#[derive(Clone, Default)]
pub struct MediaStreamConfig {
    /// One for each carrier or account.
    pub sources: Vec<MediaStreamSource>,
}

/// One carrier's account.
#[derive(Clone)]
pub struct MediaStreamSource {
    /// The source's name, as in the path.
    pub name: String,
    /// The path's last part: long, and known to nobody else. An empty one opens nothing.
    pub token: String,
    /// The account's auth token: with it, `X-Twilio-Signature` must fit (Twilio, SignalWire).
    pub auth_token: Option<String>,
    /// What the carrier dials, without the path: `wss://qm.example.com`. `None`: what its `Host` header says, which is right without a proxy only.
    pub public_url: Option<String>,
    /// With it, `Authorization: Bearer` must fit (SignalWire, Telnyx).
    pub bearer: Option<String>,
    /// The streamed call is the agent's own: what comes in is the agent, not the customer.
    pub swap_roles: bool,
    /// L16 has its high byte first; `None`: as the carrier is known to write it.
    pub big_endian: Option<bool>,
    /// A stream that says nothing for so long is over.
    pub idle: Duration,
}

impl Default for MediaStreamSource {
    /// Nobody may come in: the token is empty. A minute without a message is the end: carriers send silence too.
    fn default() -> Self {
        Self {
            name: String::new(),
            token: String::new(),
            auth_token: None,
            public_url: None,
            bearer: None,
            swap_roles: false,
            big_endian: None,
            idle: Duration::from_secs(60),
        }
    }
}

impl Source for MediaStreamSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn idle(&self) -> Duration {
        self.idle
    }
}

/// The route `/live/media-stream/{source}/{token}`.
pub fn router(
    config: MediaStreamConfig,
    exchange: Arc<dyn Exchange>,
    stop: CancellationToken,
) -> axum::Router {
    let door = Door::new(config.sources, exchange, stop);
    let path = "/live/media-stream/{source}/{token}";
    axum::Router::new().route(path, get(open)).with_state(door)
}

async fn open(
    State(door): State<Door<MediaStreamSource>>,
    Path((name, token)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let named = door.named(&name).filter(|source| token_fits(&token, &source.token));
    let Some(source) = named else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let path = uri.path_and_query().map_or(uri.path(), |path| path.as_str());
    if !may_open(source, path, &headers) {
        tracing::warn!(source = name, "a media stream without a fitting signature is refused");
        return StatusCode::FORBIDDEN.into_response();
    }
    let reading = Reading {
        source: source.name.clone(),
        swap_roles: source.swap_roles,
        big_endian: source.big_endian,
    };
    door.admit(upgrade, source, Reader::new(reading))
}

fn may_open(source: &MediaStreamSource, path: &str, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(bearer) = &source.bearer {
        let given = text(header::AUTHORIZATION.as_str()).unwrap_or_default();
        if !given.strip_prefix("Bearer ").is_some_and(|given| token_fits(given, bearer)) {
            return false;
        }
    }
    let Some(auth_token) = &source.auth_token else { return true };
    let base = source.public_url.as_deref().or_else(|| text(header::HOST.as_str()));
    let given = text("x-twilio-signature").unwrap_or_default();
    base.is_some_and(|base| signature::fits(auth_token, base, path, given))
}

/// Reads frames of any content, for a fuzzer.
pub fn fuzz(bytes: &[u8]) {
    socket::fuzz(Reader::new(Reading::default()), bytes);
}
