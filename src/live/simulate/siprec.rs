//! A call over SIPREC: signalling over TCP or UDP, audio over RTP.
//!
//! In: a recording server's address and a call. Out: the call played there. The peer is heard as long as the call goes
//! on: it may hang up, and its keep-alives are answered.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout, timeout_at};

use super::call::{Call, Way};
use super::offer;
use super::reel::Codec;
use super::sip::{Dialog, about};
use super::tally::Ended;
use super::target::{SipTarget, Transport};
use super::why::Why;
use crate::live::rtp::Packet;
use crate::live::sip::frame::{Framed, Framer};
use crate::live::sip::message::{Message, Start, reply};
use crate::live::siprec::offer::CONTENT_TYPE;

/// An INVITE is answered no later: 64 times T1 (RFC 3261, 17.1.1.2).
const ANSWER: Duration = Duration::from_secs(32);

/// A connection is there no later.
const CONNECT: Duration = Duration::from_secs(10);

/// What was sent by datagram is sent again after so long, then twice as long: T1.
const AGAIN: Duration = Duration::from_millis(500);

/// A BYE is answered no later.
const GOOD_BYE: Duration = Duration::from_secs(2);

/// A datagram of signalling.
const DATAGRAM_BYTES_MAX: usize = 65_536;

/// What carries the signalling.
enum Link {
    Tcp { stream: TcpStream, framer: Framer },
    Udp(UdpSocket),
}

impl Link {
    async fn open(target: &SipTarget) -> std::io::Result<(Self, SocketAddr)> {
        match target.transport {
            Transport::Tcp => {
                let stream = TcpStream::connect(target.authority()).await?;
                stream.set_nodelay(true)?;
                let local = stream.local_addr()?;
                Ok((Link::Tcp { stream, framer: Framer::default() }, local))
            }
            Transport::Udp => {
                let mut found = tokio::net::lookup_host(target.authority()).await?;
                let peer = found.next().ok_or(std::io::ErrorKind::NotFound)?;
                let any = if peer.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                let socket = UdpSocket::bind(any).await?;
                socket.connect(peer).await?;
                let local = socket.local_addr()?;
                Ok((Link::Udp(socket), local))
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Link::Tcp { stream, .. } => stream.write_all(bytes).await,
            Link::Udp(socket) => socket.send(bytes).await.map(|_| ()),
        }
    }

    /// The next message. Cancel safe.
    async fn hear(&mut self) -> std::io::Result<Message> {
        match self {
            Link::Tcp { stream, framer } => loop {
                match framer.next_message() {
                    Ok(Some(Framed::Message(message))) => return Ok(message),
                    // A keep-alive; the call itself says soon enough that we are there.
                    Ok(Some(Framed::Ping)) => continue,
                    Ok(Some(Framed::TooLarge(_))) | Err(_) => {
                        return Err(std::io::ErrorKind::InvalidData.into());
                    }
                    Ok(None) => {}
                }
                let mut bytes = [0; 4_096];
                let count = stream.read(&mut bytes).await?;
                if count == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
                framer.push(bytes.get(..count).unwrap_or_default());
            },
            Link::Udp(socket) => loop {
                let mut bytes = vec![0; DATAGRAM_BYTES_MAX];
                let count = socket.recv(&mut bytes).await?;
                if let Some(Ok(message)) = bytes.get(..count).map(Message::parse) {
                    return Ok(message);
                }
            },
        }
    }

    /// Sends a request, again where datagrams may be lost, until its final answer.
    async fn ask(
        &mut self,
        request: &[u8],
        method: &'static str,
        within: Duration,
    ) -> Result<Message, Why> {
        self.send(request).await.map_err(broken)?;
        let end = Instant::now() + within;
        let mut wait = AGAIN;
        let mut next = Instant::now() + wait;
        // Once the peer says that it has it, nothing is sent again.
        let mut has_it = matches!(self, Link::Tcp { .. });
        loop {
            let until = if has_it { end } else { next.min(end) };
            match timeout_at(until, self.hear()).await {
                Ok(Ok(heard)) if about(&heard) == method => match heard.start {
                    Start::Response { code: 200.., .. } => return Ok(heard),
                    _ => has_it = true,
                },
                Ok(Ok(heard)) => self.reply(&heard).await.map_err(broken)?,
                Ok(Err(error)) => return Err(broken(error)),
                Err(_) if Instant::now() >= end => {
                    return Err(Why::NoAnswer { to: method, s: within.as_secs() });
                }
                Err(_) => {
                    self.send(request).await.map_err(broken)?;
                    wait *= 2;
                    next = Instant::now() + wait;
                }
            }
        }
    }

    /// Answers what the peer asks within a call.
    async fn reply(&mut self, heard: &Message) -> std::io::Result<()> {
        let code = match heard.method() {
            None | Some("ACK") => return Ok(()),
            Some("BYE" | "OPTIONS" | "INFO") => 200,
            Some("INVITE" | "UPDATE") => 488,
            Some(_) => 501,
        };
        self.send(&reply(heard, code, None, &[], b"")).await
    }
}

/// A leg's RTP. Numbers follow from the frame's, so that a frame that is lost leaves a hole.
struct RtpLeg {
    socket: UdpSocket,
    to: SocketAddr,
    codec: Codec,
    ssrc: u32,
    first_seq: u16,
    first_timestamp: u32,
    begun: bool,
}

impl RtpLeg {
    /// A packet (RFC 3550, 5.1).
    fn packet(&mut self, frame: u32, payload: &[u8]) -> Vec<u8> {
        let marker = !std::mem::replace(&mut self.begun, true);
        let ticks = frame.wrapping_mul(self.codec.ticks());
        let packet = Packet {
            marker,
            payload_type: self.codec.payload_type(),
            seq: self.first_seq.wrapping_add(frame as u16),
            timestamp: self.first_timestamp.wrapping_add(ticks),
            ssrc: self.ssrc,
            payload,
        };
        packet.write()
    }
}

struct Siprec {
    link: Link,
    dialog: Dialog,
    legs: Vec<RtpLeg>,
}

/// Plays a call there.
pub(super) async fn play(target: &SipTarget, call: &mut Call) -> Ended {
    match begin(target, call).await {
        Ok(mut way) => call.play(&mut way).await,
        Err(ended) => ended,
    }
}

async fn begin(target: &SipTarget, call: &Call) -> Result<Siprec, Ended> {
    let (mut link, local) = match timeout(CONNECT, Link::open(target)).await {
        Ok(opened) => {
            opened.map_err(|error| Ended::Failed(Why::NoConnection(error.to_string())))?
        }
        Err(_) => return Err(Ended::Failed(Why::NoAnswer { to: "connect", s: CONNECT.as_secs() })),
    };
    let socket = |error: &dyn std::fmt::Display| Ended::Failed(Why::Socket(error.to_string()));
    let sockets = sockets(local, call.reel.legs.len()).await.map_err(|error| socket(&error))?;
    let ports: Vec<u16> =
        sockets.iter().filter_map(|socket| Some(socket.local_addr().ok()?.port())).collect();
    let session = call.native_id.split('@').next().unwrap_or_default();
    let body = offer::of(&call.reel, local.ip(), &ports, session).body();
    let mut dialog = Dialog::new(target, &call.native_id, &local.to_string());
    let invite = dialog.invite(CONTENT_TYPE, &body);
    let answer = tokio::select! {
        answer = link.ask(&invite, "INVITE", ANSWER) => answer.map_err(Ended::Failed)?,
        () = call.stop.cancelled() => return Err(Ended::Stopped),
    };
    let failed = |error| Ended::Failed(broken(error));
    if let Start::Response { code: status @ 300.., reason } = &answer.start {
        link.send(&dialog.ack_refusal(&answer)).await.map_err(failed)?;
        return Err(Ended::Refused(Why::Sip { status: *status, reason: reason.clone() }));
    }
    dialog.taken(&answer);
    link.send(&dialog.ack()).await.map_err(failed)?;
    let places = offer::answered(&String::from_utf8_lossy(&answer.body));
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| socket(&error))?;
    let random = u64::from_ne_bytes(random);
    let legs: Vec<RtpLeg> = sockets
        .into_iter()
        .zip(places)
        .enumerate()
        .filter_map(|(ix, (socket, to))| Some(rtp_leg(socket, to?, call.reel.codec, random, ix)))
        .collect();
    let mut way = Siprec { link, dialog, legs };
    if way.legs.len() < call.reel.legs.len() {
        way.hang_up().await;
        let (taken, offered) = (way.legs.len(), call.reel.legs.len());
        return Err(Ended::Failed(Why::Legs { taken, offered }));
    }
    Ok(way)
}

fn rtp_leg(socket: UdpSocket, to: SocketAddr, codec: Codec, random: u64, ix: usize) -> RtpLeg {
    let ssrc = (random >> 32) as u32 ^ ix as u32;
    let (first_seq, first_timestamp) = (random as u16, (random >> 16) as u32);
    RtpLeg { socket, to, codec, ssrc, first_seq, first_timestamp, begun: false }
}

async fn sockets(local: SocketAddr, count: usize) -> std::io::Result<Vec<UdpSocket>> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        all.push(UdpSocket::bind((local.ip(), 0)).await?);
    }
    Ok(all)
}

fn broken(error: std::io::Error) -> Why {
    Why::Broken(error.to_string())
}

impl Way for Siprec {
    async fn send(&mut self, leg: u8, frame: u32, payload: &[u8]) -> Result<(), Why> {
        let Some(leg) = self.legs.get_mut(usize::from(leg)) else { return Ok(()) };
        let packet = leg.packet(frame, payload);
        // Whether anybody listens there is the signalling's matter.
        match leg.socket.send_to(&packet, leg.to).await {
            Err(error) if error.kind() != std::io::ErrorKind::ConnectionRefused => {
                Err(Why::Socket(error.to_string()))
            }
            _ => Ok(()),
        }
    }

    async fn hung_up(&mut self) -> Ended {
        loop {
            let heard = match self.link.hear().await {
                Ok(heard) => heard,
                Err(error) => return Ended::Failed(broken(error)),
            };
            let taken = matches!(heard.start, Start::Response { code: 200..300, .. });
            let repeated = taken && about(&heard) == "INVITE";
            let done = if repeated {
                // Our ACK was lost.
                let ack = self.dialog.ack();
                self.link.send(&ack).await
            } else {
                self.link.reply(&heard).await
            };
            if let Err(error) = done {
                return Ended::Failed(broken(error));
            }
            if heard.method() == Some("BYE") {
                return Ended::Failed(Why::HungUp);
            }
        }
    }

    async fn hang_up(&mut self) {
        let bye = self.dialog.bye();
        // A peer that is gone by itself has heard it as well.
        let _ = self.link.ask(&bye, "BYE", GOOD_BYE).await;
    }
}
