//! Listening in over a WebSocket: what comes at once, and what comes late because it is judged first.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite;

use super::super::floor::{Arrival, Hidden};
use super::*;
use crate::api::fixture::World;
use crate::domain::{Role, Scope};

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// The next thing that is heard: a text, or a frame's time, whether it is flagged as muted, and its first sample.
async fn heard(socket: &mut Socket) -> Result<serde_json::Value, (u64, bool, i16)> {
    let next = tokio::time::timeout(Duration::from_secs(20), socket.next()).await;
    match next.unwrap().unwrap().unwrap() {
        tungstenite::Message::Text(text) => Ok(serde_json::from_str(&text).unwrap()),
        tungstenite::Message::Binary(bytes) => {
            let at_ms = u64::from_le_bytes(bytes[8..16].try_into().unwrap());
            let sample = i16::from_le_bytes([bytes[16], bytes[17]]);
            Err((at_ms, bytes[1] & MUTED != 0, sample))
        }
        other => panic!("{other:?}"),
    }
}

fn frame(at_ms: u64, sample: i16) -> Frame {
    let pcm = Arc::from([sample; 160]);
    Frame { leg: 0, concealed: false, muted: false, rate_hz: 8_000, at_ms, pcm }
}

#[tokio::test]
async fn who_asks_for_it_hears_late_and_nothing_that_was_not_judged() {
    const DELAY: Duration = Duration::from_millis(300);
    let world = World::new().await;
    let id = world.person("sam", Role::Supervisor, Scope::All).await;
    let caller = world.caller(&id).await;
    let arrival = Arrival::of("c1");
    let (call, _orders) = world.state.ports.floor.enter(arrival).unwrap();
    let (state, shown) = (world.state.clone(), Arc::clone(&call));
    let open = move |upgrade: WebSocketUpgrade| async move {
        upgrade.on_upgrade(move |socket| async move {
            Ear::new(&state, &caller, &shown, DELAY).hear(socket).await;
        })
    };
    let router = axum::Router::new().route("/", axum::routing::get(open));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
    assert_eq!(heard(&mut socket).await.unwrap()["type"], "format");

    // Nothing is kept from one who did not ask for it.
    call.audio.send(frame(0, 1)).unwrap();
    assert_eq!(heard(&mut socket).await, Err((0, false, 1)));
    let ask = |on: bool| {
        tungstenite::Message::Text(format!("{{\"type\":\"mute_pii\",\"on\":{on}}}").into())
    };
    socket.send(ask(true)).await.unwrap();
    let told = heard(&mut socket).await.unwrap();
    assert_eq!((&told["type"], &told["delay_ms"]), (&"state".into(), &300.into()));

    // What comes at once is not heard; the recording is, and what is known by then decides.
    call.audio.send(frame(20, 2)).unwrap();
    let begun = Instant::now();
    for at_ms in [20, 40, 60, 80] {
        call.written.send(frame(at_ms, 3)).unwrap();
    }
    call.paint(|picture| {
        picture.heard_to_ms = 80 + 1_500;
        picture.hidden = vec![Hidden { leg: Some(0), from_ms: 50, to_ms: 70 }];
    });
    for expected in [(20, false, 3), (40, true, 0), (60, true, 0), (80, true, 0)] {
        assert_eq!(heard(&mut socket).await, Err(expected));
    }
    assert!(begun.elapsed() >= DELAY);

    // The call ends: what was held back is heard first.
    call.written.send(frame(100, 4)).unwrap();
    call.told.send(Told::Over("normal")).unwrap();
    assert_eq!(heard(&mut socket).await, Err((100, true, 0)));
    assert_eq!(heard(&mut socket).await.unwrap()["type"], "end");

    let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
    assert_eq!(heard(&mut socket).await.unwrap()["type"], "format");
    for (on, delay_ms) in [(true, 300), (true, 300), (false, 0)] {
        socket.send(ask(on)).await.unwrap();
        assert_eq!(heard(&mut socket).await.unwrap()["delay_ms"], delay_ms);
    }
    call.audio.send(frame(120, 5)).unwrap();
    assert_eq!(heard(&mut socket).await, Err((120, false, 5)));
}
