//! The shell of all WebSocket ways in: frames to a dialect, its steps to the exchange and back to the peer.
//!
//! In: an upgraded socket and a dialect, which is a state machine without clock or network. Out: the call. A peer
//! that says nothing for too long, or takes none of our answers, is let go.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use subtle::ConstantTimeEq as _;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::event::{CallStart, EndCause, Ingest};
use super::exchange::{Command, Exchange, Refused};
use super::intake::{Intake, Told};
use super::pieces::pieces;

/// Bytes of a WebSocket message: a second of 48 kHz stereo, as base64 in JSON, fits.
const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// How long an answer may take to leave.
const SEND_MAX: Duration = Duration::from_secs(5);

/// How long a peer that was told goodbye may take to leave.
const LEAVE_MAX: Duration = Duration::from_secs(5);

/// Close codes (RFC 6455, 7.4.1).
pub(super) mod code {
    /// All is well.
    pub(in crate::live) const NORMAL: u16 = 1_000;
    /// The service ends.
    pub(in crate::live) const AWAY: u16 = 1_001;
    /// What was said breaks the protocol.
    pub(in crate::live) const PROTOCOL: u16 = 1_002;
    /// What was said cannot be taken.
    pub(in crate::live) const POLICY: u16 = 1_008;
    /// Try again later.
    pub(in crate::live) const BUSY: u16 = 1_013;
}

/// What a dialect wants done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// A call begins.
    Start(CallStart),
    /// Something happened to it.
    Event(Ingest),
    /// Say this to the peer.
    Reply(String),
    /// Let the peer go, with a close code and its reason.
    Close(u16, &'static str),
}

/// How a socket came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// The peer said goodbye.
    Goodbye,
    /// It went without a word.
    Broken,
    /// It said nothing for too long.
    Idle,
    /// The service ends.
    Shutdown,
}

impl Closed {
    /// Why a call is over that did not say so itself, where a goodbye is no proper end.
    pub(super) const fn cause(self) -> EndCause {
        match self {
            Closed::Goodbye | Closed::Broken => EndCause::Transport,
            Closed::Idle => EndCause::Timeout,
            Closed::Shutdown => EndCause::Shutdown,
        }
    }
}

/// A protocol over WebSocket: frames in, steps out. `at` is the time since the socket opened.
pub(super) trait Dialect: Send {
    /// Takes a text frame.
    fn text(&mut self, text: &str, at: Duration, steps: &mut Vec<Step>);
    /// Takes a binary frame.
    fn binary(&mut self, bytes: &[u8], at: Duration, steps: &mut Vec<Step>);
    /// The socket is gone, or will be: what is still held is told, then the end.
    fn closed(&mut self, how: Closed, steps: &mut Vec<Step>);

    /// The exchange does not take the call.
    fn refused(&mut self, why: Refused, steps: &mut Vec<Step>) {
        steps.push(match why {
            Refused::Full { .. } => Step::Close(code::BUSY, "no room for another call"),
            Refused::Draining => Step::Close(code::AWAY, "the service is ending"),
            Refused::Duplicate => Step::Close(code::POLICY, "this call is being taken already"),
        });
    }

    /// The exchange wants something.
    fn command(&mut self, command: Command, steps: &mut Vec<Step>) {
        if command == Command::End {
            steps.push(Step::Event(Ingest::Ended(EndCause::Normal)));
            steps.push(Step::Close(code::NORMAL, "enough"));
        }
    }
}

/// Who may come in by a path.
pub(super) trait Source: Send + Sync + 'static {
    /// The source's name, as in the path.
    fn name(&self) -> &str;
    /// A socket that says nothing for so long is over.
    fn idle(&self) -> Duration;
}

/// The way in that all sources of one protocol share.
pub(super) struct Door<S> {
    sources: Arc<[S]>,
    exchange: Arc<dyn Exchange>,
    stop: CancellationToken,
}

// Not derived: a source need not be cloned with its door.
impl<S> Clone for Door<S> {
    fn clone(&self) -> Self {
        let (sources, exchange) = (Arc::clone(&self.sources), Arc::clone(&self.exchange));
        Self { sources, exchange, stop: self.stop.clone() }
    }
}

impl<S: Source> Door<S> {
    /// A door for these; it closes with `stop`.
    pub(super) fn new(
        sources: Vec<S>,
        exchange: Arc<dyn Exchange>,
        stop: CancellationToken,
    ) -> Self {
        Self { sources: sources.into(), exchange, stop }
    }

    /// The source of that name.
    pub(super) fn named(&self, name: &str) -> Option<&S> {
        self.sources.iter().find(|source| source.name() == name)
    }

    /// Lets one in: its frames go to the dialect until either side ends it.
    pub(super) fn admit<D: Dialect + 'static>(
        &self,
        upgrade: WebSocketUpgrade,
        source: &S,
        dialect: D,
    ) -> Response {
        let (exchange, stop) = (Arc::clone(&self.exchange), self.stop.clone());
        let idle = source.idle();
        upgrade
            .max_message_size(MESSAGE_BYTES_MAX)
            .max_frame_size(MESSAGE_BYTES_MAX)
            .on_upgrade(move |socket| run(socket, dialect, exchange, idle, stop))
    }
}

/// Gives a dialect frames of any content, 20 ms apart, for a fuzzer: text where a piece's kind is even.
pub(super) fn fuzz(mut dialect: impl Dialect, bytes: &[u8]) {
    let mut steps = Vec::new();
    for (n, (kind, piece)) in pieces(bytes).enumerate() {
        let at = Duration::from_millis(20 * n as u64);
        match kind % 2 {
            0 => dialect.text(&String::from_utf8_lossy(piece), at, &mut steps),
            _ => dialect.binary(piece, at, &mut steps),
        }
        steps.clear();
    }
    dialect.closed(Closed::Broken, &mut steps);
}

/// Whether a path's token is the configured one. An empty one opens nothing.
pub(super) fn token_fits(given: &str, configured: &str) -> bool {
    !configured.is_empty() && bool::from(given.as_bytes().ct_eq(configured.as_bytes()))
}

/// Serves one socket until its end.
async fn run<D: Dialect>(
    socket: WebSocket,
    dialect: D,
    exchange: Arc<dyn Exchange>,
    idle: Duration,
    stop: CancellationToken,
) {
    let intake = Intake::new(exchange);
    let mut shell = Shell { socket, dialect, intake, opened: Instant::now(), idle };
    let how = shell.serve(&stop).await;
    let mut steps = Vec::new();
    shell.dialect.closed(how, &mut steps);
    // Nothing more is said to one who is gone.
    let mut goodbye = None;
    for step in steps {
        match step {
            Step::Event(event) => drop(shell.intake.event(event).await),
            Step::Reply(text) if how == Closed::Shutdown => drop(shell.say(text).await),
            Step::Close(code, reason) => goodbye = Some((code, reason)),
            Step::Start(_) | Step::Reply(_) => {}
        }
    }
    shell.intake.end(how.cause()).await;
    if matches!(how, Closed::Shutdown | Closed::Idle) {
        let (code, reason) = goodbye.unwrap_or((code::AWAY, "the service is ending"));
        shell.let_go(code, reason).await;
    }
}

struct Shell<D> {
    socket: WebSocket,
    dialect: D,
    intake: Intake,
    opened: Instant,
    idle: Duration,
}

impl<D: Dialect> Shell<D> {
    async fn serve(&mut self, stop: &CancellationToken) -> Closed {
        let mut heard = Instant::now();
        loop {
            let mut steps = Vec::new();
            tokio::select! {
                () = stop.cancelled() => return Closed::Shutdown,
                told = self.intake.told() => self.told(told, &mut steps),
                () = tokio::time::sleep_until(heard + self.idle) => return Closed::Idle,
                message = self.socket.recv() => {
                    heard = Instant::now();
                    let at = self.opened.elapsed();
                    match message {
                        Some(Ok(Message::Text(text))) => self.dialect.text(&text, at, &mut steps),
                        Some(Ok(Message::Binary(bytes))) => {
                            self.dialect.binary(&bytes, at, &mut steps);
                        }
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_))) => return Closed::Goodbye,
                        Some(Err(_)) | None => return Closed::Broken,
                    }
                }
            }
            for step in steps {
                match step {
                    Step::Start(start) => self.intake.start(start),
                    Step::Event(event) => drop(self.intake.event(event).await),
                    Step::Reply(text) => {
                        if !self.say(text).await {
                            return Closed::Broken;
                        }
                    }
                    Step::Close(code, reason) => {
                        self.let_go(code, reason).await;
                        return Closed::Goodbye;
                    }
                }
            }
        }
    }

    fn told(&mut self, told: Told, steps: &mut Vec<Step>) {
        match told {
            Told::Admitted => {}
            Told::Refused(why) => self.dialect.refused(why, steps),
            Told::Command(command) => self.dialect.command(command, steps),
            Told::Gone => self.dialect.command(Command::End, steps),
        }
    }

    async fn say(&mut self, text: String) -> bool {
        let sent = timeout(SEND_MAX, self.socket.send(Message::Text(text.into()))).await;
        matches!(sent, Ok(Ok(())))
    }

    /// Says goodbye, and hears the peer's own.
    async fn let_go(&mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code, reason: reason.into() };
        let goodbye = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        let _ = timeout(LEAVE_MAX, goodbye).await;
    }
}
