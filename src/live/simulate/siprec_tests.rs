//! SIPREC calls against a small recording server.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

use super::call::tests::{call, reel};
use super::pace::{Faults, Pace};
use super::sip::about;
use super::siprec::play;
use super::tally::Ended;
use super::target::{Target, Transport};
use super::why::Why;
use crate::live::sip::frame::{Framed, Framer};
use crate::live::sip::message::{Message, Start, reply};

const FAST: Pace = Pace { speed: 20.0, drift_ppm: 0.0 };

fn target(address: std::net::SocketAddr, transport: Transport) -> super::SipTarget {
    match Target::parse(&format!("sip:{address};transport={}", transport.as_str())) {
        Ok(Target::Siprec(target)) => target,
        other => panic!("{other:?}"),
    }
}

/// The 200 to an INVITE, or the 200 to anything else.
fn answer(heard: &Message, ports: &[u16]) -> Vec<u8> {
    if heard.method() != Some("INVITE") {
        return reply(heard, 200, None, &[], b"");
    }
    let mut sdp = "v=0\r\nc=IN IP4 127.0.0.1\r\n".to_owned();
    for port in ports {
        sdp.push_str(&format!("m=audio {port} RTP/AVP 0\r\na=recvonly\r\n"));
    }
    reply(heard, 200, None, &[("Content-Type", "application/sdp")], sdp.as_bytes())
}

/// The status of a response.
fn status(heard: &Message) -> Option<u16> {
    match heard.start {
        Start::Response { code, .. } => Some(code),
        Start::Request { .. } => None,
    }
}

/// The messages that are whole by now.
fn whole(framer: &mut Framer) -> Vec<Message> {
    let next = || match framer.next_message().unwrap()? {
        Framed::Message(message) => Some(message),
        other => panic!("{other:?}"),
    };
    std::iter::from_fn(next).collect()
}

/// RTP packets of a port until nothing comes any more: sequence, timestamp, marker, SSRC.
async fn packets(socket: UdpSocket) -> Vec<(u16, u32, bool, u32)> {
    let mut all = Vec::new();
    let mut bytes = [0u8; 2_000];
    while let Ok(Ok(count)) =
        tokio::time::timeout(Duration::from_millis(700), socket.recv(&mut bytes)).await
    {
        assert_eq!((count, bytes[0], bytes[1] & 0x7f), (172, 0x80, 0));
        let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        let seq = u16::from_be_bytes([bytes[2], bytes[3]]);
        all.push((seq, word(4), bytes[1] & 0x80 != 0, word(8)));
    }
    all
}

async fn ears() -> (Vec<UdpSocket>, Vec<u16>) {
    let mut sockets = Vec::new();
    for _ in 0..2 {
        sockets.push(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    }
    let ports = sockets.iter().map(|socket| socket.local_addr().unwrap().port()).collect();
    (sockets, ports)
}

#[tokio::test]
async fn a_call_over_tcp_is_begun_heard_on_both_legs_and_ended() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = target(listener.local_addr().unwrap(), Transport::Tcp);
    let (mut sockets, ports) = ears().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut framer, mut asked) = (Framer::default(), Vec::new());
        let mut bytes = [0; 4_096];
        loop {
            let count = stream.read(&mut bytes).await.unwrap();
            if count == 0 {
                return asked;
            }
            framer.push(&bytes[..count]);
            for heard in whole(&mut framer) {
                if heard.method().is_some_and(|method| method != "ACK") {
                    stream.write_all(&answer(&heard, &ports)).await.unwrap();
                }
                if about(&heard) == "ACK" {
                    // A keep-alive within the call.
                    let options = "OPTIONS sip:simulate SIP/2.0\r\nVia: SIP/2.0/TCP x\r\nCSeq: 9 OPTIONS\r\n\r\n";
                    stream.write_all(options.as_bytes()).await.unwrap();
                }
                asked.push((about(&heard).to_owned(), status(&heard)));
            }
        }
    });
    let second = tokio::spawn(packets(sockets.pop().unwrap()));
    let first = tokio::spawn(packets(sockets.pop().unwrap()));
    let faults = Faults { loss: 0.1, seed: 5, ..Faults::default() };
    let mut call = call(&reel(200, 2), FAST, faults);
    assert_eq!(play(&target, &mut call).await, Ended::Completed);
    let asked = server.await.unwrap();
    let wanted = [("INVITE", None), ("ACK", None), ("OPTIONS", Some(200)), ("BYE", None)];
    assert_eq!(asked, wanted.map(|(method, status)| (method.to_owned(), status)));
    let legs = [first.await.unwrap(), second.await.unwrap()];
    assert_eq!((legs[0].len() + legs[1].len()) as u64 + call.schedule.lost(), 400);
    assert_ne!(legs[0][0].3, legs[1][0].3);
    for leg in legs {
        let (seq, timestamp, marker, _) = leg[0];
        assert!(marker && leg[1..].iter().all(|packet| !packet.2));
        for packet in &leg {
            let frames = u32::from(packet.0.wrapping_sub(seq));
            assert_eq!(packet.1.wrapping_sub(timestamp), frames * 160);
        }
    }
}

#[tokio::test]
async fn over_udp_an_invite_that_is_lost_is_sent_again() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let target = target(server.local_addr().unwrap(), Transport::Udp);
    let (_sockets, ports) = ears().await;
    let server = tokio::spawn(async move {
        let mut asked = Vec::new();
        let mut bytes = vec![0; 65_536];
        while asked.last().is_none_or(|method| method != "BYE") {
            let (count, from) = server.recv_from(&mut bytes).await.unwrap();
            let heard = Message::parse(&bytes[..count]).unwrap();
            // The first one is lost.
            if !asked.is_empty() && about(&heard) != "ACK" {
                server.send_to(&answer(&heard, &ports), from).await.unwrap();
            }
            asked.push(about(&heard).to_owned());
        }
        asked
    });
    let mut call = call(&reel(20, 2), FAST, Faults::default());
    assert_eq!(play(&target, &mut call).await, Ended::Completed);
    assert_eq!(server.await.unwrap(), ["INVITE", "INVITE", "ACK", "BYE"]);
}

/// A server that answers the INVITE so, and what becomes of the call.
async fn ended_by(reply: impl Fn(&Message) -> Vec<u8> + Send + 'static) -> (Ended, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = target(listener.local_addr().unwrap(), Transport::Tcp);
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut framer, mut asked) = (Framer::default(), Vec::new());
        let mut bytes = [0; 4_096];
        while let Ok(count @ 1..) = stream.read(&mut bytes).await {
            framer.push(&bytes[..count]);
            for heard in whole(&mut framer) {
                if heard.method().is_some_and(|method| method != "ACK") {
                    stream.write_all(&reply(&heard)).await.unwrap();
                }
                asked.push(about(&heard).to_owned());
            }
        }
        asked
    });
    let ended = play(&target, &mut call(&reel(500, 2), Pace::REAL, Faults::default())).await;
    (ended, server.await.unwrap())
}

#[tokio::test]
async fn a_refusal_is_acknowledged_and_says_what_to_do() {
    let (ended, asked) = ended_by(|heard| reply(heard, 503, None, &[], b"")).await;
    assert_eq!(
        ended,
        Ended::Refused(Why::Sip { status: 503, reason: "Service Unavailable".into() })
    );
    assert_eq!(asked, ["INVITE", "ACK"]);
}

#[tokio::test]
async fn a_leg_that_is_not_taken_is_told_and_the_call_hung_up() {
    let (ended, asked) = ended_by(|heard| answer(heard, &[4_000, 0])).await;
    assert_eq!(ended, Ended::Failed(Why::Legs { taken: 1, offered: 2 }));
    assert_eq!(asked, ["INVITE", "ACK", "BYE"]);
}

#[tokio::test]
async fn a_service_that_hangs_up_is_a_failure() {
    let bye = b"BYE sip:simulate SIP/2.0\r\nVia: SIP/2.0/TCP x\r\nCSeq: 2 BYE\r\n\r\n";
    let (ended, asked) =
        ended_by(move |heard| [&answer(heard, &[4_000, 4_002])[..], bye].concat()).await;
    assert!(matches!(ended, Ended::Failed(Why::After { why, .. }) if *why == Why::HungUp));
    assert_eq!(asked, ["INVITE", "ACK", "BYE"]);
}

#[tokio::test]
async fn nobody_there_is_told_with_a_remedy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = target(listener.local_addr().unwrap(), Transport::Tcp);
    drop(listener);
    let ended = play(&target, &mut call(&reel(1, 1), Pace::REAL, Faults::default())).await;
    assert!(matches!(ended, Ended::Failed(Why::NoConnection(_))));
}
