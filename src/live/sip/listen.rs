//! Listens for SIP over UDP, TCP and TLS.
//!
//! In: bound sockets. Out: messages to who takes them, each with the way back. No connection can hold up another: what is sent waits in a
//! short line of its own, and a peer that stalls, in reading or in the midst of a message, is cut off.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::frame::{Framed, Framer};
use super::message::{Message, reply};

/// Connections at a time.
const CONNECTIONS_MAX: usize = 512;
/// Messages that wait to be written to a connection.
const OUTBOX_MAX: usize = 64;
/// A connection on which nothing comes is closed after so long; its calls go on.
const QUIET: Duration = Duration::from_secs(2 * 3_600);
/// Bytes of a datagram.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// What carries SIP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams: who sends must send again.
    Udp,
    /// A stream.
    Tcp,
    /// A stream, encrypted.
    Tls,
}

impl Transport {
    /// The `transport` parameter of a URI.
    pub const fn as_str(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
        }
    }
}

#[derive(Debug, Clone)]
enum Out {
    Udp(Arc<UdpSocket>),
    Stream(mpsc::Sender<Vec<u8>>),
}

/// The way back to a peer.
#[derive(Debug, Clone)]
pub struct Path {
    out: Out,
    /// What carries it.
    pub transport: Transport,
    /// Where we were reached; the address may be unspecified.
    pub local: SocketAddr,
    /// Who sent.
    pub peer: SocketAddr,
    /// Where replies go.
    to: SocketAddr,
}

impl Path {
    /// Sends a message, without waiting. `false`: it did not go out.
    pub fn send(&self, bytes: Vec<u8>) -> bool {
        match &self.out {
            Out::Udp(socket) => socket.try_send_to(&bytes, self.to).is_ok(),
            Out::Stream(outbox) => outbox.try_send(bytes).is_ok(),
        }
    }
}

/// Takes messages.
pub trait Take: Send + Sync + 'static {
    /// A message has come. Must not wait.
    fn take(&self, message: Message, path: &Path);
}

/// Serves a UDP socket until `stop`.
pub async fn udp(socket: UdpSocket, taker: Arc<dyn Take>, stop: CancellationToken) {
    let socket = Arc::new(socket);
    let Ok(local) = socket.local_addr() else { return };
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            () = stop.cancelled() => return,
        };
        // An error is another peer's closed port, told to us by ICMP.
        let Ok((count, peer)) = received else { continue };
        let Ok(mut message) = Message::parse(buffer.get(..count).unwrap_or_default()) else {
            continue;
        };
        let to = SocketAddr::new(peer.ip(), message.stamp(peer));
        let out = Out::Udp(Arc::clone(&socket));
        taker.take(message, &Path { out, transport: Transport::Udp, local, peer, to });
    }
}

/// Serves a listener until `stop`; over TLS, if there is an acceptor. A handshake, the first message, the rest of a message and a write take
/// at most `stall`.
pub async fn stream(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    stall: Duration,
    taker: Arc<dyn Take>,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let Ok((socket, peer)) = accepted else {
            // Out of file descriptors: it may pass.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let (taker, tls, stop) = (Arc::clone(&taker), tls.clone(), stop.clone());
        tokio::spawn(async move {
            let _permit = permit;
            let _ = socket.set_nodelay(true);
            let Ok(local) = socket.local_addr() else { return };
            match tls {
                None => {
                    connection(socket, Transport::Tcp, stall, [local, peer], &*taker, stop).await
                }
                Some(tls) => {
                    if let Ok(Ok(socket)) = timeout(stall, tls.accept(socket)).await {
                        connection(socket, Transport::Tls, stall, [local, peer], &*taker, stop)
                            .await;
                    }
                }
            }
        });
    }
}

async fn connection<S>(
    socket: S,
    transport: Transport,
    stall: Duration,
    [local, peer]: [SocketAddr; 2],
    taker: &dyn Take,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (mut reader, writer) = tokio::io::split(socket);
    let (outbox, waiting) = mpsc::channel(OUTBOX_MAX);
    let closed = CancellationToken::new();
    tokio::spawn(write(writer, waiting, stall, closed.clone()));
    let path = Path { out: Out::Stream(outbox), transport, local, peer, to: peer };
    let mut framer = Framer::default();
    let mut buffer = vec![0; 16 * 1024];
    let mut patience = stall;
    loop {
        let read = tokio::select! {
            read = timeout(patience, reader.read(&mut buffer)) => read,
            // The calls say good-bye first; their messages still go out.
            () = stop.cancelled() => return,
            () = closed.cancelled() => return,
        };
        let Ok(Ok(count @ 1..)) = read else { return };
        framer.push(buffer.get(..count).unwrap_or_default());
        loop {
            match framer.next_message() {
                Ok(Some(Framed::Message(message))) => taker.take(message, &path),
                Ok(Some(Framed::Ping)) => drop(path.send(b"\r\n".to_vec())),
                Ok(Some(Framed::TooLarge(message))) => {
                    if message.method().is_some_and(|method| method != "ACK") {
                        path.send(reply(&message, 413, None, &[], b""));
                    }
                    return;
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::info!(%error, %peer, "a SIP connection is closed");
                    return;
                }
            }
        }
        patience = if framer.is_waiting() { stall } else { QUIET };
    }
}

/// Writes what waits, until nobody can send any more.
async fn write<W: AsyncWrite + Unpin>(
    mut writer: W,
    mut waiting: mpsc::Receiver<Vec<u8>>,
    stall: Duration,
    closed: CancellationToken,
) {
    while let Some(bytes) = waiting.recv().await {
        let written = timeout(stall, async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        });
        if !matches!(written.await, Ok(Ok(()))) {
            break;
        }
    }
    closed.cancel();
    let _ = timeout(stall, writer.shutdown()).await;
}
