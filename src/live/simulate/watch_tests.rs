//! A run that is watched, against a small service that shows calls as the real one does.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::BroadcastStream;
use tokio_util::sync::CancellationToken;

use super::call::tests::reel;
use super::figures::Outcome;
use super::tally::Tally;
use super::*;

const SPEED: f64 = 10.0;

/// Says so much later what it hears.
const LATE_MS: u64 = 150;

#[derive(Clone)]
struct Service {
    /// Kind, call, data.
    says: broadcast::Sender<(&'static str, String, Value)>,
    opened: Arc<Mutex<BTreeMap<String, usize>>>,
}

async fn stream(
    State(service): State<Service>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if headers.get("authorization").is_none_or(|value| value != "Bearer t0k") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let call = query.get("call_id").cloned().unwrap_or_default();
    *service.opened.lock().unwrap().entry(call.clone()).or_default() += 1;
    let says = BroadcastStream::new(service.says.subscribe()).filter_map(move |said| {
        let (kind, of, data) = said.ok()?;
        let wanted = if call.is_empty() { kind != "utterance" } else { of == call };
        wanted.then(|| Ok::<_, Infallible>(Event::default().event(kind).data(data.to_string())))
    });
    Sse::new(says).into_response()
}

async fn media(State(service): State<Service>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| take(service, socket))
}

/// Every second of audio it says that something was said in it, and once that something is wrong.
async fn take(service: Service, mut socket: WebSocket) {
    let say = |kind: &'static str, call: &str, data: Value| {
        let _ = service.says.send((kind, call.to_owned(), data));
    };
    let (mut call, mut pending) = (String::new(), Vec::new());
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        let told: Value = serde_json::from_str(&text).unwrap();
        if told["event"] == "start" {
            let native = told["start"]["callSid"].as_str().unwrap().to_owned();
            call = format!("id-{native}");
            say("call", &call, json!({"call_id": call, "native_id": native}));
        }
        let at_ms: u64 = told["media"]["timestamp"].as_str().unwrap_or("1").parse().unwrap();
        if told["media"]["track"] == "inbound" && at_ms % 1_000 == 980 {
            let (service, call) = (service.clone(), call.clone());
            pending.push(tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(LATE_MS)).await;
                let end_s = (at_ms + 20) as f64 / 1_000.0;
                let data = json!({"leg": 0, "start_s": end_s - 0.5, "end_s": end_s, "text": "您好 ok"});
                let _ = service.says.send(("utterance", call.clone(), data));
                if at_ms == 1_980 {
                    let body = json!({"alert_id": "a", "call_id": call, "rubric": "r", "criterion": "c", "end_s": 2.0});
                    let data = json!({"seq": 1, "call_id": call, "body": body});
                    let _ = service.says.send(("alert.raised", String::new(), data));
                }
            }));
        }
    }
    for said in pending {
        said.await.unwrap();
    }
    say("gone", "", json!({"call_id": call}));
}

/// Sends what a listener would hear: silence with the chirp in it, 100 ms late.
async fn heard(Path(_call): Path<String>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket| async move {
        let format = json!({"type": "format", "frame_ms": 20});
        let _ = socket.send(Message::text(format.to_string())).await;
        let _ = socket.send(Message::text(json!({"type": "end"}).to_string())).await;
    })
}

async fn service() -> (String, Service) {
    let service = Service { says: broadcast::channel(1_024).0, opened: Arc::default() };
    let router = axum::Router::new()
        .route("/api/v1/live/stream", get(stream))
        .route("/api/v1/events", get(stream))
        .route("/api/v1/live/calls/{call}/listen", get(heard))
        .route("/live/media-stream/demo/t", get(media))
        .with_state(service.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, service)
}

async fn watched(address: &str, listeners: usize) -> Outcome {
    let pace = Pace { speed: SPEED, drift_ppm: 0.0 };
    let desk = Desk::new(Tally::new(pace, Duration::from_millis(1_500), true));
    let stop = CancellationToken::new();
    let watch = Arc::new(Watch::new(&format!("http://{address}/"), Some("t0k".into())).unwrap());
    watch.begin(&desk, &stop).await.unwrap();
    let simulation = Arc::new(Simulation {
        target: Target::parse(&format!("ws://{address}/live/media-stream/demo/t")).unwrap(),
        reels: vec![reel(500, 2)],
        at_once: 3,
        calls: Some(4),
        lasts: None,
        pace,
        faults: Faults::default(),
    });
    let ears = stop.child_token();
    let (listening, ()) = tokio::join!(listen(&watch, &desk, listeners, &ears), async {
        simulation.run(&desk, &stop).await;
        watch.settle(&desk, false).await;
        ears.cancel();
    });
    stop.cancel();
    let mut outcome = desk.tally().outcome(desk.now());
    outcome.listening = Some(listening);
    outcome
}

#[tokio::test]
async fn what_comes_back_is_measured_against_what_was_sent() {
    let (address, service) = service().await;
    let outcome = watched(&address, 2).await;
    let heard = outcome.heard.unwrap();
    assert_eq!((outcome.calls.completed, heard.calls_seen, heard.calls_unseen), (4, 4, 0));
    // 10 s of audio a call; what was said before its stream was open may be missing.
    assert!((30..=40).contains(&heard.utterances), "{heard:?}");
    assert_eq!(heard.words, 3 * heard.utterances as u64);
    let row = |kind: &str| outcome.latency.iter().find(|row| row.kind == kind).unwrap();
    assert_eq!(row("text").n, heard.utterances);
    assert!(row("text").p50_ms >= LATE_MS as f64 && row("text").p50_ms < LATE_MS as f64 + 400.0);
    // All four alerts have one id: told once.
    assert_eq!((heard.alerts, row("alert").n, row("alert r/c").n), (1, 1, 1));
    assert_eq!(service.opened.lock().unwrap().len(), 1 + 4);
    let listening = outcome.listening.unwrap();
    assert_eq!((listening.listeners, listening.frames), (2, 0));
    assert!(listening.failed.is_empty());
}

#[tokio::test]
async fn a_service_that_cannot_be_watched_says_why() {
    let (address, _) = service().await;
    let desk = Desk::new(Tally::new(Pace::REAL, Duration::ZERO, true));
    let stop = CancellationToken::new();
    let begun = async |base: &str, token: Option<&str>| {
        let watch = Watch::new(base, token.map(str::to_owned)).map(Arc::new)?;
        watch.begin(&desk, &stop).await
    };
    let base = format!("http://{address}");
    assert!(matches!(begun(&base, None).await, Err(WatchError::Token(_))));
    assert!(matches!(begun(&base, Some("wrong")).await, Err(WatchError::Token(_))));
    let absent = begun(&format!("{base}/elsewhere"), Some("t0k")).await;
    assert!(matches!(absent, Err(WatchError::NoLive(_))));
    assert!(matches!(begun("127.0.0.1:8600", None).await, Err(WatchError::Address(_))));
    assert!(matches!(begun("ftp://x", None).await, Err(WatchError::Address(_))));
    let gone = begun("http://127.0.0.1:9", None).await.unwrap_err();
    assert!(gone.to_string().ends_with("is the service running there?"), "{gone}");
    assert!(!gone.zh().is_empty());
    begun(&base, Some("t0k")).await.unwrap();
    stop.cancel();
}
