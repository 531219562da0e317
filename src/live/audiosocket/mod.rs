//! Asterisk AudioSocket over TCP: a channel's audio, one connection each.
//!
//! In: connections that Asterisk opens. Out: calls of one or two legs; two connections are one call where they were announced so, or
//! where their UUIDs say so. We send nothing. There is no password and no encryption: bind to loopback or to
//! a private network, and prefer announced connections.

mod announced;
mod call;
mod frame;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use self::announced::{ANNOUNCED_FOR, ANNOUNCED_MAX, AnnouncedLeg, Announcements};
use self::call::{Calls, Heard};
use self::frame::{Frame, Frames};
use super::clock::ArrivalClock;
use super::event::{CallKey, CallStart, EndCause, Facts, LegRole};
use super::exchange::Exchange;

/// How long the first frame may take, which says whose connection it is.
const FIRST_MAX: Duration = Duration::from_secs(5);

/// Bytes taken from a socket in one go.
const READ_BYTES: usize = 16 * 1024;

/// Bytes the system holds for a connection: Asterisk ends a channel whose write falls short.
const RECEIVE_BYTES: u32 = 1024 * 1024;

/// How long calls may take to end when the service does.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// Which connections are taken, and which of them are one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pairing {
    /// Those that were announced, as announced.
    #[default]
    Announced,
    /// All; UUIDs that differ in the last bit are two legs of a call: even the customer's, odd the agent's.
    LastDigit,
    /// All; each is a call of its own, with both parties on one leg.
    Single,
}

/// How connections are taken.
#[derive(Debug, Clone)]
pub struct AudioSocketConfig {
    /// The source's name.
    pub source: String,
    /// Which are taken.
    pub pairing: Pairing,
    /// Addresses that may connect; none: all.
    pub peers: Vec<IpAddr>,
    /// A connection that says nothing for so long is gone. Asterisk sends silence too.
    pub idle: Duration,
    /// Connections at a time.
    pub connections_max: usize,
}

impl Default for AudioSocketConfig {
    /// Announced connections, a minute of silence, two legs of 500 calls.
    fn default() -> Self {
        Self {
            source: String::new(),
            pairing: Pairing::Announced,
            peers: Vec::new(),
            idle: Duration::from_secs(60),
            connections_max: 1_000,
        }
    }
}

/// Why no connections are taken.
#[derive(Debug, thiserror::Error)]
pub enum AudioSocketError {
    /// The address cannot be had.
    #[error("AudioSocket cannot listen on {0}")]
    Bind(SocketAddr, #[source] io::Error),
}

/// A listener with room for what comes while we are busy.
///
/// # Errors
/// [`AudioSocketError::Bind`].
pub fn bind(address: SocketAddr) -> Result<TcpListener, AudioSocketError> {
    let bound = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.set_recv_buffer_size(RECEIVE_BYTES)?;
        socket.bind(address)?;
        socket.listen(128)
    };
    bound().map_err(|error| AudioSocketError::Bind(address, error))
}

/// Takes connections until `stop`; then all calls end.
///
/// # Errors
/// None after the listener is bound; the form is that of all ways in.
pub async fn serve(
    listener: TcpListener,
    config: AudioSocketConfig,
    announced: Announcements,
    exchange: Arc<dyn Exchange>,
    stop: CancellationToken,
) -> Result<(), AudioSocketError> {
    let room = Arc::new(Semaphore::new(config.connections_max));
    let door = Arc::new(Door {
        calls: Calls::new(exchange, stop.clone()),
        config,
        announced,
        count: AtomicU64::new(0),
    });
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of file descriptors, as a rule: it passes, and must not spin.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let known = door.config.peers.is_empty() || door.config.peers.contains(&peer.ip());
        match Arc::clone(&room).try_acquire_owned() {
            Ok(permit) if known => {
                let door = Arc::clone(&door);
                tokio::spawn(async move {
                    door.connection(stream).await;
                    drop(permit);
                });
            }
            _ => {
                tracing::warn!(source = door.config.source, "an AudioSocket connection is refused")
            }
        }
    }
    door.calls.drained(DRAIN_MAX).await;
    Ok(())
}

struct Door {
    config: AudioSocketConfig,
    announced: Announcements,
    calls: Arc<Calls>,
    count: AtomicU64,
}

impl Door {
    /// The call and the voice of a connection; `None`: it is not expected.
    fn expected(&self, id: Uuid) -> Option<AnnouncedLeg> {
        let (native, role) = match self.config.pairing {
            Pairing::Announced => return self.announced.take(id),
            Pairing::Single => (id, LegRole::Mixed),
            Pairing::LastDigit => {
                let odd = id.as_u128() & 1 == 1;
                let role = if odd { LegRole::Agent } else { LegRole::Customer };
                (Uuid::from_u128(id.as_u128() & !1), role)
            }
        };
        let native_id = native.to_string();
        let key = CallKey { source: self.config.source.clone(), native_id };
        let start = CallStart { key, facts: Facts::default(), handles: Default::default() };
        Some(AnnouncedLeg { start, role })
    }

    async fn connection(&self, mut stream: TcpStream) {
        let mut frames = Frames::default();
        let Ok(Some(id)) = timeout(FIRST_MAX, first(&mut stream, &mut frames)).await else {
            return;
        };
        let Some(leg) = self.expected(id) else {
            let source = &self.config.source;
            return tracing::warn!(source, "an AudioSocket connection nobody announced is refused");
        };
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let party = self.calls.join(leg.start, Heard::Joined(number, leg.role));
        let mut ear = Ear { number, clock: None, party };
        let cause = ear.listen(&mut stream, &mut frames, self.config.idle).await;
        ear.leave(cause).await;
    }
}

/// Reads up to the first frame, which must be the UUID.
async fn first(stream: &mut TcpStream, frames: &mut Frames) -> Option<Uuid> {
    let mut bytes = vec![0; READ_BYTES];
    loop {
        if let Some(frame) = frames.take() {
            let Frame::Id(id) = frame else { return None };
            return Some(id);
        }
        let read = stream.read(&mut bytes).await.ok().filter(|read| *read > 0)?;
        frames.push(bytes.get(..read)?);
    }
}

/// One connection's ear.
struct Ear {
    number: u64,
    clock: Option<(u32, ArrivalClock)>,
    party: call::Party,
}

impl Ear {
    async fn listen(
        &mut self,
        stream: &mut TcpStream,
        frames: &mut Frames,
        idle: Duration,
    ) -> EndCause {
        let mut bytes = vec![0; READ_BYTES];
        loop {
            while let Some(frame) = frames.take() {
                match frame {
                    Frame::Hangup => return EndCause::Normal,
                    Frame::Audio { rate_hz, pcm } => self.audio(rate_hz, &pcm),
                    Frame::Dtmf(digit) => {
                        let heard = Heard::Dtmf(self.number, digit);
                        let _ = self.party.heard.send(heard).await;
                    }
                    Frame::Error(code) => tracing::warn!(code, "Asterisk reports an error"),
                    Frame::Id(_) | Frame::Unknown(_) => {}
                }
            }
            let read = tokio::select! {
                () = self.party.over.cancelled() => return EndCause::Normal,
                read = timeout(idle, stream.read(&mut bytes)) => read,
            };
            match read {
                Err(_) => return EndCause::Timeout,
                Ok(Err(_) | Ok(0)) => return EndCause::Transport,
                Ok(Ok(read)) => frames.push(bytes.get(..read).unwrap_or_default()),
            }
        }
    }

    fn audio(&mut self, rate_hz: u32, pcm: &[i16]) {
        let at = self.party.began.elapsed();
        let (rate_hz, clock) =
            self.clock.get_or_insert_with(|| (rate_hz, ArrivalClock::new(rate_hz, 1)));
        let (rate_hz, laid) = (*rate_hz, clock.take(at, pcm));
        self.tell(rate_hz, laid);
    }

    /// Audio that finds no room is left out: the next has its place all the same.
    fn tell(&self, rate_hz: u32, laid: Option<(u64, Vec<i16>)>) {
        if let Some((at, pcm)) = laid {
            let _ = self.party.heard.try_send(Heard::Audio(self.number, rate_hz, at, pcm));
        }
    }

    async fn leave(&mut self, cause: EndCause) {
        if let Some((rate_hz, mut clock)) = self.clock.take() {
            let laid = clock.finish();
            self.tell(rate_hz, laid);
        }
        let _ = self.party.heard.send(Heard::Left(self.number, cause)).await;
    }
}

/// Cuts any bytes into frames, for a fuzzer.
pub fn fuzz(bytes: &[u8]) {
    let mut frames = Frames::default();
    for piece in bytes.chunks(61) {
        frames.push(piece);
        while frames.take().is_some() {}
    }
}
