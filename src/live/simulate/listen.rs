//! Listeners: how late a call is heard by who listens in.
//!
//! In: a service that is watched, and a call with a chirp in it. Out: from mouth to ear, by finding the chirp in what is heard,
//! and frames that are missing. From the moment a sample left this machine to the moment at which it could be played: what a
//! telephone takes before and a browser's buffer after is not in it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_util::sync::CancellationToken;

use super::call::Desk;
use super::chirp::{CHIRP_AT_MS, find};
use super::figures::{Listening, Row};
use super::watch::Watch;
use super::why::Why;

/// Listeners on a call.
pub const LISTENERS_MAX: usize = 200;

/// The handshake takes no longer.
const CONNECT: Duration = Duration::from_secs(10);

/// The chirp is listened for from so long before it is sent.
const HEARD_EARLY: Duration = Duration::from_secs(1);

/// The chirp is listened for until so long after it was sent.
const HEARD_MAX: Duration = Duration::from_secs(10);

/// Head of a frame: leg, flags, kilohertz (two bytes), number, place in the call in milliseconds; little-endian.
const HEAD_BYTES: usize = 16;

/// Samples kept of a leg: half a minute at 16 kHz.
const SAMPLES_MAX: usize = 30 * 16_000;

/// Milliseconds in a frame, where the service names none.
const FRAME_MS: u64 = 20;

/// A leg as it was heard.
#[derive(Debug, Default)]
struct HeardLeg {
    rate_hz: u32,
    samples: Vec<i16>,
    /// Where each frame begins in `samples`, and when it came.
    frames: Vec<(usize, Duration)>,
    /// Where the next frame should begin, in milliseconds.
    next_ms: Option<u64>,
}

/// What a listener hears, kept without a network.
#[derive(Debug, Default)]
struct Ear {
    frame_ms: u64,
    legs: Vec<HeardLeg>,
    frames: u64,
    missed: u64,
    first: Option<Duration>,
}

impl Ear {
    fn format(&mut self, text: &str) {
        let Ok(format) = serde_json::from_str::<Value>(text) else { return };
        if format["type"] == "format" {
            self.frame_ms = format["frame_ms"].as_u64().filter(|ms| *ms > 0).unwrap_or(FRAME_MS);
        }
    }

    /// Takes a frame that came now; its samples are kept when the chirp may be in them.
    fn frame(&mut self, bytes: &[u8], now: Duration, kept: bool) {
        let Some((head, pcm)) = bytes.split_at_checked(HEAD_BYTES) else { return };
        let leg = usize::from(head.first().copied().unwrap_or(0));
        let place = head.get(8..16).and_then(|eight| eight.try_into().ok()).map(u64::from_le_bytes);
        let khz = head.get(2..4).and_then(|two| two.try_into().ok()).map_or(0, u16::from_le_bytes);
        let (Some(at_ms), true) = (place, leg < crate::live::LEGS_MAX) else { return };
        if self.legs.len() <= leg {
            self.legs.resize_with(leg + 1, HeardLeg::default);
        }
        let Some(heard) = self.legs.get_mut(leg) else { return };
        if let Some(next_ms) = heard.next_ms {
            self.missed += at_ms.saturating_sub(next_ms) / self.frame_ms.max(1);
        }
        heard.next_ms = Some(at_ms.saturating_add(self.frame_ms));
        heard.rate_hz = u32::from(khz) * 1_000;
        self.frames += 1;
        self.first.get_or_insert(now);
        if kept && heard.samples.len() < SAMPLES_MAX {
            heard.frames.push((heard.samples.len(), now));
            heard.samples.extend(pcm.as_chunks::<2>().0.iter().map(|two| i16::from_le_bytes(*two)));
        }
    }

    /// When the chirp's first sample could be heard, on each leg.
    fn chirps(&self) -> Vec<Option<Duration>> {
        self.legs.iter().map(|leg| self.chirp(leg)).collect()
    }

    fn chirp(&self, leg: &HeardLeg) -> Option<Duration> {
        if !(8_000..=48_000).contains(&leg.rate_hz) {
            return None;
        }
        let at = find(&leg.samples, leg.rate_hz)?;
        let frame = leg.frames.partition_point(|(from, _)| *from <= at).checked_sub(1)?;
        let (from, came) = leg.frames.get(frame)?;
        Some(*came + Duration::from_secs_f64((at - from) as f64 / f64::from(leg.rate_hz)))
    }
}

/// What one listener came to.
struct Listened {
    ear: Ear,
    asked: Duration,
}

/// So many listeners on the first call that the service shows.
pub async fn listen(
    watch: &Arc<Watch>,
    desk: &Arc<Desk>,
    listeners: usize,
    stop: &CancellationToken,
) -> Listening {
    let first_shown = || {
        let tally = desk.tally();
        tally.shown_calls().next().map(|(ix, call_id)| (ix, call_id.to_owned()))
    };
    let (call, call_id) = loop {
        if let Some(shown) = first_shown() {
            break shown;
        }
        tokio::select! {
            () = stop.cancelled() => return Listening {
                failed: vec![Why::NeverShown],
                ..Listening::default()
            },
            () = sleep(Duration::from_millis(20)) => {}
        }
    };
    let mut all = JoinSet::new();
    for _ in 0..listeners.min(LISTENERS_MAX) {
        let (watch, desk, stop) = (Arc::clone(watch), Arc::clone(desk), stop.clone());
        let call_id = call_id.clone();
        all.spawn(async move { one(&watch, &desk, call, &call_id, &stop).await });
    }
    let listened = all.join_all().await;
    summary(listened, spoken(desk, call))
}

/// When the chirp leaves this machine: the frame that its first sample is in.
fn spoken(desk: &Desk, call: usize) -> Duration {
    let first_s = f64::from(CHIRP_AT_MS + 1) / 1_000.0;
    desk.tally().left(call, 0, first_s).unwrap_or_default()
}

async fn one(
    watch: &Watch,
    desk: &Desk,
    call: usize,
    call_id: &str,
    stop: &CancellationToken,
) -> Result<Listened, Why> {
    let id: String = url::form_urlencoded::byte_serialize(call_id.as_bytes()).collect();
    let url = watch.socket_url(&format!("/api/v1/live/calls/{id}/listen?reason=lingting+simulate"));
    let odd = |error: &dyn std::fmt::Display| Why::Listener(error.to_string());
    let mut request = url.into_client_request().map_err(|error| odd(&error))?;
    if let Some(token) = watch.token() {
        let value = HeaderValue::from_str(&format!("Bearer {token}"));
        request.headers_mut().insert(AUTHORIZATION, value.map_err(|error| odd(&error))?);
    }
    let asked = desk.now();
    let mut socket = match timeout(CONNECT, connect_async_with_config(request, None, true)).await {
        Ok(Ok((socket, _))) => socket,
        Ok(Err(error)) => return Err(odd(&error)),
        Err(_) => return Err(Why::NoAnswer { to: "a listener", s: CONNECT.as_secs() }),
    };
    let mut ear = Ear::default();
    let spoken = spoken(desk, call);
    loop {
        let message = tokio::select! {
            () = stop.cancelled() => break,
            message = socket.next() => message,
        };
        match message {
            Some(Ok(Message::Text(text))) => {
                ear.format(&text);
                let ended =
                    serde_json::from_str::<Value>(&text).is_ok_and(|state| state["type"] == "end");
                if ended {
                    break;
                }
            }
            Some(Ok(Message::Binary(bytes))) => {
                let now = desk.now();
                let kept = now + HEARD_EARLY > spoken && now < spoken + HEARD_MAX;
                ear.frame(&bytes, now, kept);
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            Some(Ok(_)) => {}
        }
    }
    let _ = timeout(Duration::from_secs(1), socket.close(None)).await;
    Ok(Listened { ear, asked })
}

fn summary(listened: Vec<Result<Listened, Why>>, spoken: Duration) -> Listening {
    let mut all = Listening::default();
    let (mut starts, mut delays) = (Vec::new(), Vec::new());
    for result in listened {
        let listened = match result {
            Ok(listened) => listened,
            Err(why) => {
                all.failed.push(why);
                continue;
            }
        };
        all.listeners += 1;
        all.frames += listened.ear.frames;
        all.missed += listened.ear.missed;
        let ms = |later: Duration, earlier: Duration| {
            (later.as_secs_f64() - earlier.as_secs_f64()) * 1_000.0
        };
        starts.extend(listened.ear.first.map(|first| ms(first, listened.asked)));
        for heard in listened.ear.chirps() {
            match heard {
                Some(heard) => delays.push(ms(heard, spoken)),
                None => all.unheard += 1,
            }
        }
    }
    // What the product is to keep to: a start within 1 s, 250 ms from mouth to ear.
    all.start = Row::of("listening starts", starts, 1_000.0);
    all.mouth_to_ear = Row::of("mouth to ear", delays, 250.0);
    all
}

#[cfg(test)]
mod tests {
    use super::super::chirp;
    use super::*;

    fn frame(leg: u8, at_ms: u64, pcm: &[i16]) -> Vec<u8> {
        let mut bytes = vec![leg, 0, 8, 0, 0, 0, 0, 0];
        bytes.extend(at_ms.to_le_bytes());
        bytes.extend(pcm.iter().flat_map(|sample| sample.to_le_bytes()));
        bytes
    }

    #[test]
    fn the_chirp_is_timed_by_the_frame_it_came_in() {
        let mut ear = Ear::default();
        ear.format("{\"type\":\"format\",\"frame_ms\":20}");
        let mut samples = vec![0; 8_000];
        samples.splice(4_000..4_800, chirp::chirp(8_000));
        for (n, pcm) in samples.chunks(160).enumerate() {
            let at_ms = 4_500 + 20 * n as u64;
            // The second leg has only silence, and one hole of three frames.
            ear.frame(&frame(0, at_ms, pcm), Duration::from_millis(at_ms + 80), true);
            if !(10..13).contains(&n) {
                ear.frame(&frame(1, at_ms, &[0; 160]), Duration::from_millis(at_ms + 80), true);
            }
        }
        assert_eq!((ear.frames, ear.missed), (97, 3));
        assert_eq!(ear.chirps(), [Some(Duration::from_millis(5_080)), None]);
        let asked = Duration::from_millis(4_400);
        let all = summary(
            vec![Ok(Listened { ear, asked }), Err(Why::NeverShown)],
            Duration::from_secs(5),
        );
        assert_eq!((all.listeners, all.failed.len(), all.unheard), (1, 1, 1));
        assert_eq!(all.mouth_to_ear.unwrap().p50_ms.round(), 80.0);
        assert_eq!(all.start.unwrap().max_ms.round(), 180.0);
    }

    #[test]
    fn odd_frames_are_left_out() {
        let mut ear = Ear::default();
        ear.format("not json");
        ear.frame(&[], Duration::ZERO, true);
        ear.frame(&[9; 40], Duration::ZERO, true);
        ear.frame(&frame(0, u64::MAX, &[1]), Duration::ZERO, true);
        ear.frame(&frame(0, 0, &[1]), Duration::ZERO, true);
        assert_eq!((ear.frames, ear.missed, ear.chirps()), (2, 0, vec![None]));
    }
}
