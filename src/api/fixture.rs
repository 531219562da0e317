//! The real router over a real store, for tests: asked through `oneshot`, without a socket.
//!
//! In: people to make, requests to send. Out: answers. Everything goes the way that a browser or a program goes.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::live::Floor;
use super::{ApiSettings, ApiState, Desk, Inlet, Keeper, Ports, Progress, Sample, gate, router};
use crate::access::Secret;
use crate::blobs::{Blobs, Place};
use crate::domain::{Role, Scope};
use crate::ingest::source::Board;
use crate::ingest::spool::Spool;
use crate::lake::Lake;
use crate::rubric::{Plan, built_in};
use crate::search::SearchIndex;
use crate::store::people::NewPerson;
use crate::store::tokens::Token;
use crate::store::{Store, now_us};

/// Stand for those of the program.
const SAMPLES: &[Sample] = &[
    Sample { name: "a.csv", bytes: b"time,speaker,text\n", facts: None },
    Sample { name: "b.wav", bytes: b"RIFF", facts: Some(r#"{"team":"3"}"#) },
];

/// A service that nobody else uses. Goes away with its folder.
pub(crate) struct World {
    pub(crate) state: ApiState,
    pub(crate) router: Router,
    _folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON; `null` when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A header's text, empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// By what a request gets in.
#[derive(Debug, Clone, Default)]
pub(crate) enum As {
    /// Nothing.
    #[default]
    Nobody,
    /// A token's secret.
    Token(String),
    /// A cookie (`name=value`) and the session's csrf.
    Session(String, String),
}

impl World {
    /// An empty one.
    pub(crate) async fn new() -> Self {
        Self::with(ApiSettings::default()).await
    }

    /// An empty one with settings.
    pub(crate) async fn with(settings: ApiSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let store = Store::open(&format!("sqlite:{}", file.display())).await.unwrap();
        let ports = Ports {
            index: SearchIndex::open_or_create(&folder.path().join("index")).unwrap(),
            blobs: Arc::new(Blobs::over(
                Place::folder(&folder.path().join("blobs")).unwrap(),
                None,
            )),
            lake: Lake::open(&folder.path().join("lake")).unwrap(),
            plan: watch::channel(Arc::new(Plan::compile(built_in().unwrap()))).1,
            inlet: Inlet {
                spool: Arc::new(Spool::open(&folder.path().join("uploads")).unwrap()),
                wake: Arc::default(),
                hints: broadcast::Sender::new(8),
                sources: Arc::new([]),
                board: Board::default(),
            },
            keeper: Keeper {
                orders: mpsc::channel(1).0,
                progress: watch::channel(Progress::default()).1,
                hour: None,
            },
            samples: SAMPLES,
            desk: Desk::default(),
            floor: Arc::new(Floor::new(100)),
        };
        let state = ApiState::open(store, ports, settings, CancellationToken::new()).await.unwrap();
        Self { router: router(state.clone()), state, _folder: folder }
    }

    /// Somebody; tells their id.
    pub(crate) async fn person(&self, login: &str, role: Role, scope: Scope) -> String {
        person(&self.state.store, login, role, scope).await
    }

    /// A token of somebody.
    pub(crate) async fn token(&self, of: &str, scopes: &[&str]) -> As {
        token(&self.state.store, of, scopes).await
    }

    /// Somebody with a token that may do all they may.
    pub(crate) async fn with_token(&self, login: &str, role: Role, scope: Scope) -> As {
        let id = self.person(login, role, scope).await;
        self.token(&id, &["all"]).await
    }

    /// Somebody who is logged in, as handlers know them.
    #[cfg(feature = "live")]
    pub(crate) async fn caller(&self, id: &str) -> super::caller::Caller {
        let person = crate::store::people::person_of(&self.state.store, id).await.unwrap().unwrap();
        let session = crate::store::sessions::Session {
            id: String::new(),
            csrf: String::new(),
            used_us: now_us(),
            expires_us: i64::MAX,
        };
        super::caller::Caller {
            person: Arc::new(person),
            via: super::caller::Via::Session(Arc::new(session)),
            address: std::net::IpAddr::from([127, 0, 0, 1]),
        }
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    /// Asks for something: `"GET /api/v1/people"`, with a JSON body unless it is `null`.
    pub(crate) async fn ask(&self, who: &As, what: &str, body: Value) -> Answer {
        self.send(request(who, what, &[], body)).await
    }

    /// The same with headers besides.
    pub(crate) async fn ask_with(
        &self,
        who: &As,
        what: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        self.send(request(who, what, headers, body)).await
    }

    /// Logs somebody in by password.
    pub(crate) async fn log_in(&self, login: &str, password: &str) -> (Answer, As) {
        let body = json!({ "login": login, "password": password });
        let answer = self.ask(&As::Nobody, "POST /api/v1/session", body).await;
        let session = session_of(&answer);
        (answer, session)
    }
}

/// Sends a request to a router as it is.
pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 16 << 20).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Answer { status: parts.status, headers: parts.headers, text }
}

/// Somebody in a store; tells their id.
pub(crate) async fn person(store: &Store, login: &str, role: Role, scope: Scope) -> String {
    let new = NewPerson {
        login: login.into(),
        name: format!("Name of {login}"),
        role,
        scope,
        password: None,
        subject: None,
    };
    let tx = store.begin().await.unwrap();
    let person = tx.add_person(now_us(), &new).await.unwrap();
    tx.commit().await.unwrap();
    person.id
}

/// A token of somebody in a store.
pub(crate) async fn token(store: &Store, person: &str, scopes: &[&str]) -> As {
    let secret = Secret::draw("lt_");
    let token = Token {
        id: String::new(),
        person: person.into(),
        name: "test".into(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        created_us: now_us(),
        used_us: None,
        expires_us: None,
        revoked_us: None,
    };
    let tx = store.begin().await.unwrap();
    tx.add_token(&secret.hash(), &token).await.unwrap();
    tx.commit().await.unwrap();
    As::Token(secret.reveal().to_owned())
}

/// The session that an answer began.
pub(crate) fn session_of(answer: &Answer) -> As {
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = answer.json()["csrf"].as_str().unwrap_or_default().to_owned();
    As::Session(cookie, csrf)
}

/// A request.
pub(crate) fn request(
    who: &As,
    what: &str,
    headers: &[(&str, &str)],
    body: Value,
) -> Request<Body> {
    let (method, path) = what.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "qm.test");
    match who {
        As::Nobody => {}
        As::Token(secret) => {
            request = request.header(header::AUTHORIZATION, format!("Bearer {secret}"));
        }
        As::Session(cookie, csrf) => {
            request = request.header(header::COOKIE, cookie).header(gate::CSRF_HEADER, csrf);
        }
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if body.is_null() {
        return request.body(Body::empty()).unwrap();
    }
    request = request.header(header::CONTENT_TYPE, "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}
