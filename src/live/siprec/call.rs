//! One call: its dialogs, its legs and its line, in one task.
//!
//! In: SIP messages of its dialogs, RTP on its sockets, commands of the exchange, the time. Out: replies, and the call's events. A call
//! is one dialog as a rule; Cisco's telephones send each end of it in a dialog of its own.

use std::net::{IpAddr, UdpSocket as StdSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::live::rtp::dtmf;
use crate::live::sip::dialog::{Dialog, Due};
use crate::live::sip::listen::{Path, Transport};
use crate::live::sip::message::{Message, Start, reply};
use crate::live::{Command, EndCause, Facts, Ingest, LegId, LegRole, Line};

use super::legs::{Legs, readable};
use super::multipart::{self, Part};
use super::picture::{LegHint, Picture, bridge, cisco_parties};
use super::sdp::{self, Medium, Sdp};
use super::server::{self, Shared};

/// Messages that wait for a call.
pub(super) const MAIL_MAX: usize = 32;
/// Dialogs of a call: the ends of a Cisco telephone.
const DIALOGS_MAX: usize = 2;
/// How often time is looked at, where nothing asks for it sooner.
const TICK: Duration = Duration::from_millis(500);
/// How often the quality of legs is told.
const QUALITY: Duration = Duration::from_secs(5);
/// How long the peer has to answer our BYE.
const FAREWELL: Duration = Duration::from_secs(2);

/// What a call is told.
#[derive(Debug)]
pub(super) enum Mail {
    /// A message of one of its dialogs.
    Message(Box<Message>, Box<Path>),
    /// The other end's first INVITE.
    Join(Box<Opening>),
}

/// A dialog that begins.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) invite: Message,
    pub(super) path: Path,
    pub(super) tag: String,
    /// Sockets, for offers that are ours to make.
    pub(super) bound: Vec<(StdSocket, u16)>,
}

/// A dialog with what was described in it.
#[derive(Debug)]
struct Party {
    dialog: Dialog,
    path: Path,
    ip: IpAddr,
    /// Its description: the peer's offer or answer; none yet where the offer was ours.
    sdp: Option<Sdp>,
    /// Ours, as it was last sent.
    own_sdp: String,
    version: u64,
    session: u64,
    bound: Vec<(StdSocket, u16)>,
    near_end: Option<bool>,
    bridge_aor: Option<String>,
    nbr: Vec<(usize, String)>,
    over: bool,
}

/// A call under way.
pub(super) struct Call {
    shared: Arc<Shared>,
    line: Line,
    mail: mpsc::Receiver<Mail>,
    parties: Vec<Party>,
    legs: Legs,
    picture: Picture,
    facts: Facts,
    out: Vec<Ingest>,
    heard_at: Instant,
    quality_at: Instant,
    cause: Option<EndCause>,
}

impl Call {
    pub(super) fn new(
        shared: Arc<Shared>,
        line: Line,
        mail: mpsc::Receiver<Mail>,
        picture: Picture,
        facts: Facts,
    ) -> Self {
        let now = Instant::now();
        let legs = Legs::new(Arc::clone(&shared.ports), now);
        Self {
            shared,
            line,
            mail,
            parties: Vec::new(),
            legs,
            picture,
            facts,
            out: Vec::new(),
            heard_at: now,
            quality_at: now,
            cause: None,
        }
    }

    /// Takes the call until it is over.
    pub(super) async fn run(mut self, opening: Opening, stop: CancellationToken) {
        self.open(opening);
        let stopped = stop.cancelled_owned();
        let wake = tokio::time::sleep(TICK);
        tokio::pin!(stopped, wake);
        while self.cause.is_none() {
            if !self.tell().await {
                self.cause = Some(EndCause::Normal);
                break;
            }
            // A timer is moved only when something is due before it: not with each packet.
            let due = tokio::time::Instant::from_std(self.due());
            if due < wake.deadline() || wake.is_elapsed() {
                wake.as_mut().reset(due);
            }
            tokio::select! {
                () = readable(self.legs.socket(0)) => self.legs.receive(0, &mut self.out),
                () = readable(self.legs.socket(1)) => self.legs.receive(1, &mut self.out),
                mail = self.mail.recv() => match mail {
                    Some(Mail::Message(message, path)) => self.message(*message, *path),
                    Some(Mail::Join(opening)) => self.open(*opening),
                    None => self.cause = Some(EndCause::Transport),
                },
                command = self.line.command() => {
                    if matches!(command, Some(Command::End) | None) {
                        self.cause = Some(EndCause::Normal);
                    }
                }
                () = &mut wake => self.tick(),
                () = &mut stopped => self.cause = Some(EndCause::Shutdown),
            }
        }
        self.end().await;
    }

    /// Sends what has happened; `false`: nobody takes it any more.
    async fn tell(&mut self) -> bool {
        for event in self.out.drain(..) {
            if !self.line.send(event).await {
                return false;
            }
        }
        true
    }

    fn due(&self) -> Instant {
        let dialogs = self.parties.iter().filter_map(|party| party.dialog.deadline());
        let soonest = dialogs.chain(self.legs.deadline()).min();
        let tick = Instant::now() + TICK;
        soonest.map_or(tick, |soonest| soonest.min(tick))
    }

    fn tick(&mut self) {
        let now = Instant::now();
        self.legs.tick(&mut self.out);
        for party in self.parties.iter_mut().filter(|party| !party.over) {
            match party.dialog.due(now) {
                Some(Due::Resend(bytes)) if party.path.transport == Transport::Udp => {
                    party.path.send(bytes);
                }
                Some(Due::Over) => self.cause = Some(EndCause::Timeout),
                _ => {}
            }
        }
        if now.saturating_duration_since(self.quality_at) >= QUALITY {
            self.quality_at = now;
            self.legs.tell_quality(&mut self.out);
        }
        let packets = Duration::from_micros(self.legs.now_us().saturating_sub(self.legs.last_us()));
        let messages = now.saturating_duration_since(self.heard_at);
        if packets.min(messages) > Duration::from_secs(self.shared.config.silence_s_max) {
            self.cause = Some(EndCause::Timeout);
        }
    }

    /// A dialog begins: it is answered at once.
    fn open(&mut self, opening: Opening) {
        let Opening { invite, path, tag, bound } = opening;
        if self.parties.len() >= DIALOGS_MAX {
            path.send(reply(&invite, 486, Some(&tag), &[], b""));
            self.shared.forget(&tag);
            return;
        }
        let now = Instant::now();
        let mut dialog = Dialog::new(&invite, tag);
        dialog.refresh(&invite, now);
        let bridge = bridge(&invite);
        let ip = self.shared.own_ip(&path);
        self.parties.push(Party {
            dialog,
            path,
            ip,
            sdp: None,
            own_sdp: String::new(),
            version: 0,
            session: u64::from(std::process::id()),
            bound,
            near_end: bridge.as_ref().map(|bridge| bridge.near_end),
            bridge_aor: bridge.and_then(|bridge| bridge.aor),
            nbr: Vec::new(),
            over: false,
        });
        let ix = self.parties.len() - 1;
        self.described(ix, &invite, true);
    }

    /// An INVITE or UPDATE, the first one too: takes what it describes, and answers.
    fn described(&mut self, ix: usize, request: &Message, first: bool) {
        let kind = request.header("content-type").unwrap_or_default();
        let parts = multipart::split(kind, &request.body).unwrap_or_default();
        if !first && let Err(error) = self.picture.learn(request, &parts) {
            tracing::warn!(%error, source = %self.shared.config.name, "metadata is left out");
        }
        let offer = server::description(&parts);
        let is_invite = request.method() == Some("INVITE");
        let Some(party) = self.parties.get_mut(ix) else { return };
        let parties = cisco_parties(request);
        if !parties.is_empty() {
            party.nbr = parties;
        }
        let mut code = 200;
        let mut body = None;
        match offer {
            Some(offer) if offer.media.iter().any(Legs::is_takable) || !first => {
                body = Some(self.answer(ix, offer));
            }
            Some(_) => code = 488,
            None if is_invite => body = Some(self.own_offer(ix)),
            None => {}
        }
        self.tell_roles();
        let Some(party) = self.parties.get_mut(ix) else { return };
        let now = Instant::now();
        party.dialog.refresh(request, now);
        let contact = party.contact();
        let mut headers = server::capabilities();
        headers.push(("Contact", contact.as_str()));
        if body.is_some() {
            headers.push(("Content-Type", "application/sdp"));
        }
        let body = body.unwrap_or_default();
        let bytes = party.dialog.reply(request, code, &headers, body.as_bytes(), now);
        party.path.send(bytes);
    }

    /// Takes an offer; our answer.
    fn answer(&mut self, ix: usize, offer: Sdp) -> String {
        let hints = self.hints(ix, &offer.media);
        let Some(party) = self.parties.get_mut(ix) else { return String::new() };
        let replies = self.legs.apply(ix, &offer.media, &hints, &mut party.bound, &mut self.out);
        party.version += 1;
        party.own_sdp = sdp::answer(&offer, &replies, party.ip, party.session, party.version);
        party.sdp = Some(offer);
        party.own_sdp.clone()
    }

    /// Our description where the peer sends none: what holds, or an offer.
    fn own_offer(&mut self, ix: usize) -> String {
        let Some(party) = self.parties.get_mut(ix) else { return String::new() };
        if party.own_sdp.is_empty() {
            let ports: Vec<u16> = party.bound.iter().map(|(_, port)| *port).collect();
            party.version += 1;
            party.own_sdp = sdp::offer(&ports, party.ip, party.session, party.version);
        }
        party.own_sdp.clone()
    }

    fn hints(&self, ix: usize, media: &[Medium]) -> Vec<LegHint> {
        let Some(party) = self.parties.get(ix) else { return Vec::new() };
        let hint = |(at, medium): (usize, &Medium)| LegHint {
            label: medium.label.clone().unwrap_or_else(|| format!("m{at}")),
            near_end: party.near_end,
            aor: party
                .nbr
                .iter()
                .find(|(of, _)| *of == at)
                .map(|(_, aor)| aor.clone())
                .or_else(|| party.bridge_aor.clone()),
        };
        media.iter().enumerate().map(hint).collect()
    }

    fn tell_roles(&mut self) {
        let hints = self.legs.hints();
        let roles = self.picture.roles(&hints, &self.shared.config.roles);
        self.legs.tell_roles(&roles, &mut self.out);
        let facts = self.picture.facts(&hints, &roles, &self.shared.config.roles);
        if facts != self.facts && !facts.is_empty() {
            self.out.push(Ingest::Known(facts.clone()));
            self.facts = facts;
        }
    }

    fn message(&mut self, message: Message, path: Path) {
        self.heard_at = Instant::now();
        let call_id = message.header("call-id").unwrap_or_default();
        let ix = self.parties.iter().position(|party| party.dialog.call_id() == call_id);
        let Some((ix, party)) = ix.and_then(|ix| Some((ix, self.parties.get_mut(ix)?))) else {
            return;
        };
        let method = match &message.start {
            Start::Request { method, .. } => method.clone(),
            Start::Response { .. } => return,
        };
        if method == "ACK" {
            let acknowledged = party.dialog.acknowledge(&message);
            if acknowledged && party.sdp.is_none() {
                self.late_answer(ix, &message);
            }
            return;
        }
        party.path = path;
        if method == "CANCEL" {
            // Too late: the call was answered at once (RFC 3261, 9.2). A peer that means it, says BYE.
            party.path.send(reply(&message, 200, Some(&party.dialog.tag), &[], b""));
            return;
        }
        match party.dialog.repeat(&message) {
            Some(Some(bytes)) => {
                party.path.send(bytes);
                return;
            }
            Some(None) => {
                party.path.send(reply(&message, 500, None, &[], b""));
                return;
            }
            None => {}
        }
        match method.as_str() {
            "INVITE" | "UPDATE" => self.described(ix, &message, false),
            "BYE" => self.bye(ix, &message),
            "INFO" => {
                self.info(&message);
                self.plain(ix, &message, 200);
            }
            "OPTIONS" | "PRACK" => self.plain(ix, &message, 200),
            "NOTIFY" | "SUBSCRIBE" => self.plain(ix, &message, 489),
            _ => self.plain(ix, &message, 405),
        }
    }

    fn plain(&mut self, ix: usize, request: &Message, code: u16) {
        if let Some(party) = self.parties.get_mut(ix) {
            let headers = server::capabilities();
            let bytes = party.dialog.reply(request, code, &headers, b"", Instant::now());
            party.path.send(bytes);
        }
    }

    /// The answer to our offer, in the ACK.
    fn late_answer(&mut self, ix: usize, ack: &Message) {
        let kind = ack.header("content-type").unwrap_or_default();
        let parts = multipart::split(kind, &ack.body).unwrap_or_default();
        let Some(answer) = server::description(&parts) else {
            self.cause = Some(EndCause::Transport);
            return;
        };
        let hints = self.hints(ix, &answer.media);
        let Some(party) = self.parties.get_mut(ix) else { return };
        // Sockets stand in the order of the lines; the last is taken first.
        party.bound.reverse();
        self.legs.apply(ix, &answer.media, &hints, &mut party.bound, &mut self.out);
        party.sdp = Some(answer);
        self.tell_roles();
    }

    fn bye(&mut self, ix: usize, request: &Message) {
        let kind = request.header("content-type").unwrap_or_default();
        let parts: Vec<Part<'_>> = multipart::split(kind, &request.body).unwrap_or_default();
        // What is wrong with the last metadata no longer matters.
        let _ = self.picture.learn(request, &parts);
        self.plain(ix, request, 200);
        self.tell_roles();
        if let Some(party) = self.parties.get_mut(ix) {
            party.over = true;
        }
        if self.parties.iter().all(|party| party.over) {
            self.cause = Some(EndCause::Normal);
        } else {
            self.legs.leave_dialog(ix, &mut self.out);
        }
    }

    /// Keys in SIP: `Signal=5` lines, or the key alone.
    fn info(&mut self, request: &Message) {
        let kind = multipart::media_type(request.header("content-type").unwrap_or_default());
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let signal = match kind.as_str() {
            "application/dtmf-relay" => text.lines().find_map(|line| {
                let (name, value) = line.split_once('=')?;
                name.trim().eq_ignore_ascii_case("signal").then(|| value.trim().to_owned())
            }),
            "application/dtmf" => Some(text.trim().to_owned()),
            _ => None,
        };
        let digit = signal.and_then(|signal| signal.chars().next());
        let digit = digit.map(|c| c.to_ascii_uppercase()).filter(|c| dtmf::event_of(*c).is_some());
        // Callers press keys, as a rule.
        let customer = self.legs.slots.iter().position(|slot| slot.is_of(LegRole::Customer));
        let leg = LegId(customer.unwrap_or(0) as u8);
        if !self.legs.slots.is_empty() {
            self.out.extend(digit.map(|digit| Ingest::Dtmf { leg, digit }));
        }
    }

    async fn end(mut self) {
        let cause = self.cause.unwrap_or(EndCause::Transport);
        let mut waits = false;
        for party in self.parties.iter_mut().filter(|party| !party.over) {
            let branch = server::token();
            let transport = party.path.transport.as_str();
            let sent_by = format!("{}:{}", party.host(), party.path.local.port());
            let bye = party.dialog.bye(transport, &sent_by, &branch);
            party.path.send(bye.clone());
            waits |= party.path.transport == Transport::Udp;
            party.own_sdp = String::from_utf8_lossy(&bye).into_owned();
        }
        self.legs.finish(&mut self.out);
        self.tell().await;
        let refused = self.legs.refused();
        tracing::debug!(source = %self.shared.config.name, cause = cause.as_str(), refused, "a call is over");
        self.line.send(Ingest::Ended(cause)).await;
        // The ports are free, and the exchange knows; only the peer may not have heard yet.
        drop(self.legs);
        drop(self.line);
        let until = Instant::now() + FAREWELL;
        let mut again = Duration::from_millis(500);
        while waits && Instant::now() < until {
            match tokio::time::timeout(again, self.mail.recv()).await {
                Ok(Some(Mail::Message(message, path))) => match message.start {
                    Start::Response { code: 200.., .. } => break,
                    Start::Response { .. } => {}
                    Start::Request { .. } if message.method() != Some("ACK") => {
                        path.send(reply(&message, 481, None, &[], b""));
                    }
                    Start::Request { .. } => {}
                },
                Ok(_) => break,
                Err(_) => {
                    again *= 2;
                    for party in self.parties.iter().filter(|party| !party.over) {
                        party.path.send(party.own_sdp.clone().into_bytes());
                    }
                }
            }
        }
        for party in &self.parties {
            self.shared.forget(&party.dialog.tag);
        }
    }
}

impl Party {
    fn host(&self) -> String {
        match self.ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        }
    }

    fn contact(&self) -> String {
        let transport = self.path.transport.as_str();
        format!(
            "<sip:srs@{}:{};transport={transport}>;+sip.srs",
            self.host(),
            self.path.local.port()
        )
    }
}
