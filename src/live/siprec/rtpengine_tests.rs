//! The recording server and the tap before a real rtpengine.

use std::process::{Command as Program, Stdio};

use serde_json::json;

use super::real::{Running, TURN, free_port, has};
use super::*;
use crate::live::rtpengine::{self, Control, RtpengineConfig};

struct Proxy {
    _running: Running,
    control: Control,
    at: SocketAddr,
}

async fn proxy() -> Proxy {
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let at: SocketAddr = ([127, 0, 0, 1], port).into();
    // Each test its own stretch below the system's own ports.
    let first = 20_200 + u32::from(port) % 110 * 100;
    let child = Program::new("rtpengine")
        .args([
            "--foreground",
            "--config-file=none",
            "--table=-1",
            "--interface=127.0.0.1",
            "--num-threads=1",
        ])
        .args([
            format!("--listen-ng={at}"),
            format!("--port-min={first}"),
            format!("--port-max={}", first + 98),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let proxy = Proxy { _running: Running(child), control: Control::new(at), at };
    for _ in 0..100 {
        if proxy.control.ask(&json!({"command": "ping"})).await.is_ok() {
            return proxy;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("rtpengine does not come up");
}

/// A call between two parties by the proxy; the ports facing each.
async fn begin(proxy: &Proxy, call: &str) -> Vec<u16> {
    let sdp = |port: u16| {
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        )
    };
    let offer = proxy
        .control
        .ask(
            &json!({"command": "offer", "call-id": call, "from-tag": "A", "sdp": sdp(free_port())}),
        )
        .await
        .unwrap();
    let answer = json!({"command": "answer", "call-id": call, "from-tag": "A", "to-tag": "B", "sdp": sdp(free_port())});
    let answer = proxy.control.ask(&answer).await.unwrap();
    [answer, offer]
        .iter()
        .map(|reply| super::sdp::parse(reply["sdp"].as_str().unwrap()).media[0].port)
        .collect()
}

/// Leaves one codec in an offer.
fn only(offer: &str, codec: &str) -> String {
    let number = offer.lines().find_map(|line| {
        let (number, name) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
        name.to_ascii_lowercase()
            .starts_with(&codec.to_ascii_lowercase())
            .then(|| number.to_owned())
    });
    let number = number.unwrap_or_else(|| panic!("{codec} is not offered:\n{offer}"));
    let keep = |line: &str| match line.strip_prefix("m=audio ") {
        Some(rest) => {
            let mut words = rest.split(' ');
            format!("m=audio {} {} {number}\r\n", words.next().unwrap(), words.next().unwrap())
        }
        None => format!("{line}\r\n"),
    };
    offer.lines().map(keep).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rtpengine_forks_real_media_in_each_codec_and_encrypted() {
    if !has("rtpengine") {
        return;
    }
    let _turn = TURN.lock().await;
    let proxy = proxy().await;
    for (n, (codec, protocol, name)) in [
        ("PCMA", "RTP/AVP", "pcm_alaw"),
        ("G722", "RTP/AVP", "g722"),
        ("opus", "RTP/AVP", "opus"),
        ("PCMA", "RTP/SAVP", "pcm_alaw"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("fork-{n}");
        let facing = begin(&proxy, &id).await;
        let mut request = json!({"command": "subscribe request", "call-id": id, "flags": ["all"], "transport protocol": protocol});
        if codec != "PCMA" {
            request["codec"] = json!({"transcode": [codec]});
        }
        let forked = proxy.control.ask(&request).await.unwrap();
        let rig = rig(5, config()).await;
        let mut client = Client::new(&rig, &id).await;
        let (code, reply) =
            client.ask("INVITE", SDP, &only(forked["sdp"].as_str().unwrap(), codec)).await;
        assert_eq!(code, 200, "{codec} {protocol}");
        client.ack("", "").await;
        let answer = json!({
            "command": "subscribe answer", "call-id": id, "to-tag": forked["to-tag"], "flags": ["allow-transcoding"],
            "sdp": String::from_utf8_lossy(&reply.body),
        });
        proxy.control.ask(&answer).await.unwrap();
        talk(&facing, 3, |_, _, _| Some(0)).await;
        assert_eq!(client.ask("BYE", "", "").await.0, 200);
        let call = one(&rig, Taped::is_over).await;
        assert_eq!(joined(&call).iter().map(|leg| leg.2).collect::<Vec<_>>(), [name, name]);
        let compared = aligned(&call, 200, 20);
        assert!(compared >= 4, "{codec} {protocol}: {compared}");
        proxy.control.ask(&json!({"command": "delete", "call-id": id})).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rtpengines_calls_are_tapped() {
    if !has("rtpengine") {
        return;
    }
    let _turn = TURN.lock().await;
    let proxy = proxy().await;
    let tape = Tape::new(5);
    let stop = CancellationToken::new();
    let config = RtpengineConfig {
        control: proxy.at,
        rtp_ports: None,
        poll_ms: 100,
        ..RtpengineConfig::default()
    };
    let tap = tokio::spawn(rtpengine::serve(
        config,
        Arc::clone(&tape) as Arc<dyn Exchange>,
        stop.clone(),
    ));
    let facing = begin(&proxy, "tapped").await;
    assert!(
        tape.until(SOON, |calls| calls.first().is_some_and(|call| joined(call).len() == 2)).await
    );
    let call = tape.calls()[0].clone();
    assert_eq!(call.start.key.native_id, "tapped");
    talk(&facing, 2, |_, _, _| Some(0)).await;
    proxy
        .control
        .ask(&json!({"command": "delete", "call-id": "tapped", "delete-delay": 0}))
        .await
        .unwrap();
    assert!(tape.until(SOON, |calls| calls[0].is_over()).await);
    assert_eq!(call.events().last(), Some(&Ingest::Ended(EndCause::Normal)));
    assert!(aligned(&call, -1, 8) >= 3);
    // Another call is ended by the exchange, and not taken again.
    begin(&proxy, "ended").await;
    assert!(tape.until(SOON, |calls| calls.len() == 2 && joined(&calls[1]).len() == 2).await);
    tape.calls()[1].commands.send(crate::live::Command::End).await.unwrap();
    assert!(tape.until(SOON, |calls| calls[1].is_over()).await);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(tape.calls().len(), 2);
    stop.cancel();
    tap.await.unwrap().unwrap();
}
