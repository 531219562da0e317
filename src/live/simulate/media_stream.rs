//! A call over a WebSocket, in Twilio's dialect.
//!
//! In: a URL and a call. Out: the call played there. What the service sends is read and left alone: pings are
//! answered below.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::call::{Call, Way};
use super::dialect::Stream;
use super::tally::Ended;
use super::why::Why;

/// Connecting and the handshake take no longer.
const CONNECT: Duration = Duration::from_secs(10);

/// The service says good-bye no later.
const GOOD_BYE: Duration = Duration::from_secs(2);

struct Socket {
    stream: Stream,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// Plays a call there.
pub(super) async fn play(url: &str, call: &mut Call) -> Ended {
    // Without Nagle's delay: frames leave when they are due.
    let socket = match timeout(CONNECT, connect_async_with_config(url, None, true)).await {
        Ok(Ok((socket, _))) => socket,
        Ok(Err(error)) => return not_let_in(&error),
        Err(_) => {
            return Ended::Failed(Why::NoAnswer { to: "the handshake", s: CONNECT.as_secs() });
        }
    };
    let roles: Vec<_> = call.reel.legs.iter().map(|leg| leg.role).collect();
    let mut way = Socket { stream: Stream::new(&call.native_id, &roles), socket };
    let (connected, start) = (way.stream.connected(), way.stream.start(&call.reel.facts));
    for text in [connected, start] {
        if let Err(error) = way.socket.send(Message::text(text)).await {
            return Ended::Failed(Why::Broken(error.to_string()));
        }
    }
    call.play(&mut way).await
}

impl Way for Socket {
    async fn send(&mut self, leg: u8, frame: u32, payload: &[u8]) -> Result<(), Why> {
        let Some(text) = self.stream.media(usize::from(leg), frame, payload) else { return Ok(()) };
        self.socket.send(Message::text(text)).await.map_err(|error| Why::Broken(error.to_string()))
    }

    async fn hung_up(&mut self) -> Ended {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) if frame.code == CloseCode::Again => {
                    return Ended::Refused(Why::Full);
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    let (code, reason) = (u16::from(frame.code), frame.reason.to_string());
                    return Ended::Failed(Why::Closed { code, reason });
                }
                Some(Ok(Message::Close(None))) | None => {
                    return Ended::Failed(Why::HungUp);
                }
                Some(Err(error)) => return Ended::Failed(Why::Broken(error.to_string())),
                Some(Ok(_)) => {}
            }
        }
    }

    async fn hang_up(&mut self) {
        let bye = async {
            self.socket.send(Message::text(self.stream.stop())).await?;
            self.socket.close(None).await?;
            while let Some(Ok(_)) = self.socket.next().await {}
            Ok::<_, Error>(())
        };
        // A peer that is gone by itself has heard it as well.
        let _ = timeout(GOOD_BYE, bye).await;
    }
}

/// Why the handshake failed.
fn not_let_in(error: &Error) -> Ended {
    match error {
        Error::Http(response) => Ended::Refused(Why::Http(response.status().as_u16())),
        other => Ended::Failed(Why::NoConnection(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::tests::{call, reel};
    use super::super::pace::{Faults, Pace};
    use super::*;
    use serde_json::Value;
    use tokio::net::TcpListener;
    use tokio_tungstenite::accept_async;
    use tokio_tungstenite::tungstenite::protocol::CloseFrame;

    const FAST: Pace = Pace { speed: 50.0, drift_ppm: 0.0 };

    async fn listener() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/live/media-stream/demo/t", listener.local_addr().unwrap());
        (listener, url)
    }

    /// Reads a call to its end.
    async fn server(listener: TcpListener) -> Vec<Value> {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        let mut all = Vec::new();
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Text(text) = message {
                all.push(serde_json::from_str(&text).unwrap());
            }
        }
        all
    }

    #[tokio::test]
    async fn a_call_is_played_whole_and_in_order() {
        let (listener, url) = listener().await;
        let server = tokio::spawn(server(listener));
        let mut call = call(&reel(100, 2), FAST, Faults::default());
        assert_eq!(play(&url, &mut call).await, Ended::Completed);
        let all = server.await.unwrap();
        let events: Vec<_> = all.iter().map(|m| m["event"].as_str().unwrap()).collect();
        assert_eq!((events[0], events[1], events[202]), ("connected", "start", "stop"));
        assert_eq!(all[1]["start"]["callSid"], "CA1");
        for track in ["inbound", "outbound"] {
            let media = all.iter().filter(|m| m["media"]["track"] == track);
            let times: Vec<u64> =
                media.map(|m| m["media"]["timestamp"].as_str().unwrap().parse().unwrap()).collect();
            assert_eq!(times, (0..100).map(|n| n * 20).collect::<Vec<_>>());
        }
        assert_eq!(call.desk.tally().outcome(Duration::ZERO).frames.sent, 200);
    }

    #[tokio::test]
    async fn what_is_lost_is_a_hole_in_time_and_told() {
        let (listener, url) = listener().await;
        let server = tokio::spawn(server(listener));
        let faults = Faults { loss: 0.2, seed: 3, ..Faults::default() };
        let mut call = call(&reel(200, 1), FAST, faults);
        assert_eq!(play(&url, &mut call).await, Ended::Completed);
        let media = server.await.unwrap().iter().filter(|m| m["event"] == "media").count() as u64;
        assert!((20..60).contains(&call.schedule.lost()));
        assert_eq!(media + call.schedule.lost(), 200);
    }

    #[tokio::test]
    async fn a_service_that_closes_early_is_told_from_one_that_is_full() {
        for code in [CloseCode::Again, CloseCode::Policy] {
            let (listener, url) = listener().await;
            tokio::spawn(async move {
                let (stream, _) = listener.accept().await.unwrap();
                let mut socket = accept_async(stream).await.unwrap();
                socket.next().await;
                socket.close(Some(CloseFrame { code, reason: "no".into() })).await.unwrap();
                while socket.next().await.is_some() {}
            });
            let ended = play(&url, &mut call(&reel(500, 1), Pace::REAL, Faults::default())).await;
            match ended {
                Ended::Refused(why) if code == CloseCode::Again => assert_eq!(why, Why::Full),
                Ended::Failed(Why::After { why, .. }) => {
                    assert_eq!(*why, Why::Closed { code: 1_008, reason: "no".into() });
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn an_http_answer_is_a_refusal_with_a_remedy_and_no_listener_a_failure() {
        let (listener, url) = listener().await;
        let server = async {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4_096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        };
        let mut first = call(&reel(1, 1), FAST, Faults::default());
        let (ended, ()) = tokio::join!(play(&url, &mut first), server);
        assert_eq!(ended, Ended::Refused(Why::Http(404)));
        drop(listener);
        let ended = play(&url, &mut call(&reel(1, 1), FAST, Faults::default())).await;
        assert!(matches!(ended, Ended::Failed(Why::NoConnection(_))), "{ended:?}");
    }
}
