//! What happens, as it happens: the event log as server-sent events.
//!
//! In: the log, and the number after which the caller wants it. Out: what they may see of it, in order, with a sign
//! of life. Each stream reads the log itself: a slow reader falls behind and delays nobody.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{self, KeepAlive, Sse};
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::{Caller, Via};
use super::error::{ApiError, ProblemBody};
use super::extract::{Query, at};
use super::places::Places;
use crate::access::Action;
use crate::domain::Scope;
use crate::store::{Event, EventKind, Store, StoreError, now_us, people};

/// How often the log is looked at while somebody follows it.
const LOOK: Duration = Duration::from_millis(250);

/// A sign of life on a stream where nothing happens; proxies cut silent ones after 30 to 60 s.
const ALIVE: Duration = Duration::from_secs(15);

/// How often it is asked whether the caller still may.
pub(super) const ASK_AGAIN: Duration = Duration::from_secs(30);

/// Events read at a time.
const CHUNK: u32 = 256;

/// Events on their way to one reader.
const AHEAD: usize = 64;

/// Streams of one person, and of all: at the limit, 429.
const STREAMS_MAX: usize = 8;
const STREAMS_MAX_ALL: usize = 512;

/// Tells followers that the log has grown.
#[derive(Debug)]
pub(super) struct Pulse {
    last: watch::Receiver<i64>,
    places: Places,
}

impl Pulse {
    /// Watches the log until `stop`.
    pub(super) async fn follow(store: Store, stop: CancellationToken) -> Result<Self, StoreError> {
        let (tell, last) = watch::channel(store.last_seq().await?);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tell.closed() => return,
                    () = tokio::time::sleep(LOOK) => {}
                }
                // One receiver is the state's own: nobody looks, nothing to tell.
                if tell.receiver_count() < 2 {
                    continue;
                }
                match store.last_seq().await {
                    Ok(seq) => {
                        tell.send_if_modified(|last| std::mem::replace(last, seq) != seq);
                    }
                    Err(error) => tracing::warn!(%error, "the event log cannot be read"),
                }
            }
        });
        Ok(Self { last, places: Places::new(STREAMS_MAX, STREAMS_MAX_ALL) })
    }
}

/// One event, the data of a server-sent event; its `id` is `seq`, its `event` is `kind`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(super) struct EventBody {
    /// Its place in the log.
    pub seq: i64,
    /// When.
    pub at: String,
    /// What: `call.analysed`, `finding.decided`, …
    pub kind: &'static str,
    /// To which call.
    pub call_id: Option<String>,
    /// More of it.
    pub body: serde_json::Value,
}

impl EventBody {
    /// The event's form outside.
    pub(super) fn of(event: &Event) -> Self {
        Self {
            seq: event.seq,
            at: at(event.at_us),
            kind: event.kind.as_str(),
            call_id: event.call_id.clone(),
            body: serde_json::from_str(&event.body).unwrap_or_default(),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct From {
    /// Begin after this event, for clients that cannot send `Last-Event-ID`. Without both, with what happens from
    /// now on.
    after: Option<i64>,
}

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(follow))
}

/// Follow what happens to the calls that the caller sees, as server-sent events.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "events", params(From),
    extensions(("x-action" = json!(Action::EventsFollow.as_str()))),
    responses(
        (status = 200, description = "A stream of events", content_type = "text/event-stream", body = EventBody),
        (status = 429, description = "Too many streams", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn follow(
    State(state): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
    Query(from): Query<From>,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, ApiError> {
    let last_id = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let last_id = match last_id.map(str::parse) {
        Some(Err(_)) => {
            return Err(ApiError::invalid("Last-Event-ID is a number", "Last-Event-ID 应为数字"));
        }
        Some(Ok(seq)) => Some(seq),
        None => from.after,
    };
    let seq = match last_id {
        Some(seq) => seq,
        None => state.store.last_seq().await?,
    };
    let place = state.pulse.places.take(caller.id())?;
    let (send, receive) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        // Whoever listens is gone, or the service stops: both end the stream, neither is a failure.
        if let Err(error) = stream(&state, caller, seq, send).await {
            tracing::warn!(%error, "a stream of events ended early");
        }
        drop(place);
    });
    Ok(Sse::new(ReceiverStream::new(receive)).keep_alive(KeepAlive::new().interval(ALIVE)))
}

async fn stream(
    state: &ApiState,
    mut caller: Caller,
    mut seq: i64,
    send: mpsc::Sender<Result<sse::Event, Infallible>>,
) -> Result<(), StoreError> {
    let mut last = state.pulse.last.clone();
    let mut asked = tokio::time::Instant::now();
    loop {
        if asked.elapsed() >= ASK_AGAIN {
            asked = tokio::time::Instant::now();
            match again(state, &caller, Action::EventsFollow).await? {
                Some(now) => caller = now,
                None => return Ok(()),
            }
        }
        last.borrow_and_update();
        let events = state.store.events_after(seq, CHUNK).await?;
        let more = events.len() == CHUNK as usize;
        for event in events {
            seq = event.seq;
            if !visible(&state.store, &caller, &event).await? {
                continue;
            }
            let body = serde_json::to_string(&EventBody::of(&event)).expect("plain values");
            let sent =
                sse::Event::default().id(seq.to_string()).event(event.kind.as_str()).data(body);
            tokio::select! {
                () = state.stop.cancelled() => return Ok(()),
                sent = send.send(Ok(sent)) => if sent.is_err() { return Ok(()) },
            }
        }
        if more {
            continue;
        }
        tokio::select! {
            () = state.stop.cancelled() => return Ok(()),
            () = send.closed() => return Ok(()),
            changed = last.changed() => if changed.is_err() { return Ok(()) },
            () = tokio::time::sleep(ASK_AGAIN) => {}
        }
    }
}

/// The caller as they are now; `None` when they may no longer do what they are doing.
pub(super) async fn again(
    state: &ApiState,
    caller: &Caller,
    doing: Action,
) -> Result<Option<Caller>, StoreError> {
    let now_us = now_us();
    let lives = match &caller.via {
        Via::Session(session) => {
            let idle_us = i64::try_from(state.settings.idle.as_micros()).unwrap_or(i64::MAX);
            state.store.session(&session.id, now_us, idle_us).await?.is_some()
        }
        Via::Token(token, _) => {
            crate::store::tokens::token_of(&state.store, &token.id).await?.is_some_and(|token| {
                token.revoked_us.is_none() && token.expires_us.is_none_or(|end| end > now_us)
            })
        }
    };
    let person = people::person_of(&state.store, caller.id()).await?;
    let person = person.filter(|person| lives && person.disabled_us.is_none());
    let now = person.map(|person| Caller { person: Arc::new(person), ..caller.clone() });
    Ok(now.filter(|now| now.allowed(doing)))
}

/// Whether an event is one the caller may know of.
async fn visible(store: &Store, caller: &Caller, event: &Event) -> Result<bool, StoreError> {
    match (&event.call_id, event.kind) {
        (Some(_), _) if *caller.scope() == Scope::All => Ok(true),
        (Some(call), _) => {
            Ok(store.belongs(call).await?.is_some_and(|belongs| caller.sees(&belongs)))
        }
        (None, EventKind::RubricPublished) => Ok(caller.allowed(Action::RubricsRead)),
        (None, _) => Ok(caller.allowed(Action::LedgerRead)),
    }
}
