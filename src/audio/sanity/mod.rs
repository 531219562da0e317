//! What is wrong with a recording, and what must be known of it before it is scored.
//!
//! In: all legs' samples in step, in pieces of any size; at the end the speech that voice activity
//! found. Out: a [`SanityReport`]; while audio still comes: loudness, spans that are no speech, and
//! whether a span is the other leg heard through. Memory grows by about 140 bytes a second a leg.

mod clipping;
mod dtmf;
mod gate;
mod music;
mod pair;
mod report;
mod tones;

pub use gate::{crosstalk_likelihood, own_parts};
pub use pair::{Copy, Leak, LeakEvidence};
pub use report::SanityReport;
pub use tones::{Tone, ToneKind};

use super::SAMPLE_RATE_HZ;
use super::envelope::Envelope;
use super::spectrum::Spectrum;
use crate::domain::{AudioTime, LegIx, Span};

/// Long spectra tell 440 from 450 Hz: 128 ms, every 64 ms.
const LONG_SIZE: usize = 2048;
const LONG_HOP: usize = 1024;
/// Short spectra see a key held for 40 ms: 32 ms, every 10 ms.
const SHORT_SIZE: usize = 512;
const SHORT_HOP: usize = 160;
/// Top of the band that tones and keys are weighed against, in Hz.
const BAND_TOP_HZ: f32 = 3400.0;
const _: () = assert!(BAND_TOP_HZ < super::spectrum::TOP_HZ);
/// Notes are not held for so long without a second one.
const STEADY_MS_MIN: u64 = 3000;
/// No detector listens to windows below this.
const QUIET_DBFS: f32 = -52.0;

/// Listens to a whole call for what is not conversation.
pub struct Sanity {
    legs: Vec<Watch>,
    pair: Option<pair::Pair>,
}

/// What one leg's detectors hold.
struct Watch {
    envelope: Envelope,
    long: Spectrum,
    short: Spectrum,
    tones: tones::Tones,
    music: music::Music,
    dtmf: dtmf::Dtmf,
    clipping: clipping::Clipping,
}

impl Sanity {
    /// For a recording of `legs` legs. Legs are compared with each other when they are two.
    pub fn new(legs: usize) -> Self {
        Self {
            legs: (0..legs).map(|_| Watch::new()).collect(),
            pair: (legs == 2).then(pair::Pair::new),
        }
    }

    /// Takes the next samples of every leg (16 kHz mono, full scale ±1), all from the same moment
    /// on. A leg with fewer samples than the others counts as silent for the rest.
    pub fn push(&mut self, legs: &[&[f32]]) {
        let samples = legs.iter().map(|leg| leg.len()).max().unwrap_or(0);
        if legs.len() == self.legs.len() && legs.iter().all(|leg| leg.len() == samples) {
            return self.push_aligned(legs);
        }
        let padded: Vec<Vec<f32>> = (0..self.legs.len())
            .map(|ix| {
                let mut leg = legs.get(ix).map(|leg| leg.to_vec()).unwrap_or_default();
                leg.resize(samples, 0.0);
                leg
            })
            .collect();
        self.push_aligned(&padded.iter().map(Vec::as_slice).collect::<Vec<_>>());
    }

    fn push_aligned(&mut self, legs: &[&[f32]]) {
        for (watch, samples) in self.legs.iter_mut().zip(legs) {
            watch.push(samples);
        }
        if let (Some(pair), [first, second]) = (&mut self.pair, legs) {
            pair.push([first, second]);
        }
    }

    /// Loudness of a leg so far; absent for a leg that the recording does not have.
    pub fn envelope(&self, leg: LegIx) -> Option<&Envelope> {
        self.legs.get(leg.ix()).map(|watch| &watch.envelope)
    }

    /// Tones, key presses and music on a leg inside `within`, in time order, without overlaps. A
    /// voice-activity model takes some of these for speech. Music is known for sure two seconds
    /// after it was heard, and not before it has lasted for four.
    pub fn non_speech(&self, leg: LegIx, within: Span) -> Vec<Span> {
        let Some(watch) = self.legs.get(leg.ix()) else { return Vec::new() };
        let mut spans = watch.music(within);
        let tones = watch.tones(&spans);
        let inside = |spans: Vec<Span>| {
            spans.into_iter().filter_map(|span| span.overlap(within)).collect::<Vec<_>>()
        };
        spans.extend(inside(tones.into_iter().flat_map(|tone| tone.soundings).collect()));
        spans.extend(inside(watch.dtmf.presses()));
        joined(spans)
    }

    /// What is heard on `leg` of the other leg, so far.
    pub fn leak(&self, leg: LegIx) -> LeakEvidence {
        self.pair.as_ref().map_or(LeakEvidence::Absent, |pair| pair.leak(leg))
    }

    /// How likely the sound of `leg` in `span` is the other leg's voice, heard through: 0 to 1.
    /// Gate a span from 0.5 on.
    pub fn crosstalk_likelihood(&self, leg: LegIx, span: Span) -> f32 {
        match (self.legs.as_slice(), leg) {
            ([own, other], LegIx(0)) | ([other, own], LegIx(1)) => {
                crosstalk_likelihood(&own.envelope, &other.envelope, self.leak(leg), span)
            }
            _ => 0.0,
        }
    }

    /// The parts of `span` on `leg` that are not the other leg heard through, from a likelihood of
    /// `likelihood_min` on.
    pub fn own_parts(&self, leg: LegIx, span: Span, likelihood_min: f32) -> Vec<Span> {
        match (self.legs.as_slice(), leg) {
            ([own, other], LegIx(0)) | ([other, own], LegIx(1)) => {
                own_parts(&own.envelope, &other.envelope, self.leak(leg), span, likelihood_min)
            }
            _ => vec![span],
        }
    }

    /// The legs hold one signal, as far as is known; never while too little was heard to tell.
    pub fn copy(&self) -> Option<Copy> {
        self.pair.as_ref().and_then(pair::Pair::copy)
    }

    /// Music, tones and keys so far, without what is said about a recording as a whole: for a call that goes on.
    pub fn so_far(&self) -> SanityReport {
        report::so_far(self)
    }

    /// What there is to say about the recording, given the `speech` that voice activity found on
    /// each leg, in time order.
    pub fn finish(&self, speech: &[Vec<Span>]) -> SanityReport {
        report::report(self, speech)
    }
}

impl Watch {
    fn new() -> Self {
        Self {
            envelope: Envelope::new(),
            long: Spectrum::new(LONG_SIZE, LONG_HOP, QUIET_DBFS),
            short: Spectrum::new(SHORT_SIZE, SHORT_HOP, QUIET_DBFS),
            tones: tones::Tones::default(),
            music: music::Music::new(),
            dtmf: dtmf::Dtmf::default(),
            clipping: clipping::Clipping::default(),
        }
    }

    fn push(&mut self, samples: &[f32]) {
        self.envelope.push(samples);
        self.clipping.push(samples);
        let (tones, music, dtmf) = (&mut self.tones, &mut self.music, &mut self.dtmf);
        self.long.push(samples, |frame, bins| {
            tones.push(frame, bins);
            music.push(bins);
        });
        self.short.push(samples, |frame, bins| dtmf.push(frame, bins));
    }
}

impl Watch {
    /// Music inside `within`; a tone that sounds on and on is none.
    fn music(&self, within: Span) -> Vec<Span> {
        let steady: Vec<Span> =
            self.tones.soundings().filter(|span| span.len_ms() >= STEADY_MS_MIN).collect();
        self.music.spans(&self.envelope, &steady, within)
    }

    /// Tones, those left out that are notes of `music`.
    fn tones(&self, music: &[Span]) -> Vec<Tone> {
        let mut tones = self.tones.tones();
        tones.retain(|tone| {
            let played = |sounding: &Span| {
                music.iter().any(|span| span.overlap_ms(*sounding) * 2 > sounding.len_ms())
            };
            !tone.soundings.iter().any(played)
        });
        tones
    }
}

/// Start of long frame `ix`.
fn frame_start(ix: usize) -> AudioTime {
    AudioTime::from_samples(ix as u64 * LONG_HOP as u64, SAMPLE_RATE_HZ)
}

/// In time order, with those that overlap or touch made one.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut out: Vec<Span> = Vec::new();
    for span in spans {
        match out.last_mut() {
            Some(last) if span.start() <= last.end() => *last = last.cover(span),
            _ => out.push(span),
        }
    }
    out
}

#[cfg(test)]
mod tests;
