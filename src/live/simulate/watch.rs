//! Follows what a running service says of our calls.
//!
//! In: the service's address and a token. Out: the books, told what came when. Three streams: all calls (to learn what the
//! service calls ours), each of ours (what was said), and the event log (alerts). A stream that breaks is opened again, and
//! counted.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::ACCEPT;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::call::Desk;
use super::sse::{SseEvent, SseReader};
use super::tally::{Told, words};
use crate::domain::Sensitive;

/// The service answers no later.
const ANSWER: Duration = Duration::from_secs(10);

/// A stream that gives no sign of life for so long is broken: the service gives one every 15 s.
const SILENT: Duration = Duration::from_secs(45);

/// A stream that broke is opened again after so long.
const AGAIN: Duration = Duration::from_millis(500);

/// What comes of a call after the service shows it no more comes no later.
const AFTER_GONE: Duration = Duration::from_secs(2);

/// After all calls are over, what the service still has to say comes no later.
const SETTLED: Duration = Duration::from_secs(20);
const SETTLED_IN_HURRY: Duration = Duration::from_secs(3);

/// A running service.
pub struct Watch {
    http: Client,
    base: String,
    token: Option<Sensitive<String>>,
}

/// Why a service cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// Not a URL.
    #[error("{0}: not the address of a service; write http://HOST:PORT")]
    Address(String),
    /// It does not answer.
    #[error("{base}: {why}; is the service running there?")]
    Unreachable {
        /// Its address.
        base: String,
        /// What the system said.
        why: String,
    },
    /// No token, or a bad one.
    #[error(
        "{0}: the service does not take the token; make one by `lingting token new` and name its variable by --token-env"
    )]
    Token(String),
    /// The account may not see live calls.
    #[error("{0}: the token's account may not follow live calls; a supervisor's may")]
    Forbidden(String),
    /// A service without live calls.
    #[error("{0}: the service knows no live calls; is it one with [[live]] in its configuration?")]
    NoLive(String),
    /// Something else.
    #[error("{base}: the service answers {status}")]
    Status {
        /// Its address.
        base: String,
        /// HTTP's.
        status: u16,
    },
}

impl WatchError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            WatchError::Address(base) => format!("{base}：不是服务地址；写法：http://HOST:PORT"),
            WatchError::Unreachable { base, why } => format!("{base}：{why}；服务是否在运行？"),
            WatchError::Token(base) => format!(
                "{base}：服务不接受该令牌；请用 `lingting token new` 新建，并用 --token-env 指明其环境变量"
            ),
            WatchError::Forbidden(base) => {
                format!("{base}：令牌所属账号无权查看实时通话；主管账号可以")
            }
            WatchError::NoLive(base) => {
                format!("{base}：服务没有实时通话功能；配置文件中是否有 [[live]]？")
            }
            WatchError::Status { base, status } => format!("{base}：服务返回 {status}"),
        }
    }
}

impl Watch {
    /// A service at `base`, asked with `token`.
    ///
    /// # Errors
    /// [`WatchError::Address`].
    pub fn new(base: &str, token: Option<String>) -> Result<Self, WatchError> {
        let base = base.trim().trim_end_matches('/').to_owned();
        let address = |_| WatchError::Address(base.clone());
        let url: url::Url = base.parse().map_err(address)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(WatchError::Address(base));
        }
        let http = Client::builder().connect_timeout(ANSWER).build();
        let http = http.map_err(|_| WatchError::Address(base.clone()))?;
        Ok(Self { http, base, token: token.map(Sensitive::new) })
    }

    /// Where a WebSocket of the service is.
    pub(super) fn socket_url(&self, path: &str) -> String {
        // http becomes ws, https becomes wss.
        format!("ws{}{path}", self.base.strip_prefix("http").unwrap_or(&self.base))
    }

    /// The token, to be sent to the service only.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.as_str())
    }

    async fn open(&self, path: &str, after: Option<&str>) -> Result<Response, WatchError> {
        let base = || self.base.clone();
        let mut request = self.http.get(format!("{}{path}", self.base));
        request = request.header(ACCEPT, "text/event-stream");
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.as_str());
        }
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        let unreachable = |why: String| WatchError::Unreachable { base: base(), why };
        let response = match timeout(ANSWER, request.send()).await {
            Ok(sent) => sent.map_err(|error| unreachable(whole(&error)))?,
            Err(_) => return Err(unreachable(format!("no answer for {} s", ANSWER.as_secs()))),
        };
        match response.status() {
            StatusCode::OK => Ok(response),
            StatusCode::UNAUTHORIZED => Err(WatchError::Token(base())),
            StatusCode::FORBIDDEN => Err(WatchError::Forbidden(base())),
            StatusCode::NOT_FOUND => Err(WatchError::NoLive(base())),
            status => Err(WatchError::Status { base: base(), status: status.as_u16() }),
        }
    }

    /// Opens the streams, and follows them until `stop`.
    ///
    /// # Errors
    /// [`WatchError`] when they cannot be opened at all.
    pub async fn begin(
        self: &Arc<Self>,
        desk: &Arc<Desk>,
        stop: &CancellationToken,
    ) -> Result<(), WatchError> {
        let calls = self.open(CALLS, None).await?;
        let log = self.open(LOG, None).await?;
        for (path, response) in [(CALLS, calls), (LOG, log)] {
            let follower = Follower {
                watch: Arc::clone(self),
                desk: Arc::clone(desk),
                stop: stop.clone(),
                path: path.to_owned(),
                call: None,
            };
            tokio::spawn(follower.follow(Some(response)));
        }
        Ok(())
    }

    /// Waits until everything has come back that will: 20 s at most, 3 s when somebody is in a `hurry`.
    pub async fn settle(&self, desk: &Desk, hurry: bool) {
        let all = async {
            while !desk.tally().settled() {
                sleep(Duration::from_millis(100)).await;
            }
            // The event log is a moment behind.
            sleep(Duration::from_secs(1)).await;
        };
        // What has not come by then is not waited for: it is counted as unseen.
        let _ = timeout(if hurry { SETTLED_IN_HURRY } else { SETTLED }, all).await;
    }
}

const CALLS: &str = "/api/v1/live/stream";
const LOG: &str = "/api/v1/events";

/// An error with its causes: reqwest's own text names only the URL.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        text = cause.to_string();
        next = cause.source();
    }
    if text.is_empty() { "the connection failed".to_owned() } else { text }
}

/// One stream.
struct Follower {
    watch: Arc<Watch>,
    desk: Arc<Desk>,
    stop: CancellationToken,
    path: String,
    /// The call that it is about.
    call: Option<String>,
}

impl Follower {
    /// Until `stop`, or until the call is over.
    async fn follow(self, mut opened: Option<Response>) {
        let mut last_id = None;
        loop {
            let response = match opened.take() {
                Some(response) => Ok(response),
                None => tokio::select! {
                    response = self.watch.open(&self.path, last_id.as_deref()) => response,
                    () = self.stop.cancelled() => return,
                },
            };
            match response {
                Ok(response) => self.read(response, &mut last_id).await,
                Err(error) => tracing::debug!(%error, "a stream of the service cannot be opened"),
            }
            if self.stop.is_cancelled() || self.is_over() {
                return;
            }
            self.desk.tally().broke();
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(AGAIN) => {}
            }
        }
    }

    fn is_over(&self) -> bool {
        self.call.as_ref().is_some_and(|call| self.desk.tally().is_gone(call))
    }

    async fn over(&self) {
        while !self.is_over() {
            sleep(Duration::from_millis(250)).await;
        }
        sleep(AFTER_GONE).await;
    }

    async fn read(&self, response: Response, last_id: &mut Option<String>) {
        let mut reader = SseReader::default();
        let mut bytes = response.bytes_stream();
        let mut over = std::pin::pin!(self.over());
        loop {
            let piece = tokio::select! {
                piece = timeout(SILENT, bytes.next()) => piece,
                () = self.stop.cancelled() => return,
                () = &mut over => return,
            };
            let Ok(Some(Ok(piece))) = piece else { return };
            let now = self.desk.now();
            for event in reader.push(&piece) {
                self.take(&event, now);
                *last_id = event.id.or(last_id.take());
            }
        }
    }

    fn take(&self, event: &SseEvent, now: Duration) {
        let Ok(data) = serde_json::from_str::<Value>(&event.data) else { return };
        match (event.kind.as_str(), &self.call) {
            ("call", None) => {
                let Some((call_id, native_id)) = shown(&data) else { return };
                let ours = self.desk.tally().shown(call_id, native_id);
                if ours {
                    let follower = Follower {
                        watch: Arc::clone(&self.watch),
                        desk: Arc::clone(&self.desk),
                        stop: self.stop.clone(),
                        path: format!("{CALLS}?call_id={}", escaped(call_id)),
                        call: Some(call_id.to_owned()),
                    };
                    tokio::spawn(follower.follow(None));
                }
            }
            ("gone", None) => {
                if let Some(call_id) = data["call_id"].as_str() {
                    self.desk.tally().gone(call_id);
                }
            }
            ("utterance", Some(call)) => {
                if let Some(told) = utterance(&data) {
                    self.desk.tally().told(call, told, now);
                }
            }
            ("partial", Some(call))
                if data["text"].as_str().is_some_and(|text| !text.is_empty()) =>
            {
                self.desk.tally().told(call, Told::Partial, now);
            }
            ("alert.raised", None) => {
                if let Some((call_id, told)) = alert(&data) {
                    self.desk.tally().told(call_id, told, now);
                }
            }
            _ => {}
        }
    }
}

/// What may stand in a query.
fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A `LiveCall`'s id, and what its source calls it.
fn shown(data: &Value) -> Option<(&str, &str)> {
    let native = data["native_id"].as_str().or_else(|| data["extra"]["native_id"].as_str());
    Some((data["call_id"].as_str()?, native?))
}

fn leg(data: &Value) -> u8 {
    data["leg"].as_u64().and_then(|leg| u8::try_from(leg).ok()).unwrap_or(0)
}

/// A `LiveUtterance`.
fn utterance(data: &Value) -> Option<Told> {
    let text = data["text"].as_str().unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let start_s = data["start_s"].as_f64()?;
    let revoked = data["revoked"].as_bool().unwrap_or(false);
    let end_s = data["end_s"].as_f64().or(revoked.then_some(start_s))?;
    Some(Told::Utterance {
        leg: leg(data),
        start_s,
        end_s,
        digest: hasher.finish(),
        words: words(text),
        revoked,
    })
}

/// The alert in an entry of the event log, or by itself.
fn alert(data: &Value) -> Option<(&str, Told)> {
    let body = if data["body"].is_object() { &data["body"] } else { data };
    let call_id = body["call_id"].as_str().or_else(|| data["call_id"].as_str())?;
    let word = |key: &str| body[key].as_str().unwrap_or("?");
    let told = Told::Alert {
        id: body["alert_id"].as_str()?.to_owned(),
        criterion: format!("{}/{}", word("rubric"), word("criterion")),
        leg: leg(body),
        end_s: body["end_s"].as_f64().or_else(|| body["start_s"].as_f64()),
    };
    Some((call_id, told))
}
