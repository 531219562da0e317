//! A scripted Asterisk with ARI, for tests: keeps what it is asked, and answers and tells what the test wants.
//!
//! In: requests. Out: the script's answers and events. It checks the password and nothing else.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use regex::Regex;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::ari::AriConfig;

/// What the script does with a request: the status, and events that follow.
pub(crate) type Script = Arc<dyn Fn(&str) -> (u16, Vec<Value>) + Send + Sync>;

/// A PBX.
#[derive(Clone)]
pub(crate) struct FakeAri {
    script: Script,
    asked: Arc<Mutex<Vec<String>>>,
    events: broadcast::Sender<Option<String>>,
}

impl FakeAri {
    /// Serves on loopback.
    pub(crate) async fn serve(script: Script) -> (FakeAri, AriConfig) {
        let fake = FakeAri { script, asked: Arc::default(), events: broadcast::channel(64).0 };
        let router = Router::new().fallback(answer).with_state(fake.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let (user, password) = ("qm".into(), "s3cret".into());
        (fake, AriConfig { url, user, password, ..AriConfig::default() })
    }

    /// Tells all who hear.
    pub(crate) fn tell(&self, event: &Value) {
        let _ = self.events.send(Some(event.to_string()));
    }

    /// Breaks all connections that hear.
    pub(crate) fn hang_up(&self) {
        let _ = self.events.send(None);
    }

    /// What was asked so far, ids of ours written as `ID`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|asked| masked(asked)).collect()
    }

    /// Ids of the snoops asked for, as they are.
    pub(crate) fn snoops(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let snoop =
            |asked: &String| Some(asked.split_once("/snoop/")?.1.split('?').next()?.to_owned());
        asked.iter().filter_map(snoop).collect()
    }

    /// Waits until something was asked.
    pub(crate) async fn until(&self, wanted: impl Fn(&[String]) -> bool) -> bool {
        for _ in 0..400 {
            if wanted(&self.asked()) {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        false
    }
}

fn masked(text: &str) -> String {
    Regex::new("lingting-[a-z]+-[0-9a-f]{32}").unwrap().replace_all(text, "ID").into_owned()
}

/// `StasisStart` and its like, of a channel.
pub(crate) fn event(kind: &str, channel: &str) -> Value {
    json!({ "type": kind, "channel": { "id": channel, "name": "x" }, "cause_txt": "" })
}

/// The value of a parameter of a request as the script sees it.
pub(crate) fn parameter(request: &str, name: &str) -> Option<String> {
    let (_, query) = request.split_once('?')?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

async fn answer(State(fake): State<FakeAri>, request: Request) -> Response {
    // qm:s3cret
    let known = request.headers().get("authorization").is_some_and(|v| v == "Basic cW06czNjcmV0");
    if !known {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let asked = format!("{} {}", request.method(), request.uri());
    fake.asked.lock().unwrap().push(asked.clone());
    let (status, events) = (fake.script)(&asked);
    let status = StatusCode::from_u16(status).unwrap();
    if status.is_success() && request.uri().path().ends_with("/events") {
        let (mut parts, _) = request.into_parts();
        let mut heard = fake.events.subscribe();
        let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.unwrap();
        return upgrade.on_upgrade(move |mut socket| async move {
            while let Ok(Some(event)) = heard.recv().await {
                if socket.send(Message::Text(event.into())).await.is_err() {
                    return;
                }
            }
        });
    }
    events.iter().for_each(|event| fake.tell(event));
    let body = if status.is_success() { json!({}) } else { json!({ "message": "no such thing" }) };
    (status, body.to_string()).into_response()
}
