//! Streams of all dialects, frame by frame and over a real socket.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use proptest::prelude::*;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest as _};
use tokio_util::sync::CancellationToken;

use super::super::event::{EndCause, Ingest};
use super::super::socket::{Closed, Dialect as _, Step};
use super::super::tape::{Tape, Taped};
use super::reader::{Reader, Reading};
use super::*;

const START: &str = r#"{"event":"start","streamSid":"MZ1","start":{"callSid":"CA1","tracks":["inbound","outbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#;
const TELNYX: &str = r#"{"event":"start","stream_id":"S1","start":{"call_session_id":"CS1","media_format":{"encoding":"PCMU","sample_rate":8000,"channels":1}}}"#;
const PLIVO: &str = r#"{"event":"start","start":{"callId":"P1","streamId":"S2","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-l16","sampleRate":16000}}}"#;
const EXOTEL: &str = r#"{"event":"start","stream_sid":"S3","start":{"call_sid":"E1","media_format":{"encoding":"audio/x-raw","sample_rate":"8000"}}}"#;

fn media(track: &str, chunk: u64, at_ms: u64, bytes: usize) -> String {
    let payload = STANDARD.encode(vec![0xff; bytes]);
    format!(
        r#"{{"event":"media","media":{{"track":"{track}","chunk":"{chunk}","timestamp":"{at_ms}","payload":"{payload}"}}}}"#
    )
}

/// What a script of frames tells: `a0 0..160`, `g0 160..320 Loss`, `j0 Customer 8000`, …
fn told(frames: &[String], reading: Reading) -> Vec<String> {
    let mut reader = Reader::new(reading);
    let mut steps = Vec::new();
    frames.iter().for_each(|frame| reader.text(frame, Duration::ZERO, &mut steps));
    reader.closed(Closed::Broken, &mut steps);
    steps.iter().filter_map(say).collect()
}

fn say(step: &Step) -> Option<String> {
    Some(match step {
        Step::Start(start) => format!("start {}", start.key.native_id),
        Step::Close(code, _) => format!("close {code}"),
        Step::Reply(text) => format!("reply {text}"),
        Step::Event(Ingest::LegJoined { leg, role, rate_hz, .. }) => {
            format!("j{} {role:?} {rate_hz}", leg.0)
        }
        Step::Event(Ingest::Audio { leg, at, pcm, .. }) => {
            format!("a{} {at}..{}", leg.0, at + pcm.len() as u64)
        }
        Step::Event(Ingest::Gap { leg, from, to, cause }) => {
            format!("g{} {from}..{to} {cause:?}", leg.0)
        }
        Step::Event(Ingest::Dtmf { leg, digit }) => format!("d{} {digit}", leg.0),
        Step::Event(Ingest::Ended(cause)) => format!("end {}", cause.as_str()),
        Step::Event(_) => return None,
    })
}

#[track_caller]
fn check(frames: &[String], expected: &[&str]) {
    assert_eq!(told(frames, Reading::default()), expected);
}

#[test]
fn a_call_of_two_tracks_from_start_to_stop() {
    check(
        &[
            r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#.into(),
            START.into(),
            media("inbound", 1, 0, 160),
            media("outbound", 1, 100, 160),
            media("inbound", 2, 20, 160),
            r#"{"event":"dtmf","dtmf":{"track":"inbound_track","digit":"5"}}"#.into(),
            r#"{"event":"mark","mark":{"name":"x"}}"#.into(),
            r#"{"event":"stop","stop":{"callSid":"CA1"}}"#.into(),
            media("inbound", 3, 40, 160),
        ],
        &[
            "start CA1",
            "j0 Customer 8000",
            "j1 Agent 8000",
            "a0 0..160",
            "a1 800..960",
            "a0 160..320",
            "d0 5",
            "end normal",
            "close 1000",
        ],
    );
}

#[test]
fn the_stop_may_never_come_and_roles_may_be_swapped() {
    let frames = [START.into(), media("outbound", 1, 0, 160)];
    let reading = Reading { swap_roles: true, ..Reading::default() };
    assert_eq!(
        told(&frames, reading),
        ["start CA1", "j0 Agent 8000", "j1 Customer 8000", "a1 0..160", "end transport"]
    );
}

#[test]
fn times_are_believed_when_they_jump_and_not_when_they_wobble() {
    let mut frames = vec![START.to_owned()];
    // Wobbles by a few ms, repeats a frame, comes late, skips two, is silent for 200 ms.
    for (chunk, at_ms) in [(1, 5), (2, 27), (2, 27), (3, 44), (1, 5), (6, 105), (7, 325)] {
        frames.push(media("inbound", chunk, at_ms, 160));
    }
    check(
        &frames,
        &[
            "start CA1",
            "j0 Customer 8000",
            "j1 Agent 8000",
            "a0 40..200",
            "a0 200..360",
            "a0 360..520",
            "g0 520..840 Loss",
            "a0 840..1000",
            "g0 1000..2600 Dtx",
            "a0 2600..2760",
            "end transport",
        ],
    );
}

#[test]
fn telnyx_is_put_in_order() {
    let mut frames = vec![TELNYX.to_owned()];
    for chunk in [2, 1, 3, 5, 4, 4, 6] {
        frames.push(media("inbound", chunk, (chunk - 1) * 20, 160));
    }
    check(
        &frames,
        &[
            "start CS1",
            "j0 Customer 8000",
            "a0 0..160",
            "a0 160..320",
            "a0 320..480",
            "a0 480..640",
            "a0 640..800",
            "a0 800..960",
            "end transport",
        ],
    );
    // One never comes: the others wait for five frames, and no longer.
    let mut frames = vec![TELNYX.to_owned()];
    frames.extend([1, 3, 4, 5, 6, 7, 8].map(|n| media("inbound", n, (n - 1) * 20, 160)));
    let told = told(&frames, Reading::default());
    assert_eq!(told[3..6], ["g0 160..320 Loss", "a0 320..480", "a0 480..640"]);
    assert_eq!(told.len(), 11);
}

#[test]
fn plivo_counts_from_1970_and_exotel_is_linear() {
    let at = 1_700_000_000_000;
    check(
        &[PLIVO.into(), media("inbound", 1, at, 640), media("inbound", 2, at + 20, 640)],
        &["start P1", "j0 Customer 16000", "a0 0..320", "a0 320..640", "end transport"],
    );
    let frame = |chunk: u64| {
        let payload = STANDARD.encode([0u8; 1_600]);
        format!(
            r#"{{"event":"media","stream_sid":"S3","media":{{"chunk":{chunk},"timestamp":"{}","payload":"{payload}"}}}}"#,
            (chunk - 1) * 100
        )
    };
    check(
        &[EXOTEL.into(), frame(1), frame(2)],
        &["start E1", "j0 Customer 8000", "a0 0..800", "a0 800..1600", "end transport"],
    );
}

#[test]
fn what_cannot_be_taken_is_refused_in_words() {
    let start = |encoding: &str, rate: u32, channels: u32| {
        format!(
            r#"{{"event":"start","streamSid":"M","start":{{"mediaFormat":{{"encoding":"{encoding}","sampleRate":{rate},"channels":{channels}}}}}}}"#
        )
    };
    check(&[start("AMR-WB", 16_000, 1)], &["close 1002"]);
    check(&[start("L16", 96_000, 1)], &["close 1002"]);
    check(&[start("L16", 16_000, 2)], &["close 1002"]);
    check(&vec!["garbage".to_owned(); 101], &["close 1002"]);
    check(&[media("inbound", 1, 0, 160)], &[]);
    // Times from beyond any call, payloads of more than a second, and a second start are left out.
    check(
        &[
            START.into(),
            media("inbound", 1, 20, 160),
            media("inbound", 2, u64::MAX, 160),
            media("inbound", 3, 40, 9_000),
            START.into(),
            media("inbound", 4, 40, 160),
        ],
        &[
            "start CA1",
            "j0 Customer 8000",
            "j1 Agent 8000",
            "a0 160..320",
            "a0 320..480",
            "end transport",
        ],
    );
}

proptest! {
    #[test]
    fn any_text_never_panics(lines in proptest::collection::vec(".{0,80}", 0..20)) {
        fuzz(lines.join("\n").as_bytes());
    }

    #[test]
    fn any_order_of_any_times_is_told_in_order(
        frames in proptest::collection::vec((0u64..20, 0u64..400, 0usize..400), 0..60), telnyx: bool
    ) {
        let mut reader = Reader::new(Reading::default());
        let mut steps = Vec::new();
        reader.text(if telnyx { TELNYX } else { START }, Duration::ZERO, &mut steps);
        for (chunk, at_ms, bytes) in frames {
            reader.text(&media("inbound", chunk, at_ms, bytes), Duration::ZERO, &mut steps);
        }
        reader.closed(Closed::Goodbye, &mut steps);
        let mut end = 0;
        for step in steps {
            match step {
                Step::Event(Ingest::Audio { at, pcm, .. }) => {
                    prop_assert!(at >= end && !pcm.is_empty());
                    end = at + pcm.len() as u64;
                }
                Step::Event(Ingest::Gap { from, to, .. }) => {
                    prop_assert!(from >= end && to > from);
                    end = to;
                }
                _ => {}
            }
        }
    }
}

async fn served(source: MediaStreamSource, tape: Arc<Tape>, stop: CancellationToken) -> String {
    let router = router(MediaStreamConfig { sources: vec![source] }, tape, stop);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("ws://{address}")
}

fn source() -> MediaStreamSource {
    MediaStreamSource { name: "carrier".into(), token: "t0ken".into(), ..Default::default() }
}

fn over(calls: &[Taped]) -> bool {
    calls.len() == 1 && calls[0].is_over()
}

const SECOND: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_stream_over_a_socket_becomes_a_call() {
    let (tape, stop) = (Tape::new(1), CancellationToken::new());
    let base = served(source(), Arc::clone(&tape), stop.clone()).await;
    let url = format!("{base}/live/media-stream/carrier/t0ken");
    let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
    for frame in [START.to_owned(), media("inbound", 1, 0, 160), media("outbound", 1, 0, 160)] {
        socket.send(tungstenite::Message::text(frame)).await.unwrap();
    }
    assert!(tape.until(SECOND, |calls| calls.first().is_some_and(|c| c.events().len() == 4)).await);
    let call = tape.calls().remove(0);
    assert_eq!(call.start.handles["twilio.call_sid"], "CA1");
    assert_eq!(call.audio(1).len(), 160);
    // There is room for one call: the next is told to try again later.
    let (mut second, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
    second.send(tungstenite::Message::text(START)).await.unwrap();
    let Some(Ok(tungstenite::Message::Close(Some(frame)))) = second.next().await else { panic!() };
    assert_eq!(u16::from(frame.code), 1_013);
    stop.cancel();
    assert!(tape.until(SECOND, over).await);
    assert_eq!(call.events().last(), Some(&Ingest::Ended(EndCause::Shutdown)));
}

#[tokio::test]
async fn a_socket_that_breaks_or_says_nothing_ends_the_call() {
    for idle in [false, true] {
        let tape = Tape::new(1);
        let source = MediaStreamSource { idle: Duration::from_millis(200), ..source() };
        let base = served(source, Arc::clone(&tape), CancellationToken::new()).await;
        let url = format!("{base}/live/media-stream/carrier/t0ken");
        let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
        socket.send(tungstenite::Message::text(START)).await.unwrap();
        assert!(tape.until(SECOND, |calls| calls.len() == 1).await);
        let kept = idle.then_some(socket);
        assert!(tape.until(SECOND, over).await);
        let cause = if idle { EndCause::Timeout } else { EndCause::Transport };
        assert_eq!(tape.calls()[0].events().last(), Some(&Ingest::Ended(cause)));
        drop(kept);
    }
}

#[tokio::test]
async fn only_who_knows_the_token_and_the_secret_comes_in() {
    let signed = MediaStreamSource {
        auth_token: Some("12345".into()),
        public_url: Some("wss://qm.example.com".into()),
        ..source()
    };
    let bearer = MediaStreamSource { bearer: Some("b3arer".into()), ..source() };
    let empty = MediaStreamSource { token: String::new(), ..source() };
    let fits = signature::sign("12345", "wss://qm.example.com/live/media-stream/carrier/t0ken");
    let signature = "x-twilio-signature";
    for (source, path, header, status) in [
        (source(), "carrier/t0ken", None, 101),
        (source(), "carrier/t0keN", None, 404),
        (source(), "other/t0ken", None, 404),
        (empty, "carrier/", None, 404),
        (signed.clone(), "carrier/t0ken", Some((signature, fits.clone())), 101),
        (signed.clone(), "carrier/t0ken", Some((signature, "c2hvcnQ=".into())), 403),
        (signed, "carrier/t0ken", None, 403),
        (bearer.clone(), "carrier/t0ken", Some(("authorization", "Bearer b3arer".into())), 101),
        (bearer, "carrier/t0ken", Some(("authorization", "Bearer other".into())), 403),
    ] {
        let base = served(source, Tape::new(1), CancellationToken::new()).await;
        let url = format!("{base}/live/media-stream/{path}");
        let mut request = url.into_client_request().unwrap();
        if let Some((name, value)) = header {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let answered = match tokio_tungstenite::connect_async(request).await {
            Ok((_, response)) => response.status().as_u16(),
            Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
            Err(error) => panic!("{error}"),
        };
        assert_eq!(answered, status, "{path}");
    }
}
