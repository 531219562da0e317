//! What tests call the recording server with: a scripted client, speech, and a look at what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::super::*;
use crate::live::rtp::send::{G711, Packetiser};
use crate::live::sip::message::{Message, Start, parameter};
use crate::live::tape::{Tape, Taped};
use crate::live::{Ingest, LegRole};

/// A machine that builds at the same time is slow.
pub(super) const SOON: Duration = Duration::from_secs(10);

pub(super) struct Rig {
    pub(super) tape: Arc<Tape>,
    pub(super) udp: SocketAddr,
    pub(super) tcp: SocketAddr,
    pub(super) stop: CancellationToken,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(super) fn config() -> SiprecConfig {
    let here: SocketAddr = "127.0.0.1:0".parse().unwrap();
    SiprecConfig {
        udp: Some(here),
        tcp: Some(here),
        ip: Some(here.ip()),
        rtp_ports: None,
        ..SiprecConfig::default()
    }
}

pub(super) async fn rig(room: usize, config: SiprecConfig) -> Rig {
    let bound = bind(config).await.unwrap();
    let [udp, tcp, _] = bound.addresses();
    let (tape, stop) = (Tape::new(room), CancellationToken::new());
    tokio::spawn(bound.serve(Arc::clone(&tape) as Arc<dyn Exchange>, stop.clone()));
    Rig { tape, udp: udp.unwrap(), tcp: tcp.unwrap(), stop }
}

/// A recording client that says what it is told to.
pub(super) struct Client {
    pub(super) socket: tokio::net::UdpSocket,
    pub(super) call_id: String,
    pub(super) cseq: u32,
    pub(super) to_tag: String,
}

impl Client {
    pub(super) async fn new(rig: &Rig, call_id: &str) -> Self {
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(rig.udp).await.unwrap();
        Self { socket, call_id: call_id.into(), cseq: 0, to_tag: String::new() }
    }

    pub(super) fn text(&self, method: &str, more: &str, body: &str) -> String {
        let port = self.socket.local_addr().unwrap().port();
        let (cseq, call_id) = (self.cseq, &self.call_id);
        let tag =
            if self.to_tag.is_empty() { String::new() } else { format!(";tag={}", self.to_tag) };
        let from = if more.contains("From:") {
            String::new()
        } else {
            "From: <sip:src@127.0.0.1>;tag=f\r\n".into()
        };
        let of = if method == "CANCEL" { "CANCEL" } else { method };
        format!(
            "{method} sip:srs@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{cseq}{method};rport\r\n\
             {from}To: <sip:srs@127.0.0.1>{tag}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {of}\r\nContact: <sip:src@127.0.0.1:{port}>;+sip.src\r\n\
             {more}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    pub(super) async fn hear(&mut self) -> Message {
        let mut buffer = vec![0; 65_535];
        let count = timeout(SOON, self.socket.recv(&mut buffer)).await.unwrap().unwrap();
        let message = Message::parse(&buffer[..count]).unwrap();
        if let Some(tag) = message.header("to").and_then(|to| parameter(to, "tag"))
            && matches!(message.start, Start::Response { code, .. } if code < 300)
        {
            self.to_tag = tag.to_owned();
        }
        message
    }

    /// Sends a request; the final reply's code and message.
    pub(super) async fn ask(&mut self, method: &str, more: &str, body: &str) -> (u16, Message) {
        self.cseq += 1;
        let text = self.text(method, more, body);
        self.socket.send(text.as_bytes()).await.unwrap();
        loop {
            let message = self.hear().await;
            let ours = message.cseq() == Some((self.cseq, method));
            if let (Start::Response { code: code @ 200.., .. }, true) = (&message.start, ours) {
                return (*code, message);
            }
        }
    }

    pub(super) async fn ack(&mut self, more: &str, body: &str) {
        let text = self.text("ACK", more, body);
        self.socket.send(text.as_bytes()).await.unwrap();
    }

    /// A call of two legs; the ports to send to.
    pub(super) async fn call(&mut self, body: &str) -> Vec<u16> {
        let (code, reply) = self.ask("INVITE", MIXED, body).await;
        assert_eq!(code, 200);
        self.ack("", "").await;
        ports(&reply)
    }
}

pub(super) const MIXED: &str =
    "Require: siprec\r\nContent-Type: multipart/mixed;boundary=lingting-part\r\n";
pub(super) const SDP: &str = "Require: siprec\r\nContent-Type: application/sdp\r\n";

pub(super) fn ports(reply: &Message) -> Vec<u16> {
    sdp::parse(&String::from_utf8_lossy(&reply.body)).media.iter().map(|m| m.port).collect()
}

pub(super) fn offer() -> offer::Offer {
    offer::example([40_000, 40_002])
}

pub(super) async fn one(rig: &Rig, done: impl Fn(&Taped) -> bool) -> Taped {
    let held = rig.tape.until(SOON, |calls| calls.first().is_some_and(&done)).await;
    let calls = rig.tape.calls();
    let call = calls.first().expect("a call").clone();
    assert!(
        held,
        "{:?}",
        call.events().iter().filter(|e| !matches!(e, Ingest::Audio { .. })).collect::<Vec<_>>()
    );
    call
}

pub(super) fn joined(call: &Taped) -> Vec<(u8, LegRole, &'static str)> {
    let joined = |event: &Ingest| match event {
        Ingest::LegJoined { leg, role, codec, .. } => Some((leg.0, *role, *codec)),
        _ => None,
    };
    call.events().iter().filter_map(joined).collect()
}

/// 40 ms of a tone each half second, on every leg at once; see [`send`].
pub(super) async fn talk(
    ports: &[u16],
    seconds: u64,
    net: impl Fn(usize, u64, &mut Vec<u8>) -> Option<u64>,
) {
    let tone = |s: u64| ((s as f32 * 0.6).sin() * 9_000.0) as i16;
    let beep = |n: u64| (0..160).map(|s| if n % 25 < 2 { tone(s) } else { 0 }).collect();
    send(ports, seconds, beep, net).await;
}

/// Frames that say which they are by their level, which comes again after [`LEVELS`]: what a lost or late packet does to one
/// says nothing about another.
pub(super) const LEVELS: u64 = 60;

/// The level of frame `n`: a tenth above the one before, which A-law tells apart (G.711: 1 part in 16 at worst).
pub(super) fn level(n: u64) -> i16 {
    (80.0 * 1.1f64.powi((n % LEVELS) as i32)) as i16
}

/// Where each frame of [`level`]s lies that came through whole, in milliseconds by its number: frames that were made up in place of
/// lost ones are left out, and so are those that a correction of the clock cut.
pub(super) fn frames_ms(call: &Taped, leg: u8) -> BTreeMap<u64, i64> {
    let mut found = BTreeMap::new();
    for event in call.events() {
        let Ingest::Audio { leg: of, at, pcm, concealed: false } = event else { continue };
        let whole = pcm.windows(2).all(|two| two[0] == two[1]);
        let near = |k: &u64| (i32::from(level(*k)) - i32::from(pcm[0])).abs();
        let which = (0..LEVELS).min_by_key(near).filter(|_| of.0 == leg && whole && pcm[0] != 0);
        if let Some(k) = which {
            let around = at / 160;
            let rounds = (around + LEVELS / 2).saturating_sub(k) / LEVELS;
            found.insert(k + rounds * LEVELS, at as i64 / 8);
        }
    }
    found
}

/// Frames on every leg at once: sent at real pace through `net`, which may drop, delay and bend packets.
pub(super) async fn send(
    ports: &[u16],
    seconds: u64,
    sound: impl Fn(u64) -> Vec<i16>,
    net: impl Fn(usize, u64, &mut Vec<u8>) -> Option<u64>,
) {
    let socket = Arc::new(tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let mut senders: Vec<_> = (0..ports.len() as u32)
        .map(|n| Packetiser::new(G711::Alaw, 100 + n, 65_500, 7 * n))
        .collect();
    let begun = tokio::time::Instant::now();
    for n in 0..seconds * 50 {
        tokio::time::sleep_until(begun + Duration::from_millis(n * 20)).await;
        for (ix, sender) in senders.iter_mut().enumerate() {
            let mut bytes = sender.packet(&sound(n));
            let Some(late_ms) = net(ix, n, &mut bytes) else { continue };
            let (socket, to) = (Arc::clone(&socket), ("127.0.0.1", ports[ix]));
            let due = begun + Duration::from_millis(n * 20 + late_ms);
            if late_ms == 0 {
                socket.send_to(&bytes, to).await.unwrap();
            } else {
                tokio::spawn(async move {
                    tokio::time::sleep_until(due).await;
                    socket.send_to(&bytes, to).await.unwrap();
                });
            }
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
}

/// Where tones begin, in milliseconds.
pub(super) fn beeps_ms(pcm: &[i16], per_ms: usize) -> Vec<i64> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(loud) = pcm.get(at..).and_then(|r| r.iter().position(|s| s.abs() > 3_000)) {
        found.push(((at + loud) / per_ms) as i64);
        at += loud + 300 * per_ms;
    }
    found
}

/// How far apart the legs' tones lie, in milliseconds, the nearest first.
pub(super) fn apart_ms(call: &Taped, from_ms: i64) -> Vec<i64> {
    let rate_hz = call.events().iter().find_map(|event| match event {
        Ingest::LegJoined { rate_hz, .. } => Some(*rate_hz as usize),
        _ => None,
    });
    let per_ms = rate_hz.unwrap() / 1_000;
    let [one, two] = [0, 1].map(|leg| beeps_ms(&call.audio(leg), per_ms));
    let nearest = |at: &i64| two.iter().map(|other| (other - at).abs()).min();
    let mut all: Vec<i64> = one.iter().filter(|at| **at > from_ms).filter_map(nearest).collect();
    // A tone of the other leg may have been lost.
    all.retain(|apart| *apart < 200);
    all.sort_unstable();
    all
}

/// Tones of both legs lie together; how many were compared.
#[track_caller]
pub(super) fn aligned(call: &Taped, from_ms: i64, within_ms: i64) -> usize {
    let apart = apart_ms(call, from_ms);
    assert!(apart.last().is_none_or(|most| *most <= within_ms), "{apart:?}");
    apart.len()
}
