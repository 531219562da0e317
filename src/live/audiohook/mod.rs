//! Genesys AudioHook v2 (developer.genesys.cloud/devapps/audiohook): Genesys Cloud sends both sides of a conversation.
//!
//! In: a signed WebSocket upgrade, then messages and interleaved audio. Out: a call of two legs. A probe is answered
//! and leaves nothing behind. Genesys dials nothing but `wss` with a publicly trusted certificate: a reverse proxy has it.

mod message;
mod session;
mod signature;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio_util::sync::CancellationToken;

use self::session::{Headers, Session};
use self::signature::{Nonces, Signed, Unsigned, verify};
use super::exchange::Exchange;
use super::socket::{self, Door, Source};

/// How long one who is not let in waits for the answer: guessing shall be slow.
const REFUSAL_AFTER: Duration = Duration::from_millis(500);

/// Organizations that may send conversations.
#[derive(Clone, Default)]
pub struct AudioHookConfig {
    /// One for each integration.
    pub sources: Vec<AudioHookSource>,
}

/// One integration in Genesys Cloud.
#[derive(Clone)]
pub struct AudioHookSource {
    /// The source's name, as in the path.
    pub name: String,
    /// The API key of the integration.
    pub api_key: String,
    /// Its client secret, in base64 as Genesys shows it.
    pub client_secret: String,
    /// The host that Genesys dials, with a port that is not 443. `None`: what the `Host` header says, which is right without a proxy only.
    pub public_host: Option<String>,
    /// The only organization that may come; `None`: any that knows key and secret.
    pub organization_id: Option<String>,
    /// A session that says nothing for so long is over; clients ping every few seconds.
    pub idle: Duration,
}

impl Default for AudioHookSource {
    /// Nobody may come in: key and secret are empty. A minute without a message is the end.
    fn default() -> Self {
        Self {
            name: String::new(),
            api_key: String::new(),
            client_secret: String::new(),
            public_host: None,
            organization_id: None,
            idle: Duration::from_secs(60),
        }
    }
}

impl Source for AudioHookSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn idle(&self) -> Duration {
        self.idle
    }
}

/// The route `/live/audiohook/{source}`.
pub fn router(
    config: AudioHookConfig,
    exchange: Arc<dyn Exchange>,
    stop: CancellationToken,
) -> axum::Router {
    let door = Door::new(config.sources, exchange, stop);
    let state = (door, Arc::new(Nonces::default()));
    axum::Router::new().route("/live/audiohook/{source}", get(open)).with_state(state)
}

async fn open(
    State((door, nonces)): State<(Door<AudioHookSource>, Arc<Nonces>)>,
    Path(name): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Some(source) = door.named(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let path = uri.path_and_query().map_or(uri.path(), |path| path.as_str());
    if let Err(why) = may_open(source, &nonces, path, &headers, now_s()) {
        tracing::warn!(source = name, %why, "an AudioHook session is not let in");
        tokio::time::sleep(REFUSAL_AFTER).await;
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let session = Session::new(Headers {
        source: source.name.clone(),
        organization: text("audiohook-organization-id").to_owned(),
        session: text("audiohook-session-id").to_owned(),
    });
    door.admit(upgrade, source, session)
}

fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn may_open(
    source: &AudioHookSource,
    nonces: &Nonces,
    target: &str,
    headers: &HeaderMap,
    now_s: i64,
) -> Result<(), Unsigned> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = source.public_host.as_deref().or_else(|| header("host")).unwrap_or_default();
    // Whoever sets it up may have an address at hand rather than a host.
    let host = host.split_once("://").map_or(host, |(_, host)| host).trim_end_matches('/');
    let authority = host.to_lowercase();
    let secret = STANDARD.decode(source.client_secret.trim()).map_err(|_| Unsigned::Unfit)?;
    let request = Signed { target, authority: &authority, header: &header };
    let nonce = verify(&request, &source.api_key, &secret, now_s)?;
    let organization = header("audiohook-organization-id");
    if source.organization_id.as_deref().is_some_and(|only| Some(only) != organization) {
        return Err(Unsigned::Key);
    }
    nonces.take(nonce, now_s)
}

/// Reads frames of any content, for a fuzzer.
pub fn fuzz(bytes: &[u8]) {
    socket::fuzz(Session::new(Headers::default()), bytes);
}
