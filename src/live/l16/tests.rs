//! L16 streams, frame by frame and over a real socket.

use futures_util::{SinkExt as _, StreamExt as _};
use proptest::prelude::*;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest as _};

use super::super::event::{EndCause, HoldReason, Ingest, LegId};
use super::super::socket::{Closed, Dialect as _, Step};
use super::super::tape::Tape;
use super::*;

enum Frame {
    Text(&'static str),
    Binary(usize),
}
use Frame::{Binary, Text};

/// What frames 20 ms apart tell.
fn told(query: &str, frames: &[Frame]) -> Vec<String> {
    let given = Preamble::of_query(query);
    let unsaid = Preamble { rate_hz: Some(8_000), ..Preamble::default() };
    let mut reader = Reader::new("pbx".into(), "unnamed".into(), given, unsaid);
    let mut steps = Vec::new();
    for (n, frame) in frames.iter().enumerate() {
        let at = Duration::from_millis(20 * (n as u64 + 1));
        match frame {
            Text(text) => reader.text(text, at, &mut steps),
            Binary(bytes) => reader.binary(&vec![0; *bytes], at, &mut steps),
        }
    }
    reader.closed(Closed::Goodbye, &mut steps);
    steps.iter().map(say).collect()
}

fn say(step: &Step) -> String {
    match step {
        Step::Start(start) => format!("start {}", start.key.native_id),
        Step::Close(code, _) => format!("close {code}"),
        Step::Event(Ingest::LegJoined { leg, role, rate_hz, codec }) => {
            format!("j{} {role:?} {rate_hz} {codec}", leg.0)
        }
        Step::Event(Ingest::Audio { leg, at, pcm, .. }) => {
            format!("a{} {at}..{}", leg.0, at + pcm.len() as u64)
        }
        Step::Event(Ingest::Dtmf { leg, digit }) => format!("d{} {digit}", leg.0),
        Step::Event(Ingest::Ended(cause)) => format!("end {}", cause.as_str()),
        Step::Event(Ingest::Known(facts)) => format!("known {facts:?}"),
        other => format!("{other:?}"),
    }
}

#[track_caller]
fn check(query: &str, frames: &[Frame], expected: &[&str]) {
    assert_eq!(told(query, frames), expected);
}

#[test]
fn all_peers_are_read() {
    // mod_audio_fork: metadata verbatim, two channels by the query.
    check(
        "rate=16000&channels=2&call=fs-1",
        &[Text(r#"{"agent":"1001"}"#), Binary(1_280), Binary(1_280)],
        &[
            "start fs-1",
            "j0 Customer 16000 pcm_s16le",
            "j1 Agent 16000 pcm_s16le",
            "a0 320..640",
            "a1 320..640",
            "a0 640..960",
            "a1 640..960",
            "end normal",
        ],
    );
    // Audio at once, and frames that are cut anywhere.
    check(
        "channels=2&roles=agent,customer",
        &[Binary(641), Binary(639)],
        &[
            "start unnamed",
            "j0 Agent 8000 pcm_s16le",
            "j1 Customer 8000 pcm_s16le",
            "a0 0..160",
            "a1 0..160",
            "a0 160..320",
            "a1 160..320",
            "end normal",
        ],
    );
    // Asterisk, with keys; Vonage's and jambonz's keys.
    check(
        "",
        &[
            Text("MEDIA_START connection_id:c1 channel:PJSIP/x format:ulaw optimal_frame_size:160"),
            Binary(160),
            Text("DTMF_END digit:5"),
            Text(r##"{"event":"DTMF_END","digit":"#"}"##),
            Text(r#"{"event":"websocket:dtmf","digit":"7","duration":260}"#),
            Text(r#"{"event":"dtmf","dtmf":"1","duration":"160"}"#),
            Text("MEDIA_XOFF"),
        ],
        &[
            "start c1",
            "j0 Mixed 8000 pcm_mulaw",
            "a0 160..320",
            "d0 5",
            "d0 #",
            "d0 7",
            "d0 1",
            "end normal",
        ],
    );
    // A message of three seconds.
    let told = told("", &[Binary(48_000)]);
    assert_eq!(
        told[2..],
        [
            "a0 0..4000",
            "a0 4000..8000",
            "a0 8000..12000",
            "a0 12000..16000",
            "a0 16000..20000",
            "a0 20000..24000",
            "end normal"
        ]
    );
}

#[test]
fn what_cannot_be_taken_is_refused() {
    check("rate=96000", &[Binary(160)], &["close 1008"]);
    check("rate=x&channels=3", &[Binary(160)], &["close 1008"]);
    check("channels=2&format=g722", &[Binary(160)], &["close 1008"]);
    check("", &[], &[]);
}

#[test]
fn a_muted_track_is_held() {
    let mut reader =
        Reader::new("lk".into(), "1".into(), Preamble::of_query("rate=48000"), Preamble::default());
    let mut steps = Vec::new();
    reader.binary(&[0; 1_920], Duration::from_millis(20), &mut steps);
    steps.clear();
    for text in [r#"{"muted":true}"#, r#"{"muted":true}"#, r#"{"muted":false}"#, r#"{"team":"b"}"#]
    {
        reader.text(text, Duration::from_millis(40), &mut steps);
    }
    let leg = Some(LegId(0));
    assert_eq!(
        steps[..2],
        [
            Step::Event(Ingest::Held { leg, reason: HoldReason::Hold }),
            Step::Event(Ingest::Resumed { leg }),
        ]
    );
    assert!(
        matches!(&steps[2], Step::Event(Ingest::Known(facts)) if facts.get("team") == Some("b"))
    );
    assert_eq!(steps.len(), 3);
}

proptest! {
    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        fuzz(&bytes);
    }

    #[test]
    fn any_first_text_never_panics(text in ".{0,200}", rate in 0u32..60_000) {
        let given = Preamble { rate_hz: Some(rate), ..Preamble::default() };
        let mut reader = Reader::new(String::new(), String::new(), given, Preamble::of_query(&text));
        let mut steps = Vec::new();
        reader.text(&text, Duration::ZERO, &mut steps);
        reader.text(&format!("MEDIA_START {text}"), Duration::ZERO, &mut steps);
        reader.binary(text.as_bytes(), Duration::MAX, &mut steps);
        reader.binary(text.as_bytes(), Duration::MAX, &mut steps);
        reader.closed(Closed::Broken, &mut steps);
    }
}

#[tokio::test]
async fn a_fork_over_a_socket_becomes_a_call() {
    let source = L16Source { name: "fs".into(), token: "t0ken".into(), ..L16Source::default() };
    let (tape, stop) = (Tape::new(2), CancellationToken::new());
    let router = router(L16Config { sources: vec![source] }, tape.clone(), stop.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let url = format!("ws://{address}/live/l16/fs/t0ken?rate=8000&channels=2&uuid=u-1");
    let mut request = url.into_client_request().unwrap();
    let protocol = "sec-websocket-protocol";
    request.headers_mut().insert(protocol, "audio.drachtio.org".parse().unwrap());
    let (mut socket, response) = tokio_tungstenite::connect_async(request).await.unwrap();
    assert_eq!(response.headers()[protocol], "audio.drachtio.org");
    socket.send(tungstenite::Message::binary(vec![1u8; 640])).await.unwrap();
    let heard =
        |calls: &[super::super::tape::Taped]| calls.len() == 1 && !calls[0].audio(1).is_empty();
    assert!(tape.until(Duration::from_secs(2), heard).await);
    let call = tape.calls().remove(0);
    assert_eq!(call.start.handles["freeswitch.uuid"], "u-1");
    // The exchange has enough: the peer is let go, and the call has ended properly.
    call.commands.send(super::super::exchange::Command::End).await.unwrap();
    let Some(Ok(tungstenite::Message::Close(_))) = socket.next().await else { panic!() };
    assert!(tape.until(Duration::from_secs(2), |calls| calls[0].is_over()).await);
    assert_eq!(call.events().last(), Some(&Ingest::Ended(EndCause::Normal)));

    let wrong = format!("ws://{address}/live/l16/fs/other?rate=8000");
    assert!(tokio_tungstenite::connect_async(wrong).await.is_err());
    stop.cancel();
}
