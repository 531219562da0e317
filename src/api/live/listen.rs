//! Listening in: a call's audio as it comes in, both legs, to a browser.
//!
//! In: a WebSocket, and why. Out: first the format as text, then 20 ms frames: leg, flags, sequence, time of the call, PCM. It is our own
//! ingest that is heard: nobody on the call can notice, and the telephone system is not asked. A listener that is slow misses
//! frames; what is missing shows in their times. Who asks to hear no personal data hears the recording instead, as late as it takes to
//! know what is said (`held`). Every listening is on record from its first to its last second.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bytes::{BufMut as _, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, interval_at};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{CallState, LegBody};
use super::floor::{Frame, LiveCall, Told};
use super::held::{self, Held};
use super::listened::Listening;
use super::{REASON_CHARS_MAX, visible};
use crate::access::Action;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::error::ApiError;
use crate::api::events::{ASK_AGAIN, again};
use crate::api::extract::{Path, Query, text};

/// Made up in place of a lost packet.
const CONCEALED: u8 = 1;

/// Silenced: the recording is paused.
const MUTED: u8 = 2;

/// Bytes before the samples of a frame.
const HEAD_BYTES: usize = 16;

/// A frame that a listener cannot take for so long ends the listening.
const STALLED: Duration = Duration::from_secs(10);

/// How often it is looked whether the call's state has changed.
const LOOK: Duration = Duration::from_millis(500);

/// How long a frame is.
const FRAME: Duration = Duration::from_millis(20);

/// Bytes of a message from a listener.
const MESSAGE_BYTES_MAX: usize = 4_096;

/// Rates that a browser is sent as they come.
const CODEC: &str = "pcm_s16le";

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(listen))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Why {
    /// Why, in words; it goes into the audit log.
    reason: String,
}

/// Listen in. A WebSocket: text `{"type":"format",…}` first, then binary frames: u8 leg, u8 flags (1 concealed, 2 muted), u16
/// kilohertz, u32 sequence, u64 milliseconds of the call, all little endian, then PCM 16 bit little endian; texts
/// `{"type":"state",…}` when the call's state or its legs change; `{"type":"end",…}` at its end. A listener may send
/// `{"type":"mute_pii","on":true}`: from then on frames come `delay_ms` later (told in the state), and those in which personal data is
/// said, or of which it is not known by then what is said, are silent and flagged as muted.
#[utoipa::path(
    get, path = "/api/v1/live/calls/{live_id}/listen", tag = "live", params(("live_id" = String, Path), Why),
    extensions(("x-action" = json!(Action::LiveListen.as_str()))),
    responses((status = 101, description = "A WebSocket")),
)]
async fn listen(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(why): Query<Why>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let call = visible(&state, &caller, &id)?;
    let reason = text("reason", &why.reason, REASON_CHARS_MAX)?;
    let upgrade = upgrade.map_err(|_| {
        ApiError::invalid(
            "this is a WebSocket: ask for an upgrade",
            "此接口为 WebSocket，请使用升级请求",
        )
    })?;
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES_MAX).max_frame_size(MESSAGE_BYTES_MAX);
    // On record before the first sample is heard.
    let listening = Listening::begin(&state, &caller, &call, &reason).await?;
    Ok(upgrade.on_upgrade(move |socket| async move {
        tokio::select! {
            () = state.stop.cancelled() => {}
            () = Ear::new(&state, &caller, &call, held::DELAY).hear(socket) => {}
        }
        listening.end(&state, &call).await;
    }))
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said<'a> {
    Format { codec: &'a str, frame_ms: u32, legs: &'a [LegBody], state: CallState },
    State { state: CallState, legs: &'a [LegBody], delay_ms: u64 },
    End { cause: &'a str },
}

impl Said<'_> {
    fn message(&self) -> Message {
        Message::Text(serde_json::to_string(self).expect("plain values").into())
    }
}

/// What a listener may ask for.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Asked {
    /// Not to hear personal data, or to hear all again.
    MutePii { on: bool },
}

/// What is to be told of the call's state.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tell {
    No,
    /// What has changed.
    News,
    /// How it is, to who asked.
    All,
}

/// One listener.
struct Ear<'a> {
    state: &'a ApiState,
    caller: &'a Caller,
    call: &'a Arc<LiveCall>,
    delay: Duration,
    /// Frames sent, by leg.
    sequence: [u32; u8::MAX as usize + 1],
    /// For who asked to hear no personal data.
    late: Option<Late>,
    /// The call is over, and why.
    over: Option<&'static str>,
}

/// The recording, held back.
struct Late {
    written: Receiver<Frame>,
    held: Held,
    look: Interval,
}

impl Late {
    /// Takes what was written, and waits for the next moment at which something may be due.
    async fn next(&mut self) {
        tokio::select! {
            frame = self.written.recv() => {
                // What was missed is missing in what is heard.
                if let Ok(frame) = frame {
                    self.held.hold(frame, Instant::now());
                }
            }
            _ = self.look.tick() => {}
        }
    }
}

impl<'a> Ear<'a> {
    fn new(
        state: &'a ApiState,
        caller: &'a Caller,
        call: &'a Arc<LiveCall>,
        delay: Duration,
    ) -> Self {
        let sequence = [0; u8::MAX as usize + 1];
        Self { state, caller, call, delay, sequence, late: None, over: None }
    }

    /// What is told of the call: its state and whose its legs are, and how late it is heard.
    fn shown(&self) -> (CallState, Vec<String>, u64) {
        let picture = self.call.picture();
        let legs = picture.legs.iter().map(|leg| leg.party.clone()).collect();
        (picture.state, legs, self.late.as_ref().map_or(0, |late| late.held.delay_ms()))
    }

    /// Sends what comes until somebody ends it.
    async fn hear(mut self, mut socket: WebSocket) {
        let (mut audio, mut told) = (self.call.audio.subscribe(), self.call.told.subscribe());
        let mut last = self.shown();
        let format = {
            let picture = self.call.picture();
            let (legs, state) = (&picture.legs[..], picture.state);
            Said::Format { codec: CODEC, frame_ms: 20, legs, state }.message()
        };
        if !send(&mut socket, format).await {
            return;
        }
        let mut ask = interval_at(Instant::now() + ASK_AGAIN, ASK_AGAIN);
        let mut look = interval(LOOK);
        loop {
            let mut tell = Tell::No;
            let goes_on = tokio::select! {
                frame = audio.recv() => match frame {
                    Ok(frame) if self.late.is_none() => self.send(&mut socket, &frame).await,
                    Ok(_) | Err(RecvError::Lagged(_)) => true,
                    Err(RecvError::Closed) => false,
                },
                () = later(&mut self.late) => self.due(&mut socket).await,
                said = told.recv() => match said {
                    Ok(Told::Over(cause)) => {
                        self.over = Some(cause);
                        true
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => true,
                    Err(RecvError::Closed) => false,
                },
                _ = look.tick() => {
                    tell = Tell::News;
                    true
                }
                _ = ask.tick() => may_still(self.state, self.caller, self.call).await,
                got = socket.recv() => match got {
                    None | Some(Err(_) | Ok(Message::Close(_))) => false,
                    Some(Ok(Message::Text(text))) => {
                        tell = Tell::All;
                        self.asked(&text);
                        true
                    }
                    Some(Ok(_)) => true,
                },
            };
            if !goes_on || self.ended(&mut socket).await {
                return;
            }
            let now = match tell {
                Tell::No => continue,
                Tell::News | Tell::All => self.shown(),
            };
            if (tell == Tell::All || now != last) && !self.tell(&mut socket, now.2).await {
                return;
            }
            last = now;
        }
    }

    /// What cannot be read is of a newer page, and passed over.
    fn asked(&mut self, text: &str) {
        match serde_json::from_str(text) {
            Ok(Asked::MutePii { on: true }) if self.late.is_none() => {
                let mut look = interval(FRAME);
                look.set_missed_tick_behavior(MissedTickBehavior::Skip);
                let (written, held) = (self.call.written.subscribe(), Held::new(self.delay));
                self.late = Some(Late { written, held, look });
            }
            Ok(Asked::MutePii { on: false }) => self.late = None,
            Ok(_) | Err(_) => {}
        }
    }

    /// Sends what was held back for long enough.
    async fn due(&mut self, socket: &mut WebSocket) -> bool {
        loop {
            let due = self
                .late
                .as_mut()
                .and_then(|late| late.held.due(Instant::now(), &self.call.picture()));
            let Some(frame) = due else { return true };
            if !self.send(socket, &frame).await {
                return false;
            }
        }
    }

    async fn send(&mut self, socket: &mut WebSocket, frame: &Frame) -> bool {
        let number = &mut self.sequence[usize::from(frame.leg)];
        *number = number.wrapping_add(1);
        send(socket, Message::Binary(packed(frame, *number))).await
    }

    /// Whether the call is over, and all of it was heard; tells so.
    async fn ended(&self, socket: &mut WebSocket) -> bool {
        let waits = |late: &Late| !late.held.is_empty() || !late.written.is_empty();
        let Some(cause) = self.over.filter(|_| !self.late.as_ref().is_some_and(waits)) else {
            return false;
        };
        send(socket, Said::End { cause }.message()).await;
        true
    }

    async fn tell(&self, socket: &mut WebSocket, delay_ms: u64) -> bool {
        let message = {
            let picture = self.call.picture();
            Said::State { state: picture.state, legs: &picture.legs, delay_ms }.message()
        };
        send(socket, message).await
    }
}

/// The next moment of who hears the call late; of nobody else ever.
async fn later(late: &mut Option<Late>) {
    match late {
        Some(late) => late.next().await,
        None => std::future::pending().await,
    }
}

/// A listener whose account was disabled, or whose call became somebody else's, hears no more.
async fn may_still(state: &ApiState, caller: &Caller, call: &LiveCall) -> bool {
    let now = again(state, caller, Action::LiveListen).await;
    matches!(now, Ok(Some(now)) if now.sees(&call.belongs()))
}

async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(tokio::time::timeout(STALLED, socket.send(message)).await, Ok(Ok(())))
}

fn packed(frame: &Frame, sequence: u32) -> Bytes {
    let mut bytes = BytesMut::with_capacity(HEAD_BYTES + 2 * frame.pcm.len());
    let concealed = if frame.concealed { CONCEALED } else { 0 };
    bytes.put_u8(frame.leg);
    bytes.put_u8(concealed | if frame.muted { MUTED } else { 0 });
    bytes.put_u16_le(u16::try_from(frame.rate_hz / 1_000).unwrap_or(u16::MAX));
    bytes.put_u32_le(sequence);
    bytes.put_u64_le(frame.at_ms);
    for sample in frame.pcm.iter() {
        bytes.put_i16_le(*sample);
    }
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_told_in_sixteen_bytes_and_its_samples() {
        let frame = Frame {
            leg: 1,
            concealed: true,
            muted: false,
            rate_hz: 8_000,
            at_ms: 0x0102,
            pcm: Arc::from([1i16, -2]),
        };
        let bytes = packed(&frame, 7);
        assert_eq!(bytes[..8], [1, 1, 8, 0, 7, 0, 0, 0]);
        assert_eq!(bytes[8..16], [2, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[16..], [1, 0, 0xfe, 0xff]);
    }
}

#[cfg(all(test, feature = "live"))]
#[path = "listen_tests.rs"]
mod socket_tests;
