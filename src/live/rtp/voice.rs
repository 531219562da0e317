//! A leg's speech: payloads in order become samples in their places.
//!
//! In: payloads, in order, with their timestamps. Out: audio, and what is missing of it, on the leg's clock. Small errors of the clock are
//! corrected as the audio goes by: a sample at a time in speech, more in silence.

use std::sync::Arc;

use super::clock::{Clock, place_at};
use super::codec::{Codec, Decoder};
use super::conceal::Conceal;
use crate::live::{GapCause, Ingest, LegId};

/// Decoders kept, for senders that change their codec within a call.
const DECODERS_MAX: usize = 4;
/// A frame without a louder sample is silence, where samples may be left out or put in unheard.
const SILENCE_PEAK: u16 = 160;
/// Errors of the clock below this are left alone, in microseconds: what a busy machine adds to arrivals is no drift, and nobody hears it.
const ERROR_US_MIN: i64 = 4_000;
/// Errors above this are corrected at one sample in forty, not one a frame.
const ERROR_US_LARGE: i64 = 20_000;
/// Holes below this are filled with the sample after them, and not told, in microseconds.
const HOLE_US: u64 = 2_000;

/// The speech of one leg.
#[derive(Debug)]
pub(super) struct Voice {
    leg: LegId,
    rate_hz: u32,
    /// One past the last sample told, as audio or as a gap.
    end: u64,
    clock: Option<Clock>,
    decoders: Vec<Decoder>,
    pcm: Vec<i16>,
    converted: Vec<i16>,
    conceal: Conceal,
    /// Why audio is missing when nothing was lost.
    quiet: GapCause,
    /// Payloads that could not be decoded.
    pub(super) undecodable: u64,
}

impl Voice {
    pub(super) fn new(leg: LegId, rate_hz: u32) -> Self {
        Self {
            leg,
            rate_hz,
            end: 0,
            clock: None,
            decoders: Vec::new(),
            pcm: Vec::new(),
            converted: Vec::new(),
            conceal: Conceal::new(rate_hz),
            quiet: GapCause::Dtx,
            undecodable: 0,
        }
    }

    /// Time begins anew with the next packet.
    pub(super) fn reset(&mut self) {
        self.clock = None;
        self.decoders.clear();
        self.conceal.clear();
    }

    /// What silence means from now on.
    pub(super) fn set_quiet(&mut self, cause: GapCause) {
        self.quiet = cause;
    }

    /// Whether a packet belongs to another beginning of time.
    pub(super) fn strays(&self, codec: Codec, timestamp: i64, now_us: u64) -> bool {
        self.clock.as_ref().is_some_and(|clock| {
            clock.clock_hz() != codec.clock_hz() || clock.strays(timestamp, now_us)
        })
    }

    /// A packet has arrived, whenever its turn may be.
    pub(super) fn observe(&mut self, codec: Codec, timestamp: i64, now_us: u64) {
        let new = || Clock::new(self.rate_hz, codec.clock_hz(), timestamp, now_us);
        self.clock.get_or_insert_with(new).observe(timestamp, now_us);
    }

    /// Plays a payload; `lost` packets before it did not come.
    pub(super) fn play(
        &mut self,
        codec: Codec,
        timestamp: i64,
        payload: &[u8],
        lost: u64,
        out: &mut Vec<Ingest>,
    ) {
        if self.decode(codec, payload).is_none() {
            self.undecodable += 1;
            return;
        }
        let (end, count) = (self.end, self.pcm.len());
        let Some(clock) = &mut self.clock else { return };
        clock.set_span(count);
        let begins = !clock.is_started();
        if begins {
            clock.start(timestamp, end);
        }
        let shift = correction(clock.error(), &self.pcm, self.rate_hz);
        clock.shift(shift);
        let mut at = clock.place(timestamp);
        let missing = u64::try_from(at).unwrap_or(0).saturating_sub(end);
        if missing > 0 && end > 0 {
            if lost == 0 && missing <= HOLE_US * u64::from(self.rate_hz) / 1_000_000 {
                let first = self.pcm.first().copied().unwrap_or(0);
                self.pcm.splice(0..0, std::iter::repeat_n(first, missing as usize));
                at = end as i64;
            } else {
                self.fill(missing, if begins { 0 } else { lost }, shift, out);
            }
        }
        // What overlaps with the audio before it, is cut.
        let cut = usize::try_from((self.end as i64).saturating_sub(at)).unwrap_or(0);
        let Some(rest) = self.pcm.get(cut..).filter(|rest| !rest.is_empty()) else { return };
        let at = self.end.max(u64::try_from(at).unwrap_or(0));
        self.conceal.push(rest);
        self.end = at + rest.len() as u64;
        out.push(Ingest::Audio { leg: self.leg, at, pcm: Arc::from(rest), concealed: false });
    }

    /// Nothing has come and nothing will up to this moment.
    pub(super) fn quiet_until(&mut self, now_us: u64, out: &mut Vec<Ingest>) {
        let to = u64::try_from(place_at(now_us, self.rate_hz)).unwrap_or(0);
        if to > self.end {
            self.gap(to, self.quiet, out);
        }
    }

    fn decode(&mut self, codec: Codec, payload: &[u8]) -> Option<()> {
        let known = self.decoders.iter().position(|decoder| decoder.codec() == codec);
        let ix = known.unwrap_or_else(|| {
            self.decoders.truncate(DECODERS_MAX - 1);
            self.decoders.push(Decoder::new(codec));
            self.decoders.len() - 1
        });
        self.decoders.get_mut(ix)?.decode(payload, &mut self.pcm).ok()?;
        if codec.rate_hz() != self.rate_hz {
            convert(codec.rate_hz(), self.rate_hz, &self.pcm, &mut self.converted);
            std::mem::swap(&mut self.pcm, &mut self.converted);
        }
        Some(())
    }

    /// Fills what is missing before a packet: made-up speech for a while where packets were lost.
    fn fill(&mut self, missing: u64, lost: u64, shift: i64, out: &mut Vec<Ingest>) {
        let to = self.end + missing;
        if lost == 0 {
            if missing as i64 > shift {
                self.gap(to, self.quiet, out);
            }
            return;
        }
        let packets = lost.saturating_mul(self.pcm.len() as u64);
        let made = packets.min(missing).min(self.conceal.samples_max());
        let mut speech = Vec::new();
        self.conceal.fill(made as usize, &mut speech);
        for frame in speech.chunks((self.rate_hz / 50).max(1) as usize) {
            let (leg, at) = (self.leg, self.end);
            self.end += frame.len() as u64;
            out.push(Ingest::Audio { leg, at, pcm: Arc::from(frame), concealed: true });
        }
        if self.end < to {
            // Far more time has passed than the lost packets held: the sender was silent as well.
            let cause = if packets * 2 < missing { self.quiet } else { GapCause::Loss };
            self.gap(to, cause, out);
        }
    }

    fn gap(&mut self, to: u64, cause: GapCause, out: &mut Vec<Ingest>) {
        out.push(Ingest::Gap { leg: self.leg, from: self.end, to, cause });
        self.end = to;
    }
}

/// By how many samples the next places are put later (earlier below 0): few in speech, up to half a frame in silence.
fn correction(error: i64, pcm: &[i16], rate_hz: u32) -> i64 {
    let us = error.saturating_mul(1_000_000) / i64::from(rate_hz.max(1));
    if us.abs() < ERROR_US_MIN {
        return 0;
    }
    let silent = pcm.iter().all(|sample| sample.unsigned_abs() < SILENCE_PEAK);
    let most = match (silent, us.abs() > ERROR_US_LARGE) {
        (true, _) => pcm.len() / 2,
        (false, true) => pcm.len() / 40,
        (false, false) => 1,
    };
    error.clamp(-(most as i64), most as i64)
}

/// Twice or half the rate, for a codec that another rate was announced for. Good enough for speech that changes its codec
/// within a call; other ratios do not occur among our codecs.
fn convert(from_hz: u32, to_hz: u32, pcm: &[i16], out: &mut Vec<i16>) {
    out.clear();
    if from_hz > to_hz {
        let mean = |two: &[i16; 2]| ((i32::from(two[0]) + i32::from(two[1])) / 2) as i16;
        out.extend(pcm.as_chunks::<2>().0.iter().map(mean));
        return;
    }
    for (ix, sample) in pcm.iter().enumerate() {
        let next = pcm.get(ix + 1).unwrap_or(sample);
        out.push(*sample);
        out.push(((i32::from(*sample) + i32::from(*next)) / 2) as i16);
    }
}
