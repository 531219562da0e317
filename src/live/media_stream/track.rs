//! One track of a stream: payloads to their places on the leg's clock.
//!
//! In: payloads with their time and number, in the order of arrival. Out: audio and gaps in order. A time
//! that wobbles by a few milliseconds moves nothing; one that jumps is believed.

use std::collections::BTreeMap;

use super::super::clock::{Laid, LegClock};
use super::super::event::{GapCause, Ingest, LegId, Quality};
use super::super::payload::{Encoding, Payloads};
use super::message::Media;

/// Wobble of a time that is not believed: less than a frame, or the same frame would be laid twice.
const WOBBLE_MS: u64 = 15;

/// The same where the numbers say that nothing is missing.
const WOBBLE_NUMBERED_MS: u64 = 60;

/// Payloads that wait for one before them, where the order of arrival means nothing.
const WINDOW: usize = 5;

/// Payloads between two reports of quality: 5 s at 20 ms.
const REPORT_EVERY: u64 = 250;

/// One leg's state.
pub(super) struct Lane {
    leg: LegId,
    rate_hz: u32,
    clock: LegClock,
    payloads: Payloads,
    window: usize,
    waiting: BTreeMap<u64, Media>,
    last: Option<Media>,
    quality: Quality,
}

impl Lane {
    /// A leg; `reorder`: its payloads may come in any order.
    pub(super) fn new(leg: LegId, encoding: Encoding, rate_hz: u32, reorder: bool) -> Self {
        Self {
            leg,
            rate_hz,
            clock: LegClock::new(leg, rate_hz),
            payloads: Payloads::new(encoding, rate_hz),
            window: if reorder { WINDOW } else { 0 },
            waiting: BTreeMap::new(),
            last: None,
            quality: Quality::default(),
        }
    }

    /// The leg.
    pub(super) const fn leg(&self) -> LegId {
        self.leg
    }

    /// Takes a payload; its time counts from the call's beginning.
    pub(super) fn take(&mut self, media: Media, out: &mut Vec<Ingest>) {
        self.quality.received += 1;
        match media.at_ms.or(media.chunk) {
            Some(order) if self.window > 0 => {
                if self.waiting.insert(order, media).is_some() {
                    self.quality.duplicates += 1;
                }
                while self.waiting.len() > self.window || self.next_is_due() {
                    self.release(out);
                }
            }
            _ => self.lay(media, out),
        }
        if self.quality.received.is_multiple_of(REPORT_EVERY) {
            out.push(Ingest::Quality { leg: self.leg, quality: self.quality });
        }
    }

    /// What still waits is laid as it is.
    pub(super) fn finish(&mut self, out: &mut Vec<Ingest>) {
        while !self.waiting.is_empty() {
            self.release(out);
        }
        if self.quality.received > 0 {
            out.push(Ingest::Quality { leg: self.leg, quality: self.quality });
        }
    }

    fn release(&mut self, out: &mut Vec<Ingest>) {
        if let Some((_, media)) = self.waiting.pop_first() {
            self.lay(media, out);
        }
    }

    /// Whether the first that waits follows what was laid.
    fn next_is_due(&self) -> bool {
        let Some((_, first)) = self.waiting.first_key_value() else { return false };
        match (self.clock.end(), first.at_ms) {
            (None, _) => first.chunk.is_none_or(|chunk| chunk <= 1),
            (Some(end), Some(at_ms)) => self.place(at_ms) <= end + self.samples(WOBBLE_MS),
            (Some(_), None) => self.follows(first),
        }
    }

    fn follows(&self, media: &Media) -> bool {
        let last = self.last.as_ref().and_then(|last| last.chunk);
        matches!((last, media.chunk), (Some(last), Some(chunk)) if Some(chunk) == last.checked_add(1))
    }

    fn lay(&mut self, media: Media, out: &mut Vec<Ingest>) {
        if self.is_late(&media) {
            return;
        }
        let Some(pcm) = self.payloads.decode(&media.payload) else {
            self.quality.lost += 1;
            return;
        };
        let numbered = self.follows(&media);
        let end = self.clock.end().unwrap_or(0);
        let at = match media.at_ms.map(|at_ms| self.place(at_ms)) {
            None => end,
            Some(at) => {
                let wobble = if numbered { WOBBLE_NUMBERED_MS } else { WOBBLE_MS };
                let near = self.clock.end().is_some() && at.abs_diff(end) <= self.samples(wobble);
                if near { end } else { at }
            }
        };
        let cause = if numbered { GapCause::Dtx } else { GapCause::Loss };
        if cause == GapCause::Loss && self.clock.end().is_some() {
            let missing = at.saturating_sub(end) / (pcm.len() as u64).max(1);
            self.quality.lost = self.quality.lost.saturating_add(missing);
        }
        match self.clock.lay(at, &pcm, cause, out) {
            Laid::Taken => self.last = Some(Media { payload: Vec::new(), ..media }),
            Laid::Late => self.quality.late += 1,
            Laid::Beyond => self.quality.lost += 1,
        }
    }

    /// Whether it was laid before, or its place was passed.
    fn is_late(&mut self, media: &Media) -> bool {
        let Some(last) = &self.last else { return false };
        let (duplicate, late) = match (last.at_ms, media.at_ms, last.chunk, media.chunk) {
            (Some(last), Some(at), ..) => (at == last, at < last),
            (_, _, Some(last), Some(chunk)) => (chunk == last, chunk < last),
            _ => (false, false),
        };
        self.quality.duplicates += u64::from(duplicate);
        self.quality.late += u64::from(late);
        duplicate || late
    }

    fn samples(&self, ms: u64) -> u64 {
        ms.saturating_mul(u64::from(self.rate_hz)) / 1_000
    }

    fn place(&self, at_ms: u64) -> u64 {
        self.samples(at_ms)
    }
}
