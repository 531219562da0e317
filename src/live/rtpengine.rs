//! A tap at rtpengine, the media proxy of Kamailio and OpenSIPS sites.
//!
//! In: the proxy's control protocol (`ng`: a datagram with a cookie and a dictionary, here JSON) and the RTP that it forks to us. Out: its calls on the
//! [`Exchange`], two legs each. The parties notice nothing. Calls are found by asking for the list, each second or so; the control
//! protocol knows no password: it belongs on a network of its own.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::net::UdpSocket;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::rtp::ports::Ports;
use super::siprec::legs::{Legs, readable};
use super::siprec::picture::{LegHint, Picture, RoleRules};
use super::siprec::sdp;
use super::{CallKey, CallStart, Command, EndCause, Exchange, Facts, Ingest, Line};

/// Bytes of a reply.
const REPLY_BYTES_MAX: usize = 65_535;
/// Calls that are asked for.
const LIST_MAX: u32 = 1_000;
/// How long a reply is waited for, and how often a request is sent.
const PATIENCE: Duration = Duration::from_millis(700);
const TRIES: u32 = 3;
/// How often time is looked at in a call.
const TICK: Duration = Duration::from_millis(500);
/// How often the quality of legs is told.
const QUALITY: Duration = Duration::from_secs(5);

/// A tap.
#[derive(Debug, Clone)]
pub struct RtpengineConfig {
    /// The source's name.
    pub name: String,
    /// rtpengine's `listen-ng`.
    pub control: SocketAddr,
    /// Our address, to which rtpengine sends RTP; its network must reach it.
    pub ip: IpAddr,
    /// First and last UDP port for RTP; the system chooses where there is none.
    pub rtp_ports: Option<(u16, u16)>,
    /// Milliseconds between two lists.
    pub poll_ms: u64,
    /// Caller and called are the other way round: outbound centres.
    pub swapped: bool,
    /// A call without RTP is over after so many seconds.
    pub silence_s_max: u64,
}

impl Default for RtpengineConfig {
    fn default() -> Self {
        let here = IpAddr::from([127, 0, 0, 1]);
        Self {
            name: "rtpengine".into(),
            control: SocketAddr::new(here, 2223),
            ip: here,
            rtp_ports: Some((31_000, 31_999)),
            poll_ms: 1_000,
            swapped: false,
            silence_s_max: 300,
        }
    }
}

/// Why the proxy did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RtpengineError {
    /// No socket.
    #[error("no socket towards {0}: {1}")]
    Socket(SocketAddr, std::io::Error),
    /// No answer.
    #[error("rtpengine does not answer")]
    Silent,
    /// An answer that is none.
    #[error("rtpengine's answer cannot be read")]
    Unreadable,
    /// It said no.
    #[error("rtpengine refused: {0}")]
    Refused(String),
}

/// The control protocol.
#[derive(Debug, Clone, Copy)]
pub struct Control {
    to: SocketAddr,
}

/// The dictionary of a reply, if it is the reply to this cookie. Any bytes may come.
pub fn read_reply(cookie: &str, bytes: &[u8]) -> Option<Value> {
    let (told, dictionary) = std::str::from_utf8(bytes).ok()?.split_once(' ')?;
    (told == cookie).then(|| serde_json::from_str(dictionary).ok())?
}

/// Reads any bytes as a reply, for a fuzzer.
pub fn fuzz(bytes: &[u8]) {
    let _ = read_reply("c", bytes);
}

impl Control {
    /// To a proxy.
    pub fn new(to: SocketAddr) -> Self {
        Self { to }
    }

    /// Asks; the reply's dictionary.
    ///
    /// # Errors
    /// [`RtpengineError`].
    pub async fn ask(&self, question: &Value) -> Result<Value, RtpengineError> {
        let failed = |error| RtpengineError::Socket(self.to, error);
        let any = if self.to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).await.map_err(failed)?;
        socket.connect(self.to).await.map_err(failed)?;
        // A repeat has the same cookie and is answered from memory: nothing is done twice.
        let cookie = uuid::Uuid::now_v7().simple().to_string();
        let text = format!("{cookie} {question}");
        let mut buffer = vec![0; REPLY_BYTES_MAX];
        for _ in 0..TRIES {
            // A closed port shows at the next call; the repeats tell.
            let _ = socket.send(text.as_bytes()).await;
            let Ok(Ok(count)) = timeout(PATIENCE, socket.recv(&mut buffer)).await else { continue };
            let reply = read_reply(&cookie, buffer.get(..count).unwrap_or_default());
            let reply = reply.ok_or(RtpengineError::Unreadable)?;
            if reply.get("result").and_then(Value::as_str) == Some("error") {
                let why = reply.get("error-reason").and_then(Value::as_str).unwrap_or_default();
                return Err(RtpengineError::Refused(why.chars().take(200).collect()));
            }
            return Ok(reply);
        }
        Err(RtpengineError::Silent)
    }

    async fn calls(&self) -> Result<Vec<String>, RtpengineError> {
        let reply = self.ask(&json!({"command": "list", "limit": LIST_MAX.to_string()})).await?;
        let calls =
            reply.get("calls").and_then(Value::as_array).ok_or(RtpengineError::Unreadable)?;
        Ok(calls.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Whether both parties of a call are there.
    async fn is_answered(&self, call: &str) -> Result<bool, RtpengineError> {
        let reply = self.ask(&json!({"command": "query", "call-id": call})).await?;
        let tags =
            reply.get("tags").and_then(Value::as_object).ok_or(RtpengineError::Unreadable)?;
        Ok(tags.keys().filter(|tag| !tag.is_empty()).count() >= 2)
    }
}

/// Taps until `stop`; then all calls are ended.
///
/// # Errors
/// None as it runs: a proxy that does not answer is asked again. The signature is that of all ways in.
pub async fn serve(
    config: RtpengineConfig,
    exchange: Arc<dyn Exchange>,
    stop: CancellationToken,
) -> Result<(), RtpengineError> {
    let control = Control::new(config.control);
    let ports = Arc::new(Ports::new(config.ip, config.rtp_ports));
    let config = Arc::new(config);
    let calls = TaskTracker::new();
    // Calls that are tapped, or were, for as long as the proxy knows them.
    let known: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let gone = tokio::sync::watch::Sender::new(BTreeSet::<String>::new());
    let mut answers = true;
    while !stop.is_cancelled() {
        match control.calls().await {
            Ok(listed) => {
                answers = true;
                let listed: BTreeSet<String> = listed.into_iter().collect();
                let new: Vec<String> = {
                    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                    known.retain(|call| listed.contains(call));
                    listed.iter().filter(|call| !known.contains(*call)).cloned().collect()
                };
                gone.send_replace(listed);
                for call in new {
                    if !exchange.has_room() || !matches!(control.is_answered(&call).await, Ok(true))
                    {
                        continue;
                    }
                    known.lock().unwrap_or_else(PoisonError::into_inner).insert(call.clone());
                    let tap = Tap {
                        config: Arc::clone(&config),
                        control,
                        ports: Arc::clone(&ports),
                        call,
                    };
                    calls.spawn(tap.run(Arc::clone(&exchange), gone.subscribe(), stop.clone()));
                }
            }
            Err(error) if answers => {
                answers = false;
                tracing::warn!(%error, source = %config.name, "no calls can be found");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(config.poll_ms)) => {}
            () = stop.cancelled() => {}
        }
    }
    calls.close();
    let _ = timeout(PATIENCE * (TRIES + 1), calls.wait()).await;
    Ok(())
}

/// One call.
struct Tap {
    config: Arc<RtpengineConfig>,
    control: Control,
    ports: Arc<Ports>,
    call: String,
}

impl Tap {
    async fn run(
        self,
        exchange: Arc<dyn Exchange>,
        listed: tokio::sync::watch::Receiver<BTreeSet<String>>,
        stop: CancellationToken,
    ) {
        let key = CallKey { source: self.config.name.clone(), native_id: self.call.clone() };
        // Kamailio and OpenSIPS name calls there by their SIP Call-ID.
        let handles = [("sip.call_id".to_owned(), self.call.clone())].into();
        let Ok(line) = exchange.admit(CallStart { key, facts: Facts::default(), handles }) else {
            return;
        };
        let mut legs = Legs::new(Arc::clone(&self.ports), Instant::now());
        match self.subscribe(&mut legs).await {
            Ok((tag, out)) => {
                self.take(legs, out, line, listed, stop).await;
                let over = json!({"command": "unsubscribe", "call-id": self.call, "to-tag": tag});
                // The call may be over there already.
                let _ = self.control.ask(&over).await;
            }
            Err(error) => {
                tracing::warn!(%error, source = %self.config.name, "a call cannot be tapped");
                let mut line = line;
                line.send(Ingest::Ended(EndCause::Transport)).await;
            }
        }
    }

    /// Has both legs sent to us; the subscription's tag.
    async fn subscribe(&self, legs: &mut Legs) -> Result<(String, Vec<Ingest>), RtpengineError> {
        let request =
            json!({"command": "subscribe request", "call-id": self.call, "flags": ["all"]});
        let reply = self.control.ask(&request).await?;
        let text = |name: &str| reply.get(name).and_then(Value::as_str);
        let (Some(tag), Some(offered)) = (text("to-tag"), text("sdp")) else {
            return Err(RtpengineError::Unreadable);
        };
        let offered = sdp::parse(offered);
        let mut out = Vec::new();
        let hint = |ix: usize| LegHint { label: format!("m{ix}"), ..LegHint::default() };
        let hints: Vec<_> = (0..offered.media.len()).map(hint).collect();
        let replies = legs.apply(0, &offered.media, &hints, &mut Vec::new(), &mut out);
        let rules = RoleRules { swapped: self.config.swapped, ..RoleRules::default() };
        let roles = Picture::default().roles(&legs.hints(), &rules);
        legs.tell_roles(&roles, &mut out);
        let answer = sdp::answer(&offered, &replies, self.config.ip, 1, 1);
        let answer = json!({
            "command": "subscribe answer", "call-id": self.call, "to-tag": tag, "sdp": answer,
        });
        self.control.ask(&answer).await?;
        Ok((tag.to_owned(), out))
    }

    async fn take(
        &self,
        mut legs: Legs,
        mut out: Vec<Ingest>,
        mut line: Line,
        mut listed: tokio::sync::watch::Receiver<BTreeSet<String>>,
        stop: CancellationToken,
    ) {
        let mut told_at = Instant::now();
        let silence_us = self.config.silence_s_max.saturating_mul(1_000_000);
        let wake = tokio::time::sleep(TICK);
        let stopped = stop.cancelled_owned();
        tokio::pin!(wake, stopped);
        let cause = loop {
            for event in out.drain(..) {
                line.send(event).await;
            }
            let due = Instant::now() + TICK;
            let due = legs.deadline().map_or(due, |soon| soon.min(due));
            let due = tokio::time::Instant::from_std(due);
            if due < wake.deadline() || wake.is_elapsed() {
                wake.as_mut().reset(due);
            }
            tokio::select! {
                () = readable(legs.socket(0)) => legs.receive(0, &mut out),
                () = readable(legs.socket(1)) => legs.receive(1, &mut out),
                command = line.command() => {
                    if matches!(command, Some(Command::End) | None) {
                        break EndCause::Normal;
                    }
                }
                changed = listed.changed() => {
                    if changed.is_err() || !listed.borrow_and_update().contains(&self.call) {
                        break EndCause::Normal;
                    }
                }
                () = &mut wake => {
                    legs.tick(&mut out);
                    if told_at.elapsed() >= QUALITY {
                        told_at = Instant::now();
                        legs.tell_quality(&mut out);
                    }
                    if legs.now_us().saturating_sub(legs.last_us()) > silence_us {
                        break EndCause::Timeout;
                    }
                }
                () = &mut stopped => break EndCause::Shutdown,
            }
        };
        legs.finish(&mut out);
        for event in out {
            line.send(event).await;
        }
        line.send(Ingest::Ended(cause)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_reply_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60), text in "c (\\{[\"a-z:,{}0-9]{0,30})") {
            let _ = (read_reply("c", &bytes), read_reply("c", text.as_bytes()));
        }
    }

    #[tokio::test]
    async fn a_proxy_that_is_not_there_is_told() {
        // Nobody listens on a port that was bound and closed.
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = socket.local_addr().unwrap();
        drop(socket);
        let said = Control::new(at).ask(&json!({"command": "ping"})).await;
        assert!(matches!(said, Err(RtpengineError::Silent)), "{said:?}");
    }
}
