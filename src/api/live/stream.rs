//! The wall as it changes, and what is said in one call, as server-sent events.
//!
//! In: the floor's changes. Out: pictures, at most one a second and call, and one call's utterances as they come. A stream that
//! falls behind is given everything anew; whoever may no longer read is given nothing more.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::LiveBody;
use super::floor::{Change, LiveCall, Told};
use super::visible;
use crate::access::Action;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::error::{ApiError, ProblemBody};
use crate::api::events::{ASK_AGAIN, again};
use crate::api::extract::Query;

/// Pictures of one call are this far apart.
const EVERY: Duration = Duration::from_secs(1);

/// How often it is looked which pictures are due.
const LOOK: Duration = Duration::from_millis(200);

/// A sign of life on a stream where nothing happens.
const ALIVE: Duration = Duration::from_secs(15);

/// Events on their way to one reader.
const AHEAD: usize = 256;

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(follow))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// This call alone, with what is said in it: events `utterance` and `partial`.
    call_id: Option<String>,
}

/// Follow the calls that go on: `call` with a picture, `gone` with a call's id; of one call also `utterance` (one with
/// the same leg and start takes the place of the one before) and `partial`.
#[utoipa::path(
    get, path = "/api/v1/live/stream", tag = "live", params(Which),
    extensions(("x-action" = json!(Action::LiveRead.as_str()))),
    responses(
        (status = 200, description = "A stream of events", content_type = "text/event-stream", body = LiveBody),
        (status = 429, description = "Too many streams", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn follow(
    State(state): State<ApiState>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let floor = Arc::clone(&state.ports.floor);
    let place = floor.places.take(caller.id())?;
    let one = which.call_id.as_deref().map(|id| visible(&state, &caller, id)).transpose()?;
    let (send, receive) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let told = one.as_ref().map(|call| call.told.subscribe());
        let watcher =
            Watching { changes: floor.watch(), told, one, caller, send, due: BTreeMap::new() };
        tokio::select! {
            () = state.stop.cancelled() => {}
            () = watcher.run(&state) => {}
        }
        drop(place);
    });
    Ok(Sse::new(ReceiverStream::new(receive)).keep_alive(KeepAlive::new().interval(ALIVE)))
}

struct Watching {
    changes: broadcast::Receiver<Change>,
    told: Option<broadcast::Receiver<Told>>,
    one: Option<Arc<LiveCall>>,
    caller: Caller,
    send: mpsc::Sender<Result<Event, Infallible>>,
    /// Calls whose picture changed, and when the last one was sent.
    due: BTreeMap<String, (Option<Arc<LiveCall>>, Instant)>,
}

#[derive(Serialize)]
struct Gone<'a> {
    call_id: &'a str,
}

#[derive(Serialize)]
struct Partial<'a> {
    leg: u8,
    start_s: f64,
    text: &'a str,
}

impl Watching {
    /// Ends when nobody listens.
    async fn run(mut self, state: &ApiState) {
        if !self.everything(state).await {
            return;
        }
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut ask = interval_at(Instant::now() + ASK_AGAIN, ASK_AGAIN);
        loop {
            let goes_on = tokio::select! {
                change = self.changes.recv() => match change {
                    Ok(change) => self.change(change).await,
                    Err(RecvError::Lagged(_)) => self.everything(state).await,
                    Err(RecvError::Closed) => false,
                },
                told = next(&mut self.told) => match told {
                    Ok(told) => self.tell(told).await,
                    Err(RecvError::Lagged(_)) => self.said_so_far().await,
                    Err(RecvError::Closed) => false,
                },
                _ = look.tick() => self.pictures().await,
                _ = ask.tick() => self.may_still(state).await,
                () = self.send.closed() => false,
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Whether the reader may read on: accounts are disabled, grants narrowed, and calls go over to other teams.
    async fn may_still(&mut self, state: &ApiState) -> bool {
        match again(state, &self.caller, Action::LiveRead).await {
            Ok(Some(now)) => self.caller = now,
            Ok(None) => return false,
            Err(error) => {
                tracing::error!(%error, "whether somebody may still follow live calls is not known");
                return false;
            }
        }
        self.one.as_ref().is_none_or(|one| self.caller.sees(&one.belongs()))
    }

    fn wants(&self, call: &LiveCall) -> bool {
        self.one.as_ref().is_none_or(|one| one.id == call.id) && self.caller.sees(&call.belongs())
    }

    /// All that there is, as at the start.
    async fn everything(&mut self, state: &ApiState) -> bool {
        for call in state.ports.floor.all() {
            if self.wants(&call) && !self.picture(&call).await {
                return false;
            }
        }
        self.said_so_far().await
    }

    async fn said_so_far(&mut self) -> bool {
        let Some(one) = self.one.clone() else { return true };
        let said: Vec<_> = one.picture().said.values().cloned().collect();
        for utterance in said {
            if !self.event("utterance", &utterance).await {
                return false;
            }
        }
        true
    }

    async fn change(&mut self, change: Change) -> bool {
        match change {
            Change::Call(call) if self.wants(&call) => {
                let entry = self.due.entry(call.id.clone());
                // Long ago: a call that is new is shown at once.
                let long_ago = Instant::now().checked_sub(EVERY).unwrap_or_else(Instant::now);
                entry.or_insert((None, long_ago)).0 = Some(call);
                true
            }
            // One that went over to another team is gone from this wall.
            Change::Call(call) | Change::Gone(call)
                if self.wants(&call) || self.due.contains_key(&call.id) =>
            {
                self.due.remove(&call.id);
                self.event("gone", &Gone { call_id: &call.id }).await
            }
            Change::Call(_) | Change::Gone(_) => true,
        }
    }

    async fn pictures(&mut self) -> bool {
        let now = Instant::now();
        let mut due = Vec::new();
        for (call, sent) in self.due.values_mut() {
            if now.duration_since(*sent) >= EVERY
                && let Some(call) = call.take()
            {
                *sent = now;
                due.push(call);
            }
        }
        for call in due {
            if !self.picture(&call).await {
                return false;
            }
        }
        true
    }

    async fn picture(&mut self, call: &Arc<LiveCall>) -> bool {
        let body = LiveBody::of(call);
        self.event("call", &body).await
    }

    async fn tell(&mut self, told: Told) -> bool {
        match told {
            Told::Utterance(utterance) => self.event("utterance", &utterance).await,
            Told::Partial(leg, start_ms, text) => {
                let start_s = start_ms as f64 / 1_000.0;
                self.event("partial", &Partial { leg, start_s, text: &text }).await
            }
            // The picture tells.
            Told::Over(_) => true,
        }
    }

    async fn event(&self, kind: &str, body: &impl Serialize) -> bool {
        let data = serde_json::to_string(body).expect("plain values");
        self.send.send(Ok(Event::default().event(kind).data(data))).await.is_ok()
    }
}

/// What is told next; never, where nothing is asked for.
async fn next(told: &mut Option<broadcast::Receiver<Told>>) -> Result<Told, RecvError> {
    match told {
        Some(told) => told.recv().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
