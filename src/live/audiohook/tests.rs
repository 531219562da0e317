//! Sessions message by message, and a client of our own over a real socket.

use futures_util::{SinkExt as _, StreamExt as _};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest as _};

use super::super::event::{CallStart, EndCause, Ingest};
use super::super::exchange::{Command, Line, Refused};
use super::super::socket::{Closed, Dialect as _, Step};
use super::super::tape::{Tape, Taped};
use super::*;

const ORGANIZATION: &str = "d7934305-0972-4844-938e-9060eef73d05";
const SESSION: &str = "30b0e395-84d3-4570-ac13-9a62d8f514c0";
const CONVERSATION: &str = "090eaa2f-72fa-480a-83e0-8667ff89c0ec";
const SECRET: &str = "TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU=";

fn session() -> Session {
    Session::new(Headers {
        source: "genesys".into(),
        organization: ORGANIZATION.into(),
        session: SESSION.into(),
    })
}

fn message(kind: &str, seq: u64, serverseq: u64, parameters: Value) -> String {
    json!({ "version": "2", "type": kind, "seq": seq, "serverseq": serverseq, "id": SESSION,
        "position": "PT0S", "parameters": parameters })
    .to_string()
}

fn open(conversation: &str) -> Value {
    json!({
        "organizationId": ORGANIZATION,
        "conversationId": conversation,
        "participant": { "id": "p1", "ani": "+8619900001111", "aniName": "", "dnis": "+864001" },
        "media": [
            { "type": "audio", "format": "L16", "channels": ["external", "internal"], "rate": 8000 },
            { "type": "audio", "format": "PCMU", "channels": ["internal"], "rate": 8000 },
            { "type": "audio", "format": "PCMU", "channels": ["external", "internal"], "rate": 8000 },
            { "type": "audio", "format": "OPUS", "channels": ["external", "internal"], "rate": 48000 },
        ],
        "language": "zh-CN",
        "customConfig": { "direction": "inbound", "queue": "refunds" },
    })
}

enum Frame {
    Text(&'static str, Value),
    Binary(usize),
}
use Frame::{Binary, Text};

/// What a script of messages, numbered as they come, tells.
fn told(frames: &[Frame]) -> Vec<String> {
    let (mut session, mut steps) = (session(), Vec::new());
    let mut seq = 0;
    for frame in frames {
        match frame {
            Text(kind, parameters) => {
                seq += 1;
                let text = message(kind, seq, 0, parameters.clone());
                session.text(&text, Duration::ZERO, &mut steps);
            }
            Binary(bytes) => session.binary(&vec![0xff; *bytes], Duration::ZERO, &mut steps),
        }
    }
    steps.iter().map(say).collect()
}

fn say(step: &Step) -> String {
    match step {
        Step::Start(start) => format!("start {}", start.key.native_id),
        Step::Reply(text) => {
            let message: Value = serde_json::from_str(text).unwrap();
            let reason = &message["parameters"]["reason"];
            let reason = reason.as_str().unwrap_or_default();
            format!(
                "{} {}/{} {reason}",
                message["type"].as_str().unwrap(),
                message["seq"],
                message["clientseq"]
            )
        }
        Step::Close(code, _) => format!("close {code}"),
        Step::Event(Ingest::LegJoined { leg, role, codec, .. }) => {
            format!("j{} {role:?} {codec}", leg.0)
        }
        Step::Event(Ingest::Audio { leg, at, pcm, .. }) => {
            format!("a{} {at}..{}", leg.0, at + pcm.len() as u64)
        }
        Step::Event(Ingest::Gap { leg, from, to, cause }) => {
            format!("g{} {from}..{to} {cause:?}", leg.0)
        }
        Step::Event(other) => format!("{other:?}"),
    }
}

#[test]
fn a_session_from_open_to_closed() {
    let hole = |start: &str, discarded: &str| json!({ "start": start, "discarded": discarded });
    assert_eq!(
        told(&[
            Text("open", open(CONVERSATION)),
            Binary(3_200),
            Text("ping", json!({ "rtt": "PT0.1S" })),
            Text("paused", json!({})),
            Text("resumed", hole("PT0.2S", "PT1S")),
            Binary(320),
            Text("discarded", hole("PT1.22S", "PT0.08S")),
            Binary(320),
            Text("update", json!({ "language": "en-US" })),
            Text("close", json!({ "reason": "end" })),
            Binary(320),
        ]),
        [
            "opened 1/1 ",
            &format!("start {CONVERSATION}/p1"),
            "j0 Customer pcm_mulaw",
            "j1 Agent pcm_mulaw",
            "a0 0..1600",
            "a1 0..1600",
            "pong 2/2 ",
            "Held { leg: None, reason: Paused }",
            "g0 1600..9600 Paused",
            "g1 1600..9600 Paused",
            "Resumed { leg: None }",
            "a0 9600..9760",
            "a1 9600..9760",
            "g0 9760..10400 Discarded",
            "g1 9760..10400 Discarded",
            "a0 10400..10560",
            "a1 10400..10560",
            "Known({\"language\"})",
            "Ended(Normal)",
            "closed 3/7 ",
        ]
    );
}

#[test]
fn a_probe_leaves_nothing_behind() {
    let probe = open("00000000-0000-0000-0000-000000000000");
    let frames = [Text("open", probe), Binary(320), Text("close", json!({ "reason": "end" }))];
    assert_eq!(told(&frames), ["opened 1/1 ", "closed 2/2 "]);
}

#[test]
fn what_breaks_the_protocol_is_told_and_ends_it() {
    let mut other = open(CONVERSATION);
    other["organizationId"] = json!("other");
    let mut silent = open(CONVERSATION);
    silent["media"] =
        json!([{ "type": "audio", "format": "OPUS", "channels": ["x"], "rate": 48000 }]);
    for (frames, expected) in [
        (vec![Text("open", other)], vec!["disconnect 1/1 unauthorized"]),
        (vec![Text("open", silent)], vec!["disconnect 1/1 error"]),
        (vec![Text("open", json!({}))], vec!["disconnect 1/1 error"]),
        (vec![Binary(320)], vec!["disconnect 1/0 error"]),
        (vec![Text("paused", json!({}))], vec!["disconnect 1/1 error"]),
        (vec![Text("later", json!({}))], vec!["disconnect 1/1 error"]),
        (
            vec![Binary(320), Text("close", json!({ "reason": "disconnect" }))],
            vec!["disconnect 1/0 error", "Ended(Normal)", "closed 2/1 "],
        ),
    ] {
        assert_eq!(told(&frames), expected);
    }
    for (text, expected) in [
        (message("open", 2, 0, open(CONVERSATION)), "disconnect 1/0 error"),
        (message("open", 1, 1, open(CONVERSATION)), "disconnect 1/1 error"),
        (
            message("open", 1, 0, open(CONVERSATION)).replace(SESSION, "other"),
            "disconnect 1/1 error",
        ),
        (
            message("open", 1, 0, open(CONVERSATION)).replace("\"2\"", "\"3\""),
            "disconnect 1/0 error",
        ),
        ("x".repeat(70_000), "disconnect 1/0 error"),
    ] {
        let (mut session, mut steps) = (session(), Vec::new());
        session.text(&text, Duration::ZERO, &mut steps);
        assert_eq!(steps.iter().map(say).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn half_a_sample_is_refused_and_commands_become_messages() {
    let (mut session, mut steps) = (session(), Vec::new());
    session.command(Command::Pause, &mut steps);
    assert_eq!(steps, []);
    session.text(&message("open", 1, 0, open(CONVERSATION)), Duration::ZERO, &mut steps);
    steps.clear();
    session.command(Command::Pause, &mut steps);
    session.command(Command::Resume, &mut steps);
    session.binary(&[0; 321], Duration::ZERO, &mut steps);
    session.command(Command::End, &mut steps);
    session.closed(Closed::Broken, &mut steps);
    assert_eq!(
        steps.iter().map(say).collect::<Vec<_>>(),
        ["pause 2/1 ", "resume 3/1 ", "disconnect 4/1 error", "Ended(Normal)", "Ended(Transport)"]
    );
}

proptest! {
    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        fuzz(&bytes);
    }

    #[test]
    fn any_parameters_never_panic(
        kind in "open|paused|resumed|discarded|update|close|error",
        start in "PT[0-9]{0,22}[.]?[0-9]{0,12}[SMHX]",
        bytes in 0usize..4_000,
    ) {
        let (mut session, mut steps) = (session(), Vec::new());
        session.text(&message("open", 1, 0, open(CONVERSATION)), Duration::ZERO, &mut steps);
        let parameters = json!({ "start": start, "discarded": start, "language": start });
        session.text(&message(&kind, 2, 0, parameters), Duration::ZERO, &mut steps);
        session.binary(&vec![0; bytes], Duration::ZERO, &mut steps);
    }
}

/// Takes calls, but thinks for a while.
struct Slow(Arc<Tape>, Duration);

impl Exchange for Slow {
    fn admit(&self, start: CallStart) -> Result<Line, Refused> {
        std::thread::sleep(self.1);
        self.0.admit(start)
    }
    fn has_room(&self) -> bool {
        true
    }
}

async fn served(exchange: Arc<dyn Exchange>, stop: CancellationToken) -> String {
    let source = AudioHookSource {
        name: "genesys".into(),
        api_key: "k3y".into(),
        client_secret: SECRET.into(),
        public_host: Some("wss://Audiohook.example.com/".into()),
        ..AudioHookSource::default()
    };
    let router = router(AudioHookConfig { sources: vec![source] }, exchange, stop);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("ws://{address}/live/audiohook/genesys")
}

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// A client of our own: signs as Genesys does.
async fn connect(url: &str, nonce: &str, secret: &str) -> Result<Socket, u16> {
    let mut request = url.into_client_request().unwrap();
    let written = format!(
        "(\"@request-target\" \"@authority\" \"audiohook-organization-id\" \"audiohook-session-id\" \
         \"audiohook-correlation-id\" \"x-api-key\");keyid=\"k3y\";nonce=\"{nonce}\";alg=\"hmac-sha256\";created={};expires={}",
        now_s(),
        now_s() + 10
    );
    let headers = [
        ("audiohook-organization-id", ORGANIZATION),
        ("audiohook-session-id", SESSION),
        ("audiohook-correlation-id", "c1"),
        ("x-api-key", "k3y"),
    ];
    let header = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
    let target = "/live/audiohook/genesys";
    let signed = Signed { target, authority: "audiohook.example.com", header: &header };
    let signature = signature::sign(&signed, &written, &STANDARD.decode(secret).unwrap());
    for (name, value) in headers {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request.headers_mut().insert("signature", signature.parse().unwrap());
    request.headers_mut().insert("signature-input", format!("sig1={written}").parse().unwrap());
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

async fn heard(socket: &mut Socket) -> Value {
    loop {
        match socket.next().await.unwrap().unwrap() {
            tungstenite::Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            _ => continue,
        }
    }
}

#[tokio::test]
async fn the_handshake_is_answered_in_time_whatever_the_exchange_does() {
    let tape = Tape::new(1);
    let slow = Slow(Arc::clone(&tape), Duration::from_millis(1_500));
    let url = served(Arc::new(slow), CancellationToken::new()).await;
    let mut socket = connect(&url, "n0nce-of-more-than-22-chars", SECRET).await.unwrap();
    let began = std::time::Instant::now();
    let say = tungstenite::Message::text;
    socket.send(say(message("open", 1, 0, open(CONVERSATION)))).await.unwrap();
    assert_eq!(heard(&mut socket).await["type"], "opened");
    socket.send(tungstenite::Message::binary(vec![0xff; 320])).await.unwrap();
    socket.send(say(message("ping", 2, 1, json!({})))).await.unwrap();
    assert_eq!(heard(&mut socket).await["type"], "pong");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    socket.send(say(message("close", 3, 2, json!({ "reason": "end" })))).await.unwrap();
    assert_eq!(heard(&mut socket).await["type"], "closed");
    socket.close(None).await.unwrap();
    let limit = Duration::from_secs(3);
    assert!(tape.until(limit, |calls| calls.len() == 1 && calls[0].is_over()).await);
    let call = tape.calls().remove(0);
    assert_eq!(call.audio(1).len(), 160);
    assert_eq!(call.events().last(), Some(&Ingest::Ended(EndCause::Normal)));
    assert_eq!(call.start.facts.get("customer.number"), Some("+8619900001111"));
}

#[tokio::test]
async fn only_signed_upgrades_come_in_and_each_once() {
    let stop = CancellationToken::new();
    let url = served(Tape::new(0), stop.clone()).await;
    let other = STANDARD.encode("other");
    assert_eq!(connect(&url, "a-nonce-of-more-than-22-chars", &other).await.err(), Some(401));
    assert_eq!(connect(&url, "short", SECRET).await.err(), Some(401));
    let mut socket = connect(&url, "a-nonce-of-more-than-22-chars", SECRET).await.unwrap();
    assert_eq!(connect(&url, "a-nonce-of-more-than-22-chars", SECRET).await.err(), Some(401));
    // There is no room: opened, and then told to leave.
    let open = message("open", 1, 0, open(CONVERSATION));
    socket.send(tungstenite::Message::text(open)).await.unwrap();
    assert_eq!(heard(&mut socket).await["type"], "opened");
    assert_eq!(heard(&mut socket).await["type"], "disconnect");
    stop.cancel();
}

#[tokio::test]
async fn a_peer_that_takes_none_of_our_answers_is_let_go() {
    let tape = Tape::new(1);
    let exchange: Arc<dyn Exchange> = Arc::clone(&tape) as Arc<dyn Exchange>;
    let url = served(exchange, CancellationToken::new()).await;
    let mut socket = connect(&url, "a-nonce-for-one-who-stalls", SECRET).await.unwrap();
    let say = tungstenite::Message::text;
    socket.send(say(message("open", 1, 0, open(CONVERSATION)))).await.unwrap();
    assert_eq!(heard(&mut socket).await["type"], "opened");
    // It asks and asks, and reads nothing, until neither side can write any more.
    let asking = tokio::spawn(async move {
        for seq in 2.. {
            if socket.send(say(message("ping", seq, 1, json!({})))).await.is_err() {
                return;
            }
        }
    });
    let over = |calls: &[Taped]| calls.len() == 1 && calls[0].is_over();
    assert!(tape.until(Duration::from_secs(60), over).await);
    let call = tape.calls().remove(0);
    assert_eq!(call.events().last(), Some(&Ingest::Ended(EndCause::Transport)));
    asking.await.unwrap();
}
