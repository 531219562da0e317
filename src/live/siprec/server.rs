//! The recording server: which requests become calls, and which call a request belongs to.
//!
//! In: SIP messages of all peers. Out: refusals, and calls, each in a task of its own. Nothing here waits.

use std::collections::HashMap;
use std::net::{IpAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::live::rtp::ports::Ports;
use crate::live::sip::dialog::{SESSION_S_MIN, Timer, timer};
use crate::live::sip::listen::{Path, Take};
use crate::live::sip::message::{Message, Start, parameter, parameters, reply};
use crate::live::{CallKey, CallStart, Exchange, Refused};

use super::call::{Call, MAIL_MAX, Mail, Opening};
use super::legs::Legs;
use super::multipart::{self, Part};
use super::picture::{Picture, bridge};
use super::sdp::{self, Sdp};
use super::{SiprecConfig, acl};

/// Seconds after which a peer may try again, where the exchange does not say.
const RETRY_AFTER_S: u32 = 10;
/// Dialogs at a time, whatever the exchange has room for.
const DIALOGS_MAX: usize = 4_096;
/// Extensions that a peer may require of us.
const EXTENSIONS: &[&str] = &["siprec", "timer", "100rel", "replaces", "record-aware"];
/// What we take.
const ACCEPT: &str =
    "application/sdp, application/rs-metadata, application/rs-metadata+xml, multipart/mixed";
const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK";

/// What all calls share.
pub(super) struct Shared {
    pub(super) config: SiprecConfig,
    pub(super) ports: Arc<Ports>,
    allowed: Vec<acl::Net>,
    dialogs: Mutex<Dialogs>,
}

#[derive(Default)]
struct Dialogs {
    by_tag: HashMap<String, Known>,
    /// Our tags by what names a first INVITE.
    by_invite: HashMap<Invite, String>,
    /// Calls of Cisco telephones, by the id that both ends have: our tag of the first.
    bridges: HashMap<String, String>,
}

struct Known {
    call_id: String,
    invite: Invite,
    branch: String,
    bridge: Option<String>,
    mail: mpsc::Sender<Mail>,
}

/// Call-ID, tag of the From, and number.
type Invite = (String, String, u32);

impl Shared {
    /// # Errors
    /// A network of the configuration that is none.
    pub(super) fn new(config: SiprecConfig) -> Result<Self, acl::NetError> {
        let allowed =
            config.allow.iter().map(|text| acl::Net::parse(text)).collect::<Result<_, _>>()?;
        let any = IpAddr::from([0, 0, 0, 0]);
        let ports = Arc::new(Ports::new(config.ip.unwrap_or(any), config.rtp_ports));
        Ok(Self { config, ports, allowed, dialogs: Mutex::default() })
    }

    /// The address that a peer reaches us at.
    pub(super) fn own_ip(&self, path: &Path) -> IpAddr {
        if let Some(told) = self.config.told_ip.or(self.config.ip) {
            return told;
        }
        if !path.local.ip().is_unspecified() {
            return path.local.ip();
        }
        // The system knows which of our addresses it would speak from; nothing is sent.
        let found = || {
            let socket = UdpSocket::bind((IpAddr::from([0, 0, 0, 0]), 0)).ok()?;
            socket.connect(path.peer).ok()?;
            Some(socket.local_addr().ok()?.ip())
        };
        found().unwrap_or(path.local.ip())
    }

    /// A dialog is over.
    pub(super) fn forget(&self, tag: &str) {
        let mut dialogs = self.dialogs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = dialogs.by_tag.remove(tag) {
            dialogs.by_invite.remove(&known.invite);
            if let Some(bridge) =
                known.bridge.filter(|b| dialogs.bridges.get(b).is_some_and(|t| t == tag))
            {
                dialogs.bridges.remove(&bridge);
            }
        }
    }
}

/// A word that nobody can guess: tags, branches.
pub(super) fn token() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

/// Headers that say what we can do.
pub(super) fn capabilities() -> Vec<(&'static str, &'static str)> {
    vec![
        ("Allow", ALLOW),
        ("Accept", ACCEPT),
        ("Supported", "timer, siprec"),
        ("Server", "Lingting"),
    ]
}

/// The session description among the parts.
pub(super) fn description(parts: &[Part<'_>]) -> Option<Sdp> {
    let part = parts.iter().find(|part| part.kind == "application/sdp")?;
    Some(sdp::parse(&String::from_utf8_lossy(part.body)))
}

/// Whether an INVITE begins a recording session (RFC 7866, 6.1.1; and how vendors say it).
fn is_recording(invite: &Message, parts: &[Part<'_>]) -> bool {
    let required = invite.lists("require", "siprec") || invite.lists("proxy-require", "siprec");
    let marks = ["+sip.src", "src", "isfocus"];
    let marked = invite.header("contact").is_some_and(|contact| {
        let outside = contact.rsplit_once('>').map_or(contact, |(_, outside)| outside);
        parameters(outside).any(|(key, _)| marks.contains(&key.to_ascii_lowercase().as_str()))
    });
    let metadata = parts.iter().any(|part| part.kind.starts_with("application/rs-metadata"));
    let cisco =
        invite.header("x-cisco-recording-participant").is_some() || bridge(invite).is_some();
    required || marked || metadata || cisco
}

/// Why an INVITE is not taken.
struct Refusal(u16, Vec<(&'static str, String)>);

impl Refusal {
    fn plain(code: u16) -> Self {
        Self(code, Vec::new())
    }

    fn busy(retry_after_s: u32) -> Self {
        Self(503, vec![("Retry-After", retry_after_s.to_string())])
    }
}

/// Takes messages and hands them to their calls.
pub(super) struct Server {
    pub(super) shared: Arc<Shared>,
    pub(super) exchange: Arc<dyn Exchange>,
    pub(super) calls: TaskTracker,
    pub(super) stop: CancellationToken,
}

impl Take for Server {
    fn take(&self, message: Message, path: &Path) {
        let Start::Request { method, .. } = &message.start else {
            let tag = message.header("from").and_then(|from| parameter(from, "tag"));
            let tag = tag.map(str::to_owned);
            return self.forward(tag.as_deref(), message, path);
        };
        let method = method.clone();
        let whole =
            ["via", "from", "to", "call-id"].iter().all(|name| message.header(name).is_some());
        let numbered = message.cseq().is_some_and(|(_, of)| of.eq_ignore_ascii_case(&method));
        if !whole || !numbered {
            return self.refuse(&message, path, Refusal::plain(400));
        }
        let ip = path.peer.ip().to_canonical();
        if !self.shared.allowed.is_empty() && !self.shared.allowed.iter().any(|net| net.has(ip)) {
            tracing::info!(peer = %path.peer, source = %self.shared.config.name, "a SIP request from a foreign address is refused");
            return self.refuse(&message, path, Refusal::plain(403));
        }
        let tag = message.header("to").and_then(|to| parameter(to, "tag")).map(str::to_owned);
        match (method.as_str(), tag) {
            (_, Some(tag)) => self.forward(Some(&tag), message, path),
            ("INVITE", None) => self.invite(message, path),
            ("CANCEL", None) => self.cancel(message, path),
            ("OPTIONS", None) => self.options(&message, path),
            ("ACK", None) => {}
            ("NOTIFY" | "SUBSCRIBE", None) => self.refuse(&message, path, Refusal::plain(489)),
            ("BYE" | "UPDATE" | "INFO" | "PRACK", None) => {
                self.refuse(&message, path, Refusal::plain(481));
            }
            _ => self.refuse(&message, path, Refusal::plain(405)),
        }
    }
}

impl Server {
    fn refuse(&self, request: &Message, path: &Path, Refusal(code, more): Refusal) {
        if request.method() == Some("ACK") {
            return;
        }
        let tag = token();
        let mut headers: Vec<(&str, &str)> =
            more.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.extend(capabilities());
        path.send(reply(request, code, Some(&tag), &headers, b""));
    }

    /// To the call that has this tag.
    fn forward(&self, tag: Option<&str>, message: Message, path: &Path) {
        let call_id = message.header("call-id").unwrap_or_default();
        let dialogs = self.shared.dialogs.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tag.and_then(|tag| dialogs.by_tag.get(tag));
        let mail = known.filter(|known| known.call_id == call_id).map(|known| known.mail.clone());
        drop(dialogs);
        let letter = || Mail::Message(Box::new(message.clone()), Box::new(path.clone()));
        match mail.map(|mail| mail.try_send(letter())) {
            Some(Ok(())) => {}
            // The call does not keep up: the peer repeats.
            Some(Err(mpsc::error::TrySendError::Full(_))) => {}
            Some(Err(_)) | None => {
                if message.method().is_some() {
                    self.refuse(&message, path, Refusal::plain(481));
                }
            }
        }
    }

    fn options(&self, request: &Message, path: &Path) {
        if self.exchange.has_room() && !self.stop.is_cancelled() {
            path.send(reply(request, 200, Some(&token()), &capabilities(), b""));
        } else {
            self.refuse(request, path, Refusal::busy(RETRY_AFTER_S));
        }
    }

    fn invite_name(message: &Message) -> Invite {
        let header = |name: &str| message.header(name).unwrap_or_default().to_owned();
        let from = header("from");
        let tag = parameter(&from, "tag").unwrap_or_default().to_owned();
        (header("call-id"), tag, message.cseq().map_or(0, |(number, _)| number))
    }

    fn cancel(&self, message: Message, path: &Path) {
        let dialogs = self.shared.dialogs.lock().unwrap_or_else(PoisonError::into_inner);
        let tag = dialogs.by_invite.get(&Self::invite_name(&message)).cloned();
        drop(dialogs);
        self.forward(tag.as_deref(), message, path);
    }

    fn invite(&self, message: Message, path: &Path) {
        let name = Self::invite_name(&message);
        let branch = message.branch().unwrap_or_default().to_owned();
        let dialogs = self.shared.dialogs.lock().unwrap_or_else(PoisonError::into_inner);
        let known = dialogs.by_invite.get(&name).cloned();
        let same = known.as_ref().and_then(|tag| dialogs.by_tag.get(tag));
        let same = same.is_some_and(|known| known.branch == branch);
        let full = dialogs.by_tag.len() >= DIALOGS_MAX;
        drop(dialogs);
        match (known, same) {
            (Some(tag), true) => return self.forward(Some(&tag), message, path),
            (Some(_), false) => return self.refuse(&message, path, Refusal::plain(482)),
            (None, _) => {}
        }
        if full || self.stop.is_cancelled() {
            return self.refuse(&message, path, Refusal::busy(RETRY_AFTER_S));
        }
        path.send(reply(&message, 100, None, &[], b""));
        if let Err(refusal) = self.begin(&message, path, name, branch) {
            tracing::info!(code = refusal.0, source = %self.shared.config.name, "a call is refused");
            self.refuse(&message, path, refusal);
        }
    }

    /// Begins a call, or joins one with the other end of it.
    fn begin(
        &self,
        invite: &Message,
        path: &Path,
        name: Invite,
        branch: String,
    ) -> Result<(), Refusal> {
        let parts = acceptable(invite)?;
        if !is_recording(invite, &parts) && !self.shared.config.plain {
            return Err(Refusal::plain(488));
        }
        let offer = description(&parts);
        if offer.as_ref().is_some_and(|offer| !offer.media.iter().any(Legs::is_takable)) {
            return Err(Refusal::plain(488));
        }
        let bridge = bridge(invite).map(|bridge| bridge.call);
        let mut bound = Vec::new();
        if offer.is_none() {
            let lines = if bridge.is_some() { 1 } else { 2 };
            bound.extend((0..lines).filter_map(|_| self.shared.ports.take()));
            if bound.is_empty() {
                return Err(Refusal::busy(RETRY_AFTER_S));
            }
        }
        let tag = token();
        let call_id = name.0.clone();
        let opening =
            Opening { invite: invite.clone(), path: path.clone(), tag: tag.clone(), bound };
        let known = |mail| Known {
            call_id: call_id.clone(),
            invite: name.clone(),
            branch,
            bridge: bridge.clone(),
            mail,
        };
        let mut dialogs = self.shared.dialogs.lock().unwrap_or_else(PoisonError::into_inner);
        let other = bridge.as_ref().and_then(|call| dialogs.bridges.get(call));
        let other = other.and_then(|tag| dialogs.by_tag.get(tag)).map(|known| known.mail.clone());
        if let Some(mail) = other.filter(|mail| !mail.is_closed()) {
            mail.try_send(Mail::Join(Box::new(opening))).map_err(|_| Refusal::busy(1))?;
            dialogs.by_invite.insert(name.clone(), tag.clone());
            dialogs.by_tag.insert(tag, known(mail));
            return Ok(());
        }
        let mut picture = Picture::default();
        if let Err(error) = picture.learn(invite, &parts) {
            tracing::warn!(%error, source = %self.shared.config.name, "metadata is left out");
        }
        let facts = picture.facts(&[], &[], &self.shared.config.roles);
        let key = CallKey { source: self.shared.config.name.clone(), native_id: call_id.clone() };
        let handles = [("sip.call_id".to_owned(), call_id.clone())].into();
        let start = CallStart { key, facts: facts.clone(), handles };
        let line = self.exchange.admit(start).map_err(|refused| match refused {
            Refused::Full { retry_after_s } => Refusal::busy(retry_after_s),
            Refused::Draining => Refusal::busy(RETRY_AFTER_S),
            Refused::Duplicate => Refusal::plain(486),
        })?;
        let (mail, given) = mpsc::channel(MAIL_MAX);
        dialogs.by_invite.insert(name.clone(), tag.clone());
        if let Some(call) = &bridge {
            dialogs.bridges.insert(call.clone(), tag.clone());
        }
        dialogs.by_tag.insert(tag, known(mail));
        drop(dialogs);
        let call = Call::new(Arc::clone(&self.shared), line, given, picture, facts);
        self.calls.spawn(call.run(opening, self.stop.clone()));
        Ok(())
    }
}

/// The parts of an INVITE that we can take.
fn acceptable(invite: &Message) -> Result<Vec<Part<'_>>, Refusal> {
    let required = invite.headers("require").flat_map(|value| value.split(',')).map(str::trim);
    let unknown: Vec<&str> = required
        .filter(|word| !word.is_empty() && !EXTENSIONS.iter().any(|e| e.eq_ignore_ascii_case(word)))
        .collect();
    if !unknown.is_empty() {
        return Err(Refusal(420, vec![("Unsupported", unknown.join(", "))]));
    }
    if timer(invite) == Timer::TooShort {
        return Err(Refusal(422, vec![("Min-SE", SESSION_S_MIN.to_string())]));
    }
    let packed = invite.header("content-encoding").is_some_and(|how| how != "identity");
    let kind = invite.header("content-type").unwrap_or_default();
    let plain = multipart::media_type(kind);
    let known = plain == "application/sdp" || plain.starts_with("multipart/");
    if packed || (!invite.body.is_empty() && !known) {
        return Err(Refusal::plain(415));
    }
    multipart::split(kind, &invite.body).map_err(|_| Refusal::plain(400))
}
