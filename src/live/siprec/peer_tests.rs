//! The recording server before scripted peers on loopback: what it says to them, and what it tells of their calls.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

#[path = "rig_tests.rs"]
mod rig_tests;

use super::*;
use crate::live::sip::message::Start;
use crate::live::tape::{Tape, Taped};
use crate::live::{EndCause, GapCause, HoldReason, Ingest, LegId, LegRole};
use rig_tests::*;

#[tokio::test]
async fn a_call_of_two_legs_is_told_from_invite_to_bye() {
    let rig = rig(5, config()).await;
    let mut client = Client::new(&rig, "c1").await;
    let ports = client.call(&offer().body()).await;
    talk(&ports, 2, |_, _, _| Some(0)).await;
    assert_eq!(
        client.ask("INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\n").await.0,
        200
    );
    assert_eq!(client.ask("BYE", "", "").await.0, 200);
    let call = one(&rig, Taped::is_over).await;
    assert_eq!(call.start.key.native_id, "c1");
    assert_eq!(call.start.handles["sip.call_id"], "c1");
    assert_eq!(
        joined(&call),
        [(0, LegRole::Customer, "pcm_alaw"), (1, LegRole::Agent, "pcm_alaw")]
    );
    let events = call.events();
    let known =
        events.iter().find_map(|e| if let Ingest::Known(facts) = e { Some(facts) } else { None });
    assert_eq!(known.unwrap().get("customer.number"), Some("19900001111"));
    assert!(events.contains(&Ingest::Dtmf { leg: LegId(0), digit: '5' }));
    assert_eq!(events.last(), Some(&Ingest::Ended(EndCause::Normal)));
    assert_eq!(aligned(&call, -1, 8), 4);
    for leg in 0..2 {
        let quality = events.iter().rev().find_map(|e| match e {
            Ingest::Quality { leg: of, quality } if of.0 == leg => Some(*quality),
            _ => None,
        });
        assert_eq!(quality.map(|q| (q.received, q.lost, q.late)), Some((100, 0, 0)));
    }
    // The dialog is gone.
    assert_eq!(client.ask("UPDATE", "", "").await.0, 481);
}

#[tokio::test]
async fn hold_resume_and_legs_that_come_and_go() {
    let rig = rig(5, config()).await;
    let mut client = Client::new(&rig, "c1").await;
    let mut offer = offer();
    let second = offer.legs.pop().unwrap();
    client.call(&offer.body()).await;
    offer.legs.push(second);
    // The second leg comes by UPDATE.
    let (code, reply) = client.ask("UPDATE", MIXED, &offer.body()).await;
    assert_eq!((code, ports(&reply).len()), (200, 2));
    // Metadata alone wants no description.
    let metadata = "Content-Type: application/rs-metadata+xml\r\n";
    let text = offer.metadata().replace("complete", "partial").replace("坐席一", "坐席二");
    let (code, reply) = client.ask("UPDATE", metadata, &text).await;
    assert_eq!((code, reply.body.len()), (200, 0));
    // Hold, pause, resume, and the second line is taken away.
    let held = offer.sdp().replace("sendonly", "inactive");
    let (_, reply) = client.ask("INVITE", SDP, &held).await;
    assert!(String::from_utf8_lossy(&reply.body).contains("a=inactive"));
    client.ack("", "").await;
    let paused = offer.sdp().replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0");
    client.ask("INVITE", SDP, &offer.sdp()).await;
    client.ack("", "").await;
    client.ask("INVITE", SDP, &paused).await;
    client.ack("", "").await;
    let (_, reply) =
        client.ask("INVITE", SDP, &offer.sdp().replace("m=audio 40002", "m=audio 0")).await;
    client.ack("", "").await;
    assert_eq!(ports(&reply)[1], 0);
    // A refresh without a body is told what holds.
    let (code, again) = client.ask("INVITE", "", "").await;
    client.ack("", "").await;
    assert_eq!((code, ports(&again)), (200, ports(&reply)));
    assert_eq!(client.ask("BYE", "", "").await.0, 200);
    let call = one(&rig, Taped::is_over).await;
    let events: Vec<_> = call
        .events()
        .into_iter()
        .filter(|e| !matches!(e, Ingest::Known(_) | Ingest::Quality { .. } | Ingest::Gap { .. }))
        .collect();
    let [a, b] = [LegId(0), LegId(1)];
    let join = |leg, role| Ingest::LegJoined { leg, role, rate_hz: 8_000, codec: "pcm_alaw" };
    let hold = |leg, reason| Ingest::Held { leg: Some(leg), reason };
    let expected = [
        join(a, LegRole::Unknown),
        Ingest::LegUpdated { leg: a, role: LegRole::Customer },
        join(b, LegRole::Agent),
        hold(a, HoldReason::Hold),
        hold(b, HoldReason::Hold),
        Ingest::Resumed { leg: Some(a) },
        Ingest::Resumed { leg: Some(b) },
        hold(a, HoldReason::Paused),
        hold(b, HoldReason::Paused),
        Ingest::LegLeft { leg: b },
        Ingest::Resumed { leg: Some(a) },
        Ingest::LegUpdated { leg: a, role: LegRole::Unknown },
        Ingest::Ended(EndCause::Normal),
    ];
    assert_eq!(
        events.iter().filter(|e| !expected.contains(e)).collect::<Vec<_>>(),
        Vec::<&Ingest>::new()
    );
    assert_eq!(events.len(), expected.len() - 1, "{events:#?}");
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_in_its_own_words() {
    let rig = rig(1, config()).await;
    let body = offer().body();
    let video = "v=0\r\nm=audio 4000 RTP/AVP 18\r\n";
    let bare = "v=0\r\nm=audio 4000 RTP/SAVP 8\r\na=crypto:1 F8 inline:x\r\n";
    for (method, more, body, code, says) in [
        ("INVITE", "Require: siprec, nonsense\r\n", "", 420, ("unsupported", "nonsense")),
        ("INVITE", "Content-Type: text/plain\r\n", "x", 415, ("accept", "application/sdp, ")),
        ("INVITE", "Content-Encoding: gzip\r\n", "x", 415, ("accept", "")),
        ("INVITE", "Content-Type: multipart/mixed\r\n", "x", 400, ("to", "")),
        ("INVITE", "Session-Expires: 30\r\nSupported: timer\r\n", "", 422, ("min-se", "90")),
        ("INVITE", SDP, video, 488, ("to", "")),
        ("INVITE", SDP, bare, 488, ("to", "")),
        ("BYE", "", "", 481, ("to", "")),
        ("CANCEL", "", "", 481, ("to", "")),
        ("REGISTER", "", "", 405, ("allow", "INVITE, ")),
        ("NOTIFY", "", "", 489, ("to", "")),
        ("OPTIONS", "", "", 200, ("accept", "application/sdp, ")),
        ("INVITE", MIXED, &body, 200, ("contact", "<sip:srs@127.0.0.1:")),
        ("OPTIONS", "", "", 503, ("retry-after", "10")),
    ] {
        let mut client = Client::new(&rig, &format!("{method}-{code}-{}", more.len())).await;
        client.cseq = 7;
        let (told, reply) = client.ask(method, more, body).await;
        assert_eq!(told, code, "{method} {more}");
        assert!(reply.header(says.0).unwrap().starts_with(says.1), "{method} {more}");
    }
    let mut full = Client::new(&rig, "full").await;
    let (code, reply) = full.ask("INVITE", MIXED, &body).await;
    assert_eq!((code, reply.header("retry-after")), (503, Some("5")));
}

#[tokio::test]
async fn foreign_addresses_and_calls_that_are_no_recordings_are_refused() {
    let rig = rig(5, SiprecConfig { allow: vec!["10.0.0.0/8".into()], ..config() }).await;
    let mut client = Client::new(&rig, "c1").await;
    assert_eq!(client.ask("INVITE", MIXED, &offer().body()).await.0, 403);
    assert!(rig.tape.calls().is_empty());
    let wrong = SiprecConfig { allow: vec!["ten".into()], ..config() };
    let served = bind(wrong).await.unwrap().serve(Tape::new(1), CancellationToken::new()).await;
    assert!(matches!(served, Err(SiprecError::Allow(_))));
}

#[tokio::test]
async fn requests_that_come_again_begin_no_second_call() {
    let rig = rig(5, config()).await;
    let mut client = Client::new(&rig, "c1").await;
    let (_, first) = client.ask("INVITE", MIXED, &offer().body()).await;
    // Not acknowledged: said again, the same.
    assert_eq!(client.hear().await, first);
    let tag = std::mem::take(&mut client.to_tag);
    let text = client.text("INVITE", MIXED, &offer().body());
    client.socket.send(text.as_bytes()).await.unwrap();
    assert_eq!(client.hear().await, first);
    // The same by another way: a loop.
    client
        .socket
        .send(text.replace("branch=z9hG4bK1", "branch=z9hG4bKother").as_bytes())
        .await
        .unwrap();
    let mut codes = Vec::new();
    while !codes.contains(&482) {
        if let Start::Response { code, .. } = client.hear().await.start {
            codes.push(code);
        }
    }
    // CANCEL is too late.
    let cancel = client.text("CANCEL", "", "");
    client.socket.send(cancel.as_bytes()).await.unwrap();
    while client.hear().await.cseq() != Some((1, "CANCEL")) {}
    client.to_tag = tag;
    client.ack("", "").await;
    assert_eq!(client.ask("BYE", "", "").await.0, 200);
    one(&rig, Taped::is_over).await;
    assert_eq!(rig.tape.calls().len(), 1);
}

#[tokio::test]
async fn both_ends_of_a_cisco_phone_are_one_call_by_late_offers() {
    let rig = rig(5, config()).await;
    let end = |which: &str| {
        format!(
            "From: <sip:1001@cucm;{which};x-refci=27;x-nearendaddr=1001;x-farendaddr=19900004444>;tag=f\r\n"
        )
    };
    let mut clients = Vec::new();
    let mut all = Vec::new();
    for which in ["x-farend", "x-nearend"] {
        let mut client = Client::new(&rig, which).await;
        let (code, reply) = client.ask("INVITE", &end(which), "").await;
        let own = ports(&reply);
        assert_eq!((code, own.len()), (200, 1), "{which}");
        let answer = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 8\r\na=sendonly\r\n";
        client.ack(&format!("{}Content-Type: application/sdp\r\n", end(which)), answer).await;
        all.extend(own);
        clients.push(client);
    }
    let call = one(&rig, |call| joined(call).len() == 2).await;
    assert_eq!(
        joined(&call),
        [(0, LegRole::Customer, "pcm_alaw"), (1, LegRole::Agent, "pcm_alaw")]
    );
    talk(&all, 1, |_, _, _| Some(0)).await;
    assert_eq!(clients[0].ask("BYE", "", "").await.0, 200);
    assert!(
        !one(&rig, |call| call.events().contains(&Ingest::LegLeft { leg: LegId(0) }))
            .await
            .is_over()
    );
    assert_eq!(clients[1].ask("BYE", "", "").await.0, 200);
    let call = one(&rig, Taped::is_over).await;
    assert_eq!((rig.tape.calls().len(), aligned(&call, -1, 8)), (1, 2));
}

#[tokio::test]
async fn silence_and_the_services_end_end_calls() {
    let rig = rig(5, SiprecConfig { silence_s_max: 1, ..config() }).await;
    let mut client = Client::new(&rig, "c1").await;
    client.call(&offer().body()).await;
    let bye = client.hear().await;
    assert_eq!(bye.method(), Some("BYE"));
    let call = one(&rig, Taped::is_over).await;
    assert_eq!(call.events().last(), Some(&Ingest::Ended(EndCause::Timeout)));
    drop(rig);

    let rig = super::tests::rig_tests::rig(5, config()).await;
    let mut client = Client::new(&rig, "c2").await;
    client.call(&offer().body()).await;
    one(&rig, |call| joined(call).len() == 2).await;
    rig.stop.cancel();
    assert_eq!(client.hear().await.method(), Some("BYE"));
    let call = one(&rig, Taped::is_over).await;
    assert_eq!(call.events().last(), Some(&Ingest::Ended(EndCause::Shutdown)));
}

#[tokio::test]
async fn stalled_and_half_open_connections_are_closed() {
    let rig = rig(5, SiprecConfig { stall_s_max: 1, ..config() }).await;
    for begin in
        ["", "OPTIONS sip:a SIP/2.0\r\nVia: x", "\r\n\r\nINVITE sip:a SIP/2.0\r\nl: 100\r\n\r\nabc"]
    {
        let mut peer = TcpStream::connect(rig.tcp).await.unwrap();
        peer.write_all(begin.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        timeout(SOON, peer.read_to_end(&mut all)).await.expect("closed").unwrap();
    }
    // A message over the limit is refused by name, and the connection closed.
    let mut peer = TcpStream::connect(rig.tcp).await.unwrap();
    let client = Client::new(&rig, "c1").await;
    let text = client.text("INVITE", MIXED, "").replace("Length: 0", "Length: 900000");
    peer.write_all(text.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    timeout(SOON, peer.read_to_end(&mut all)).await.expect("closed").unwrap();
    assert!(all.starts_with(b"SIP/2.0 413 "));
}

/// 5 % loss, delays of up to 200 ms, another sender after 3 s, and strangers' bytes.
#[tokio::test]
async fn bad_networks_leave_the_legs_aligned() {
    let rig = rig(5, config()).await;
    let mut client = Client::new(&rig, "c1").await;
    let ports = client.call(&offer().body()).await;
    let scan = async {
        let stranger = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        for n in 0..400u64 {
            for port in ports.iter().copied().chain([rig.udp.port()]) {
                let bytes: Vec<u8> = (0..n % 90).map(|b| (b * n + 0x80) as u8).collect();
                stranger.send_to(&bytes, ("127.0.0.1", port)).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let net = |ix: usize, n: u64, bytes: &mut Vec<u8>| {
        let dice = (n * 2_654_435_761 + ix as u64 * 40_503) >> 3;
        if n > 150 {
            bytes[8] ^= 0x55;
        }
        (!dice.is_multiple_of(20)).then_some((dice / 20) % 200)
    };
    tokio::join!(send(&ports, 8, |n| vec![level(n); 160], net), scan);
    assert_eq!(client.ask("BYE", "", "").await.0, 200);
    let call = one(&rig, Taped::is_over).await;
    // Every frame that both legs have, from the third second on: with jitter of 200 ms and no other sign than arrivals, each leg's clock is
    // found within two.
    let [one, two] = [0, 1].map(|leg| frames_ms(&call, leg));
    let apart: Vec<(u64, i64)> =
        one.range(100..).filter_map(|(n, at)| Some((*n, two.get(n)? - at))).collect();
    let wide: Vec<_> = apart.iter().filter(|(_, apart)| apart.abs() > 20).collect();
    assert!(apart.len() >= 100 && wide.is_empty(), "{} frames, {wide:?}", apart.len());
    assert!(
        call.events()
            .iter()
            .any(|e| matches!(e, Ingest::Gap { cause: GapCause::Loss | GapCause::Dtx, .. }))
    );
}

#[path = "hostile_tests.rs"]
mod hostile;

#[path = "real_peer_tests.rs"]
mod real;

#[path = "rtpengine_tests.rs"]
mod forked;
