//! One leg's RTP: datagrams become events.
//!
//! In: datagrams with the time they arrived, in microseconds since the call began, and what the session's description says. Out: [`Ingest`]
//! events of this leg, put at the end of a list. Legs that are given the same clock stay aligned. What is not this leg's RTP is counted
//! and changes nothing.

use super::codec::Format;
use super::dtmf::Keys;
use super::packet::Packet;
use super::reorder::{Place, Reorder};
use super::sender::{Lock, Unwrap, Whose};
use super::srtp::Srtp;
use super::voice::Voice;
use crate::live::{GapCause, Ingest, LegId, Quality};

/// How long the first packets of a sender wait until it is known how late the least delayed of them is, in microseconds.
const LEARN_US: u64 = 200_000;
/// After so long without a packet, silence is told, in microseconds …
const QUIET_US: u64 = 2_000_000;
/// … up to this long ago: what has been told as silence can no longer be heard.
const QUIET_LAG_US: u64 = 1_000_000;

/// A packet whose turn has not come.
#[derive(Debug)]
struct Held {
    format: Format,
    timestamp: i64,
    payload: Vec<u8>,
}

/// A packet far from the others: of another beginning, if the next one agrees with it.
#[derive(Debug, Clone, Copy)]
struct Stray {
    seq: u16,
    timestamp: u32,
}

/// The receiving end of one leg.
#[derive(Debug)]
pub struct Leg {
    id: LegId,
    formats: Vec<(u8, Format)>,
    security: Option<Srtp>,
    lock: Lock,
    numbers: Option<Unwrap>,
    buffer: Reorder<Held>,
    stray: Option<Stray>,
    keys: Keys,
    voice: Voice,
    quality: Quality,
    /// Arrival and timestamp of the packet before, for the jitter.
    before: Option<(u64, i64)>,
    jitter_us: f64,
    last_us: u64,
    /// Packets that were none, or not ours.
    refused: u64,
    held: bool,
}

impl Leg {
    /// A leg whose audio comes out at `rate_hz`; nothing is taken until it is described.
    pub fn new(id: LegId, rate_hz: u32) -> Self {
        Self {
            id,
            formats: Vec::new(),
            security: None,
            lock: Lock::default(),
            numbers: None,
            buffer: Reorder::new(0),
            stray: None,
            keys: Keys::default(),
            voice: Voice::new(id, rate_hz),
            quality: Quality::default(),
            before: None,
            jitter_us: 0.0,
            last_us: 0,
            refused: 0,
            held: false,
        }
    }

    /// What payload types stand for, and how packets are encrypted, from now on; another sender is believed at once. The same key goes on
    /// where it was.
    pub fn describe(&mut self, formats: Vec<(u8, Format)>, security: Option<Srtp>) {
        self.formats = formats;
        self.lock.open();
        let same = match (&self.security, &security) {
            (Some(old), Some(new)) => old.key() == new.key(),
            (None, None) => true,
            _ => false,
        };
        if !same {
            self.security = security;
        }
    }

    /// Held, or no longer: silence while it is held is a pause.
    pub fn set_held(&mut self, held: bool) {
        self.held = held;
        if held {
            self.voice.set_quiet(GapCause::Paused);
        }
    }

    /// How well it arrives.
    pub fn quality(&self) -> Quality {
        Quality { jitter_ms: (self.jitter_us / 1_000.0) as f32, ..self.quality }
    }

    /// Datagrams that were refused: no RTP, of an unknown type, not authentic, undecodable, or somebody else's.
    pub fn refused(&self) -> u64 {
        self.refused + self.voice.undecodable
    }

    /// When the last packet came, in microseconds since the call began; 0 for never.
    pub fn last_us(&self) -> u64 {
        self.last_us
    }

    /// When [`Leg::tick`] has something to do, if nothing comes before.
    pub fn deadline_us(&self) -> Option<u64> {
        self.buffer.deadline_us()
    }

    /// Takes a datagram.
    pub fn push(&mut self, now_us: u64, datagram: &[u8], out: &mut Vec<Ingest>) {
        let taken = match &mut self.security {
            None => self.take(now_us, datagram, out),
            Some(security) => match security.open(datagram) {
                Ok(plain) => self.take(now_us, &plain, out),
                Err(_) => None,
            },
        };
        if taken.is_none() {
            self.refused += 1;
        }
        self.release(now_us, out);
    }

    /// Lets out what has waited long enough, and tells silence.
    pub fn tick(&mut self, now_us: u64, out: &mut Vec<Ingest>) {
        self.release(now_us, out);
        if now_us.saturating_sub(self.last_us) > QUIET_US {
            self.voice.quiet_until(now_us - QUIET_LAG_US, out);
        }
    }

    /// Lets out all that is there.
    pub fn finish(&mut self, out: &mut Vec<Ingest>) {
        while let Some(item) = self.buffer.flush() {
            self.play(item.item, item.lost, out);
        }
    }

    /// `None`: refused.
    fn take(&mut self, now_us: u64, bytes: &[u8], out: &mut Vec<Ingest>) -> Option<()> {
        let packet = Packet::parse(bytes).ok()?;
        let known = self.formats.iter().find(|(number, _)| *number == packet.payload_type);
        let format = known.map(|(_, format)| *format).filter(|f| *f != Format::Other)?;
        let ours = self.lock.current() == Some(packet.ssrc);
        if format == Format::Keys && !ours {
            // Keys may come from another sender than speech, which stays whose it is.
            self.last_us = now_us;
            let digit = self.keys.push(packet.ssrc, packet.timestamp, packet.payload);
            out.extend(digit.map(|digit| Ingest::Dtmf { leg: self.id, digit }));
            return Some(());
        }
        match self.lock.push(packet.ssrc) {
            Whose::Foreign => return None,
            Whose::New => self.restart(now_us, &packet, out),
            Whose::Ours => {}
        }
        self.last_us = now_us;
        self.arrive(now_us, &packet, format, out)
    }

    /// The stream begins anew with this packet.
    fn restart(&mut self, now_us: u64, packet: &Packet<'_>, out: &mut Vec<Ingest>) {
        self.finish(out);
        self.numbers = Some(Unwrap::new(packet.seq, packet.timestamp));
        self.buffer = Reorder::new(now_us.saturating_add(LEARN_US));
        self.before = None;
        self.stray = None;
        self.voice.reset();
    }

    fn arrive(
        &mut self,
        now_us: u64,
        packet: &Packet<'_>,
        format: Format,
        out: &mut Vec<Ingest>,
    ) -> Option<()> {
        let numbers = *self.numbers.as_ref()?;
        let (mut seq, mut timestamp) = numbers.look(packet.seq, packet.timestamp);
        if self.is_stray(format, seq, timestamp, &numbers, now_us) {
            let next = Stray { seq: packet.seq, timestamp: packet.timestamp };
            let agreed = self.stray.replace(next).is_some_and(|before| before.precedes(&next));
            if !agreed {
                return None;
            }
            self.restart(now_us, packet, out);
            (seq, timestamp) = (i64::from(packet.seq), i64::from(packet.timestamp));
        }
        self.stray = None;
        let place = self.buffer.arrive(seq, now_us);
        match place {
            Place::Duplicate => self.quality.duplicates += 1,
            Place::Late => {
                self.quality.late += 1;
                self.quality.lost = self.quality.lost.saturating_sub(1);
            }
            Place::Next | Place::Early => {
                self.quality.received += 1;
                if let Some(numbers) = &mut self.numbers {
                    numbers.take((seq, timestamp));
                }
                if let Format::Audio(codec) = format {
                    self.voice.observe(codec, timestamp, now_us);
                    self.measure(now_us, timestamp, codec.clock_hz());
                }
            }
        }
        match place {
            Place::Next => self.play_payload(format, timestamp, packet.payload, 0, out),
            Place::Early => {
                let held = Held { format, timestamp, payload: packet.payload.to_vec() };
                self.buffer.hold(seq, now_us, held);
            }
            Place::Late | Place::Duplicate => {}
        }
        Some(())
    }

    fn is_stray(
        &self,
        format: Format,
        seq: i64,
        timestamp: i64,
        numbers: &Unwrap,
        now_us: u64,
    ) -> bool {
        let time_strays = match format {
            Format::Audio(codec) => self.voice.strays(codec, timestamp, now_us),
            _ => false,
        };
        time_strays || numbers.is_jump(seq)
    }

    /// Interarrival jitter (RFC 3550, 6.4.1).
    fn measure(&mut self, now_us: u64, timestamp: i64, clock_hz: u32) {
        if let Some((then_us, then)) = self.before.replace((now_us, timestamp)) {
            let arrived_us = now_us as f64 - then_us as f64;
            let sent_us = (timestamp - then) as f64 * 1e6 / f64::from(clock_hz.max(1));
            self.jitter_us += ((arrived_us - sent_us).abs() - self.jitter_us) / 16.0;
        }
    }

    fn release(&mut self, now_us: u64, out: &mut Vec<Ingest>) {
        while let Some(item) = self.buffer.pop(now_us) {
            self.play(item.item, item.lost, out);
        }
    }

    fn play(&mut self, held: Held, lost: u64, out: &mut Vec<Ingest>) {
        self.quality.lost += lost;
        self.play_payload(held.format, held.timestamp, &held.payload, lost, out);
    }

    fn play_payload(
        &mut self,
        format: Format,
        timestamp: i64,
        payload: &[u8],
        lost: u64,
        out: &mut Vec<Ingest>,
    ) {
        match format {
            Format::Audio(codec) => {
                self.voice.play(codec, timestamp, payload, lost, out);
                if !self.held {
                    self.voice.set_quiet(GapCause::Dtx);
                }
            }
            Format::Keys => {
                let ssrc = self.lock.current().unwrap_or(0);
                let digit = self.keys.push(ssrc, timestamp as u32, payload);
                out.extend(digit.map(|digit| Ingest::Dtmf { leg: self.id, digit }));
            }
            Format::Comfort | Format::Other => {}
        }
    }
}

impl Stray {
    /// Whether another packet follows this one closely.
    fn precedes(&self, next: &Stray) -> bool {
        let seq_step = next.seq.wrapping_sub(self.seq);
        let time_step = next.timestamp.wrapping_sub(self.timestamp);
        // Up to a second at 48 kHz.
        (1..=50).contains(&seq_step) && time_step <= 48_000
    }
}

#[cfg(test)]
#[path = "leg_tests.rs"]
mod tests;
