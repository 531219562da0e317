//! Asterisk's REST interface (ARI): requests, and the events of an application.
//!
//! In: paths and parameters. Out: JSON, and events in order. Parts of a path are escaped here, so that no id can name
//! another resource. The password travels in a header, never in an address that a log would keep.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use url::Url;

/// Bytes of an answer, or of an event.
const BYTES_MAX: usize = 256 * 1024;

/// Characters of a refusal that are told.
const REASON_CHARS_MAX: usize = 200;

/// How often a quiet connection is asked whether it lives, and how long it may say nothing.
const PING_EVERY: Duration = Duration::from_secs(20);
const QUIET_MAX: Duration = Duration::from_secs(60);

/// Where the interface is.
#[derive(Clone)]
pub struct AriConfig {
    /// Asterisk's HTTP server: `http://pbx:8088`, with `https` where it has TLS; a prefix is kept.
    pub url: String,
    /// The user of `ari.conf`.
    pub user: String,
    /// Its password.
    pub password: String,
    /// What an answer may take.
    pub timeout: Duration,
}

impl Default for AriConfig {
    /// The local Asterisk, five seconds.
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:8088".into(),
            user: String::new(),
            password: String::new(),
            timeout: Duration::from_secs(5),
        }
    }
}

/// Why Asterisk did not do it.
#[derive(Debug, thiserror::Error)]
pub enum AriError {
    /// The address is none.
    #[error("the ARI address cannot be read: http://HOST:8088 is wanted")]
    Address,
    /// It cannot be reached, or went away.
    #[error("{0}")]
    Away(String),
    /// It said no.
    #[error("{status}: {reason}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its own words.
        reason: String,
    },
}

/// A client.
#[derive(Clone)]
pub struct Ari {
    http: Client,
    config: AriConfig,
    base: Url,
}

impl Ari {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// [`AriError::Address`].
    pub fn new(config: AriConfig) -> Result<Self, AriError> {
        let base = Url::parse(&config.url).map_err(|_| AriError::Address)?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(AriError::Address);
        }
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(config.timeout)
            .no_proxy()
            .build()
            .map_err(|error| AriError::Away(error.without_url().to_string()))?;
        Ok(Self { http, config, base })
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Url, AriError> {
        let mut url = self.base.clone();
        let mut parts = url.path_segments_mut().map_err(|()| AriError::Address)?;
        // A part that is `.` or `..` would be resolved away, and name something else.
        if path.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Err(AriError::Address);
        }
        parts.pop_if_empty().push("ari").extend(path);
        drop(parts);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    async fn ask(&self, method: Method, url: Url) -> Result<Value, AriError> {
        let away = |error: reqwest::Error| AriError::Away(error.without_url().to_string());
        let request = self.http.request(method, url);
        let request = request.basic_auth(&self.config.user, Some(&self.config.password));
        let mut response = request.send().await.map_err(away)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(away)? {
            if body.len() + piece.len() > BYTES_MAX {
                return Err(AriError::Away("the answer is too long".into()));
            }
            body.extend_from_slice(&piece);
        }
        let told: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(told);
        }
        let message = told.get("message").or_else(|| told.get("error")).and_then(Value::as_str);
        let reason = message.or(status.canonical_reason()).unwrap_or_default();
        let reason = reason.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
        Err(AriError::Refused { status: status.as_u16(), reason })
    }

    /// Asks what is there.
    ///
    /// # Errors
    /// [`AriError`].
    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, AriError> {
        self.ask(Method::GET, self.url(path, query)?).await
    }

    /// Asks for something to be made or done.
    ///
    /// # Errors
    /// [`AriError`].
    pub async fn post(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, AriError> {
        self.ask(Method::POST, self.url(path, query)?).await
    }

    /// Removes something; what is gone already is no error.
    ///
    /// # Errors
    /// [`AriError`].
    pub async fn delete(&self, path: &[&str]) -> Result<(), AriError> {
        match self.ask(Method::DELETE, self.url(path, &[])?).await {
            Err(AriError::Refused { status, .. }) if status == StatusCode::NOT_FOUND => Ok(()),
            other => other.map(drop),
        }
    }

    /// Registers an application and hears its events, or those of the whole PBX. It is registered for as long as it is heard.
    ///
    /// # Errors
    /// [`AriError`].
    pub async fn events(&self, app: &str, all: bool) -> Result<Events, AriError> {
        let all = if all { "true" } else { "false" };
        let mut url = self.url(&["events"], &[("app", app), ("subscribeAll", all)])?;
        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
        url.set_scheme(scheme).map_err(|()| AriError::Address)?;
        let mut request = url.as_str().into_client_request().map_err(|_| AriError::Address)?;
        let user = format!("{}:{}", self.config.user, self.config.password);
        let basic = format!("Basic {}", STANDARD.encode(user));
        let basic = basic.parse().map_err(|_| AriError::Address)?;
        request.headers_mut().insert("authorization", basic);
        let limits = WebSocketConfig::default()
            .max_message_size(Some(BYTES_MAX))
            .max_frame_size(Some(BYTES_MAX));
        let connect = tokio_tungstenite::connect_async_with_config(request, Some(limits), true);
        match timeout(self.config.timeout, connect).await {
            Ok(Ok((socket, _))) => Ok(Events { socket, heard: Instant::now() }),
            Ok(Err(tungstenite::Error::Http(response))) => Err(AriError::Refused {
                status: response.status().as_u16(),
                reason: "the events are not for us: check user and password".into(),
            }),
            Ok(Err(error)) => Err(AriError::Away(error.to_string())),
            Err(_) => Err(AriError::Away("no answer in time".into())),
        }
    }
}

/// A channel, as an event tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Channel {
    /// Its unique id.
    pub id: String,
    /// Its name: `PJSIP/1001-0000002a`.
    pub name: String,
    /// `Ring`, `Up`, ….
    pub state: String,
    /// Who calls.
    pub caller: Party,
    /// Who is spoken to.
    pub connected: Party,
}

/// A party of a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Party {
    /// Name, often empty.
    pub name: String,
    /// Number, often empty.
    pub number: String,
}

/// An event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Event {
    /// `StasisStart`, `ChannelDestroyed`, ….
    #[serde(rename = "type")]
    pub kind: String,
    /// The application it is for.
    pub application: String,
    /// The channel it is about.
    pub channel: Option<Channel>,
    /// What a channel was sent to the application with.
    pub args: Vec<String>,
    /// Why a channel is gone, in words.
    pub cause_txt: String,
    /// The key of `ChannelDtmfReceived`.
    pub digit: String,
}

/// Events of an application.
pub struct Events {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: Instant,
}

impl Events {
    /// The next event; those that cannot be read are left out. Cancel safe.
    ///
    /// # Errors
    /// [`AriError::Away`]: there will be no more.
    pub async fn next(&mut self) -> Result<Event, AriError> {
        loop {
            match timeout(PING_EVERY, self.socket.next()).await {
                Ok(Some(Ok(message))) => {
                    self.heard = Instant::now();
                    if let Message::Text(text) = message
                        && let Ok(event) = serde_json::from_str(&text)
                    {
                        return Ok(event);
                    }
                }
                Ok(Some(Err(_)) | None) => {
                    return Err(AriError::Away("the events have ended".into()));
                }
                Err(_) if self.heard.elapsed() > QUIET_MAX => {
                    return Err(AriError::Away("the events fell silent".into()));
                }
                Err(_) => {
                    let ping = self.socket.send(Message::Ping(Vec::new().into()));
                    if !matches!(timeout(PING_EVERY, ping).await, Ok(Ok(()))) {
                        return Err(AriError::Away("the events have ended".into()));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &str, path: &[&str], query: &[(&str, &str)], expected: Option<&str>) {
        let ari = Ari::new(AriConfig { url: base.into(), ..AriConfig::default() });
        let url = ari.and_then(|ari| ari.url(path, query)).ok();
        assert_eq!(url.as_ref().map(Url::as_str), expected);
    }

    #[test]
    fn no_part_of_a_path_reaches_beyond_its_place() {
        check("http://p:8088", &["bridges"], &[], Some("http://p:8088/ari/bridges"));
        check(
            "https://p/x/",
            &["channels", "PJSIP/1-2;1?a#b", "snoop"],
            &[("app", "a&b=c d")],
            Some("https://p/x/ari/channels/PJSIP%2F1-2;1%3Fa%23b/snoop?app=a%26b%3Dc+d"),
        );
        check("http://p", &["channels", ".."], &[], None);
        check("http://p", &["channels", ""], &[], None);
        check("ftp://p", &["channels"], &[], None);
        check("p", &["channels"], &[], None);
    }
}
