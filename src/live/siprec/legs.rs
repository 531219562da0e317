//! The legs of one call: sockets, what is received on them, and what is told of it.
//!
//! In: media lines as they are offered, datagrams, the time. Out: [`Ingest`] events, put at the end of a list. At most two legs; further
//! lines are not taken.

use std::net::UdpSocket as StdSocket;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;

use crate::live::rtp::ports::Ports;
use crate::live::rtp::srtp::{Key, Srtp};
use crate::live::rtp::{Format, Leg};
use crate::live::{HoldReason, Ingest, LEGS_MAX, LegId, LegRole};

use super::picture::LegHint;
use super::sdp::{Medium, Reply};

/// Datagrams taken from one leg before the other's turn comes.
const TURN_DATAGRAMS: usize = 32;
/// Datagrams taken from a leg when the call is over: more than a socket holds.
const LAST_DATAGRAMS_MAX: usize = 1_024;
/// The call's clock begins so much before the call: what arrives at once was spoken before, and would have no place.
const LEAD: Duration = Duration::from_millis(60);
/// Bytes of a datagram of RTP that are read; longer ones are none of ours.
const DATAGRAM_BYTES_MAX: usize = 2_048;

/// A leg and its socket.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) leg: Leg,
    pub(crate) hint: LegHint,
    /// The dialog and the media line that it belongs to; `None`: it has left.
    line: Option<(usize, usize)>,
    socket: Option<UdpSocket>,
    port: u16,
    rate_hz: u32,
    active: bool,
    /// The role that was told.
    role: Option<LegRole>,
    codec: &'static str,
    security: Option<Key>,
}

/// The legs of a call.
#[derive(Debug)]
pub(crate) struct Legs {
    pub(crate) slots: Vec<Slot>,
    ports: Arc<Ports>,
    epoch: Instant,
    buffer: Vec<u8>,
}

impl Drop for Legs {
    fn drop(&mut self) {
        for slot in &mut self.slots {
            slot.close(&self.ports);
        }
    }
}

impl Slot {
    fn close(&mut self, ports: &Ports) {
        if self.socket.take().is_some() {
            ports.give_back(self.port);
        }
        self.line = None;
    }
}

/// Waits until a datagram is there; for ever without a socket. Cancel safe.
pub(crate) async fn readable(socket: Option<&UdpSocket>) {
    match socket {
        Some(socket) => drop(socket.readable().await),
        None => std::future::pending().await,
    }
}

/// Whether a line can be taken, and with which key.
fn security(medium: &Medium) -> Option<Option<Key>> {
    if !medium.is_secure() {
        return Some(None);
    }
    Key::choose(&medium.cryptos).map(Some)
}

impl Legs {
    pub(crate) fn new(ports: Arc<Ports>, epoch: Instant) -> Self {
        let epoch = epoch.checked_sub(LEAD).unwrap_or(epoch);
        Self { slots: Vec::new(), ports, epoch, buffer: vec![0; DATAGRAM_BYTES_MAX] }
    }

    /// Microseconds since the call began.
    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Whether a line is one that we can take.
    pub(crate) fn is_takable(medium: &Medium) -> bool {
        medium.kind == "audio"
            && medium.port != 0
            && medium.codec().is_some()
            && security(medium).is_some()
    }

    /// Takes a dialog's media lines as they are now offered; the reply to each. `bound`: sockets that were bound for it before.
    pub(crate) fn apply(
        &mut self,
        dialog: usize,
        media: &[Medium],
        hints: &[LegHint],
        bound: &mut Vec<(StdSocket, u16)>,
        out: &mut Vec<Ingest>,
    ) -> Vec<Reply> {
        // Lines that are gone make room first.
        for ix in 0..self.slots.len() {
            let line = self.slots.get(ix).and_then(|slot| slot.line);
            let Some((_, at)) = line.filter(|(of, _)| *of == dialog) else { continue };
            if !media.get(at).is_some_and(Self::is_takable) {
                self.leave(ix, out);
            }
        }
        let mut replies = Vec::new();
        for (at, medium) in media.iter().enumerate() {
            let hint = hints.get(at).cloned().unwrap_or_default();
            let taken = Self::is_takable(medium)
                .then(|| self.line(dialog, at, medium, hint, bound, out))
                .flatten();
            replies.push(taken.unwrap_or(Reply { port: 0, inactive: true, crypto: None }));
        }
        replies
    }

    fn line(
        &mut self,
        dialog: usize,
        at: usize,
        medium: &Medium,
        hint: LegHint,
        bound: &mut Vec<(StdSocket, u16)>,
        out: &mut Vec<Ingest>,
    ) -> Option<Reply> {
        let key = security(medium)?;
        let known = self.slots.iter().position(|slot| slot.line == Some((dialog, at)));
        let ix = match known {
            Some(ix) => ix,
            None => self.join(medium, bound)?,
        };
        let slot = self.slots.get_mut(ix)?;
        slot.line = Some((dialog, at));
        slot.hint = hint;
        let security = match &key {
            // A key that cannot be used was not chosen.
            Some(key) => Some(Srtp::new(key.clone()).ok()?),
            None => None,
        };
        let mut formats = medium.formats.clone();
        formats.retain(|(_, format)| *format != Format::Other);
        slot.leg.describe(formats, security);
        slot.security = key;
        let active = medium.is_active();
        let leg = slot.leg_id(ix);
        if slot.role.is_some() && active != slot.active {
            out.push(if active {
                Ingest::Resumed { leg: Some(leg) }
            } else {
                Ingest::Held { leg: Some(leg), reason: hold_reason(medium) }
            });
        }
        slot.active = active;
        slot.leg.set_held(!active);
        let crypto = match &slot.security {
            Some(key) => Some(key.answer().ok()?),
            None => None,
        };
        Some(Reply { port: slot.port, inactive: !active, crypto })
    }

    /// A socket and a leg for a new line: a leg that has left goes on, if there is one.
    fn join(&mut self, medium: &Medium, bound: &mut Vec<(StdSocket, u16)>) -> Option<usize> {
        let (_, codec) = medium.codec()?;
        let free = self.slots.iter().position(|slot| slot.line.is_none());
        if free.is_none() && self.slots.len() >= LEGS_MAX {
            return None;
        }
        let (socket, port) = bound.pop().or_else(|| self.ports.take())?;
        let socket = UdpSocket::from_std(socket).ok()?;
        if let Some(ix) = free {
            let slot = self.slots.get_mut(ix)?;
            (slot.socket, slot.port, slot.role) = (Some(socket), port, None);
            return Some(ix);
        }
        let ix = self.slots.len();
        self.slots.push(Slot {
            leg: Leg::new(LegId(ix as u8), codec.rate_hz()),
            hint: LegHint::default(),
            line: None,
            socket: Some(socket),
            port,
            rate_hz: codec.rate_hz(),
            active: true,
            role: None,
            codec: codec.as_str(),
            security: None,
        });
        Some(ix)
    }

    fn leave(&mut self, ix: usize, out: &mut Vec<Ingest>) {
        let Some(slot) = self.slots.get_mut(ix) else { return };
        slot.leg.finish(out);
        slot.close(&self.ports);
        out.push(Ingest::LegLeft { leg: LegId(ix as u8) });
    }

    /// All of a dialog's lines are gone.
    pub(crate) fn leave_dialog(&mut self, dialog: usize, out: &mut Vec<Ingest>) {
        for ix in 0..self.slots.len() {
            if self.slots.get(ix).and_then(|slot| slot.line).is_some_and(|(of, _)| of == dialog) {
                self.leave(ix, out);
            }
        }
    }

    /// What is known of each leg.
    pub(crate) fn hints(&self) -> Vec<LegHint> {
        self.slots.iter().map(|slot| slot.hint.clone()).collect()
    }

    /// Tells of new legs, and of roles that are known better.
    pub(crate) fn tell_roles(&mut self, roles: &[LegRole], out: &mut Vec<Ingest>) {
        for (ix, slot) in self.slots.iter_mut().enumerate() {
            let role = roles.get(ix).copied().unwrap_or(LegRole::Unknown);
            if slot.line.is_none() || slot.role == Some(role) {
                continue;
            }
            let leg = LegId(ix as u8);
            if slot.role.is_some() {
                out.push(Ingest::LegUpdated { leg, role });
            } else {
                let (rate_hz, codec) = (slot.rate_hz, slot.codec);
                out.push(Ingest::LegJoined { leg, role, rate_hz, codec });
                if !slot.active {
                    out.push(Ingest::Held { leg: Some(leg), reason: HoldReason::Hold });
                }
            }
            slot.role = Some(role);
        }
    }

    /// The socket of a leg.
    pub(crate) fn socket(&self, ix: usize) -> Option<&UdpSocket> {
        self.slots.get(ix)?.socket.as_ref()
    }

    /// Takes what has come on a leg, until its turn is over.
    pub(crate) fn receive(&mut self, ix: usize, out: &mut Vec<Ingest>) {
        self.receive_most(ix, TURN_DATAGRAMS, out);
    }

    fn receive_most(&mut self, ix: usize, most: usize, out: &mut Vec<Ingest>) {
        let now_us = self.now_us();
        let Some(slot) = self.slots.get_mut(ix) else { return };
        for _ in 0..most {
            let Some(socket) = &slot.socket else { return };
            // Errors are ICMP's news of others; there is nothing to read then either.
            let Ok(count) = socket.try_recv(&mut self.buffer) else { return };
            slot.leg.push(now_us, self.buffer.get(..count).unwrap_or_default(), out);
        }
    }

    /// Lets time go on.
    pub(crate) fn tick(&mut self, out: &mut Vec<Ingest>) {
        let now_us = self.now_us();
        for slot in self.slots.iter_mut().filter(|slot| slot.line.is_some()) {
            slot.leg.tick(now_us, out);
        }
    }

    /// When a leg has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let us = self.slots.iter().filter_map(|slot| slot.leg.deadline_us()).min()?;
        self.epoch.checked_add(Duration::from_micros(us))
    }

    /// When the last packet came, in microseconds since the call began.
    pub(crate) fn last_us(&self) -> u64 {
        self.slots.iter().map(|slot| slot.leg.last_us()).max().unwrap_or(0)
    }

    /// How well each leg arrives.
    pub(crate) fn tell_quality(&self, out: &mut Vec<Ingest>) {
        for (ix, slot) in self.slots.iter().enumerate().filter(|(_, slot)| slot.role.is_some()) {
            out.push(Ingest::Quality { leg: slot.leg_id(ix), quality: slot.leg.quality() });
        }
    }

    /// Datagrams that were refused.
    pub(crate) fn refused(&self) -> u64 {
        self.slots.iter().map(|slot| slot.leg.refused()).sum()
    }

    /// Lets out all that is there, and tells the last of it.
    pub(crate) fn finish(&mut self, out: &mut Vec<Ingest>) {
        for ix in 0..self.slots.len() {
            self.receive_most(ix, LAST_DATAGRAMS_MAX, out);
        }
        for slot in &mut self.slots {
            slot.leg.finish(out);
        }
        self.tell_quality(out);
    }
}

impl Slot {
    fn leg_id(&self, ix: usize) -> LegId {
        LegId(ix as u8)
    }

    /// Whether it was told as this one's.
    pub(crate) fn is_of(&self, role: LegRole) -> bool {
        self.role == Some(role)
    }
}

/// An address of zeros pauses the recording, as BroadWorks does it; all else is hold.
fn hold_reason(medium: &Medium) -> HoldReason {
    match medium.address {
        Some(address) if address.is_unspecified() => HoldReason::Paused,
        _ => HoldReason::Hold,
    }
}
