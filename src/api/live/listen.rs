//! Listening in: a call's audio as it comes in, both legs, to a browser.
//!
//! In: a WebSocket, and why. Out: first the format as text, then 20 ms frames: leg, flags, sequence, time of the call, PCM. It is our own
//! ingest that is heard: nobody on the call can notice, and the telephone system is not asked. A listener that is slow misses
//! frames; what is missing shows in their times. Every listening is on record from its first to its last second.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bytes::{BufMut as _, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{CallState, LegBody, Supervisor};
use super::floor::{Frame, LiveCall, Told};
use super::{REASON_CHARS_MAX, visible};
use crate::access::Action;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::error::ApiError;
use crate::api::extract::{Path, Query, at, text};
use crate::store::audit::Deed;
use crate::store::{StoreError, live, now_us};
use crate::supervise::Mode;

/// Made up in place of a lost packet.
const CONCEALED: u8 = 1;

/// Silenced: the recording is paused.
const MUTED: u8 = 2;

/// Bytes before the samples of a frame.
const HEAD_BYTES: usize = 16;

/// A frame that a listener cannot take for so long ends the listening.
const STALLED: Duration = Duration::from_secs(10);

/// How often it is asked whether the listener still may.
const ASK_AGAIN: Duration = Duration::from_secs(30);

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
/// `{"type":"state",…}` when the call's state or its legs change; `{"type":"end",…}` at its end.
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
            () = hear(&state, &caller, &call, socket) => {}
        }
        listening.end(&state, &call).await;
    }))
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said<'a> {
    Format { codec: &'a str, frame_ms: u32, legs: &'a [LegBody], state: CallState },
    State { state: CallState, legs: &'a [LegBody] },
    End { cause: &'a str },
}

impl Said<'_> {
    fn message(&self) -> Message {
        Message::Text(serde_json::to_string(self).expect("plain values").into())
    }
}

/// Sends what comes until somebody ends it.
async fn hear(state: &ApiState, caller: &Caller, call: &Arc<LiveCall>, mut socket: WebSocket) {
    let (mut audio, mut told) = (call.audio.subscribe(), call.told.subscribe());
    let shown = |call: &LiveCall| {
        let picture = call.picture();
        (picture.state, picture.legs.iter().map(|leg| leg.party.clone()).collect::<Vec<_>>())
    };
    let mut last = shown(call);
    let format = {
        let picture = call.picture();
        let (legs, state) = (&picture.legs[..], picture.state);
        Said::Format { codec: CODEC, frame_ms: 20, legs, state }.message()
    };
    if !send(&mut socket, format).await {
        return;
    }
    let mut sequence = [0u32; u8::MAX as usize + 1];
    let mut ask = tokio::time::interval_at(tokio::time::Instant::now() + ASK_AGAIN, ASK_AGAIN);
    let mut look = tokio::time::interval(Duration::from_millis(500));
    loop {
        let goes_on = tokio::select! {
            frame = audio.recv() => match frame {
                Ok(frame) => {
                    let number = &mut sequence[usize::from(frame.leg)];
                    *number = number.wrapping_add(1);
                    send(&mut socket, Message::Binary(packed(&frame, *number))).await
                }
                Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => false,
            },
            said = told.recv() => match said {
                Ok(Told::Over(cause)) => {
                    send(&mut socket, Said::End { cause }.message()).await;
                    false
                }
                Ok(_) | Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => false,
            },
            _ = look.tick() => {
                let now = shown(call);
                if now == last {
                    true
                } else {
                    last = now;
                    let message = {
                        let picture = call.picture();
                        Said::State { state: picture.state, legs: &picture.legs }.message()
                    };
                    send(&mut socket, message).await
                }
            }
            _ = ask.tick() => may_still(state, caller, call).await,
            got = socket.recv() => !matches!(got, None | Some(Err(_) | Ok(Message::Close(_)))),
        };
        if !goes_on {
            return;
        }
    }
}

/// A listener whose account was disabled, or whose call became somebody else's, hears no more.
async fn may_still(state: &ApiState, caller: &Caller, call: &LiveCall) -> bool {
    let person = crate::store::people::person_of(&state.store, caller.id()).await;
    let Ok(Some(person)) = person else { return false };
    let now = Caller { person: Arc::new(person.clone()), ..caller.clone() };
    person.disabled_us.is_none() && now.allowed(Action::LiveListen) && now.sees(&call.belongs())
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

/// A listening on record.
struct Listening {
    event: String,
    person: String,
    since: String,
}

impl Listening {
    async fn begin(
        state: &ApiState,
        caller: &Caller,
        call: &Arc<LiveCall>,
        reason: &str,
    ) -> Result<Self, StoreError> {
        let (now_us, id) = (now_us(), uuid::Uuid::now_v7().to_string());
        let tx = state.store.begin().await?;
        let event = live::LiveEvent {
            id: id.clone(),
            call_id: call.id.clone(),
            kind: Mode::Listen.as_str().into(),
            start_ms: now_ms(call),
            end_ms: None,
            at_us: now_us,
            ended_us: None,
            person: Some(caller.id().into()),
            reason: Some(reason.into()),
        };
        live::begin_event(&tx, &event).await?;
        let detail = serde_json::json!({
            "listening": id, "reason": reason, "at_ms": event.start_ms, "from": caller.address.to_string(),
        });
        audit(&tx, caller.id(), "live.listen", call, &detail).await?;
        tx.commit().await?;
        let since = at(now_us);
        let supervisor = Supervisor {
            person: caller.id().into(),
            name: caller.person.name.clone(),
            mode: Mode::Listen.as_str().into(),
            since: since.clone(),
            join_id: None,
        };
        call.paint(|picture| picture.supervisors.push(supervisor));
        Ok(Self { event: id, person: caller.id().into(), since })
    }

    async fn end(self, state: &ApiState, call: &Arc<LiveCall>) {
        call.paint(|picture| {
            let own = |one: &Supervisor| {
                one.person == self.person && one.since == self.since && one.join_id.is_none()
            };
            if let Some(place) = picture.supervisors.iter().position(own) {
                picture.supervisors.remove(place);
            }
        });
        let ended = async {
            let tx = state.store.begin().await?;
            let end_ms = now_ms(call);
            live::end_event(&tx, &self.event, end_ms, now_us()).await?;
            let detail = serde_json::json!({ "listening": self.event, "to_ms": end_ms });
            audit(&tx, &self.person, "live.listen_ended", call, &detail).await?;
            tx.commit().await
        };
        if let Err(error) = ended.await {
            tracing::error!(%error, "the end of a listening could not be written down");
        }
    }
}

/// Where a call is, in milliseconds.
pub(super) fn now_ms(call: &LiveCall) -> i64 {
    i64::try_from(call.now_ms.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
}

/// Puts a deed on record.
pub(super) async fn audit(
    tx: &crate::store::Tx,
    actor: &str,
    action: &str,
    call: &LiveCall,
    detail: &serde_json::Value,
) -> Result<(), StoreError> {
    let (object, detail) = (format!("call/{}", call.id), detail.to_string());
    tx.audit(now_us(), &Deed { actor, action, object: &object, detail: &detail }).await.map(drop)
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
