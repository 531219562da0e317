//! L16 over WebSocket: FreeSWITCH (mod_audio_stream, mod_audio_fork), jambonz `listen`, Vonage, LiveKit egress, and Asterisk's
//! chan_websocket.
//!
//! In: an optional first text, then binary samples, interleaved. Out: a call whose legs are the channels. Rate and channels are not on the
//! wire: the query says them (`?rate=16000&channels=2&roles=customer,agent&call=ID`), else the first text, else the
//! configuration. We send nothing.

mod preamble;
mod reader;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio_util::sync::CancellationToken;

use self::preamble::Preamble;
use self::reader::Reader;
use super::event::LegRole;
use super::exchange::Exchange;
use super::socket::{self, Door, Source, token_fits};

/// Subprotocols that are answered: those of mod_audio_fork, jambonz and Asterisk.
const PROTOCOLS: [&str; 3] = ["audio.drachtio.org", "audio.jambonz.org", "media"];

/// PBXs that may send L16.
#[derive(Clone, Default)]
pub struct L16Config {
    /// One for each PBX.
    pub sources: Vec<L16Source>,
}

/// One PBX.
#[derive(Clone)]
pub struct L16Source {
    /// The source's name, as in the path.
    pub name: String,
    /// The path's last part: long, and known to nobody else. An empty one opens nothing.
    pub token: String,
    /// Samples a second where nobody says.
    pub rate_hz: Option<u32>,
    /// Channels where nobody says.
    pub channels: Option<usize>,
    /// Whose voice each channel carries where nobody says; none: customer and agent of two channels, all of them on one.
    pub roles: Vec<LegRole>,
    /// A socket that says nothing for so long is over. A call on hold may be silent.
    pub idle: Duration,
}

impl Default for L16Source {
    /// Nobody may come in: the token is empty. Ten minutes of silence are the end.
    fn default() -> Self {
        Self {
            name: String::new(),
            token: String::new(),
            rate_hz: None,
            channels: None,
            roles: Vec::new(),
            idle: Duration::from_secs(600),
        }
    }
}

impl Source for L16Source {
    fn name(&self) -> &str {
        &self.name
    }

    fn idle(&self) -> Duration {
        self.idle
    }
}

/// The route `/live/l16/{source}/{token}`.
pub fn router(
    config: L16Config,
    exchange: Arc<dyn Exchange>,
    stop: CancellationToken,
) -> axum::Router {
    let door = Door::new(config.sources, exchange, stop);
    axum::Router::new().route("/live/l16/{source}/{token}", get(open)).with_state(door)
}

async fn open(
    State(door): State<Door<L16Source>>,
    Path((name, token)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
) -> Response {
    let named = door.named(&name).filter(|source| token_fits(&token, &source.token));
    let Some(source) = named else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut given = Preamble::of_query(query.as_deref().unwrap_or_default());
    if given.roles.is_empty() {
        given.roles.clone_from(&source.roles);
    }
    let unsaid =
        Preamble { rate_hz: source.rate_hz, channels: source.channels, ..Preamble::default() };
    let unnamed = uuid::Uuid::now_v7().to_string();
    let reader = Reader::new(source.name.clone(), unnamed, given, unsaid);
    door.admit(upgrade.protocols(PROTOCOLS), source, reader)
}

/// Reads frames of any content, for a fuzzer.
pub fn fuzz(bytes: &[u8]) {
    let none = Preamble::default;
    socket::fuzz(Reader::new(String::new(), String::new(), none(), none()), bytes);
}
