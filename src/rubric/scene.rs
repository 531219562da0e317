//! What is known of a call up to its horizon.
//!
//! In: facts in the order of their start. Out: what operators read. No fact that starts before the
//! horizon is yet to come: this is what makes an absence certain.

use crate::domain::{
    AudioTime, CallInfo, Loudness, Overtalk, Party, PerParty, Silence, Span, SpeakingRate,
};

use super::hits::Hits;
use super::matcher::Matcher;
use super::speech::Speech;
use super::stream::{FOREVER, Interval};
use super::told;
use super::written::Written;

/// A call so far, as operators see it.
pub(crate) struct Scene<'a> {
    pub(crate) info: &'a CallInfo,
    pub(crate) matcher: &'a Matcher,
    pub(crate) speech: &'a Speech<'a>,
    /// By phrase, each in time order.
    pub(crate) hits: &'a Hits,
    pub(crate) silences: &'a [Silence],
    pub(crate) overtalk: &'a [Overtalk],
    pub(crate) rates: &'a [SpeakingRate],
    pub(crate) loudness: &'a [Loudness],
    pub(crate) holds: &'a [Span],
    /// Known when the call has ended.
    pub(crate) rate_per_min: PerParty<Option<f32>>,
    /// Speech that was not recognised, or not believed.
    pub(crate) unheard: &'a [Span],
    pub(crate) horizon: AudioTime,
    /// Personal data yet to be found starts at or after this.
    pub(crate) personal_complete: AudioTime,
    /// The call's end, once it has ended.
    pub(crate) end: Option<AudioTime>,
    /// Below this mean confidence an absence proves nothing.
    pub(crate) confidence_min: f32,
    /// A chat: there is no voice, no ringing, and a gap is no silence.
    pub(crate) written: Option<&'a Written>,
}

impl Scene<'_> {
    /// Facts yet to come start at or after this.
    pub(crate) fn complete(&self) -> AudioTime {
        if self.end.is_some() { FOREVER } else { self.horizon }
    }

    /// Phrase hits yet to come, of a party or of anybody, start at or after this.
    pub(crate) fn speech_complete(&self, by: Option<Party>) -> AudioTime {
        if self.end.is_some() { FOREVER } else { self.speech.complete(self.horizon, by) }
    }

    /// Start of the first utterance.
    pub(crate) fn first_speech(&self) -> Option<AudioTime> {
        self.speech.all().first().map(|said| said.utterance.span.start())
    }

    /// The latest end of an utterance so far.
    pub(crate) fn last_speech(&self) -> Option<AudioTime> {
        self.speech.all().iter().map(|said| said.utterance.span.end()).max()
    }

    /// An interval as a span to play: cut to the call.
    pub(crate) fn to_span(&self, interval: Interval) -> Span {
        let last = self.end.or_else(|| self.last_speech()).unwrap_or(self.horizon);
        let end = interval.end.map_or(last, |end| end.min(last));
        let start = interval.start.min(end.minus_ms(1));
        Span::at_least_1_ms(start, end)
    }

    /// A stretch where it can be played, or read.
    pub(crate) fn shown(&self, span: Span) -> Span {
        self.written.map_or(span, |written| written.back(span))
    }

    /// Mean recognition confidence of a party's speech in some windows, weighted by time.
    /// `None`: it said nothing there.
    pub(crate) fn confidence(&self, by: Option<Party>, windows: &[Interval]) -> Option<f32> {
        let (mut sum, mut weight) = (0.0f64, 0.0f64);
        for said in self.speech.all() {
            let span = said.utterance.span;
            let asked = by.is_none_or(|by| said.party == by || said.party == Party::Unknown);
            let inside = windows.iter().any(|&window| {
                window.start < span.end() && window.end.is_none_or(|end| span.start() < end)
            });
            if asked && inside {
                let ms = span.len_ms() as f64;
                sum += f64::from(told::share(said.utterance.confidence)) * ms;
                weight += ms;
            }
        }
        (weight > 0.0).then(|| (sum / weight) as f32)
    }

    /// Whether voices that nobody knows are apart all the same: by their legs.
    pub(crate) fn is_apart(&self) -> bool {
        let mut legs = self.speech.all().iter().map(|said| said.utterance.leg);
        let first = legs.next();
        legs.any(|leg| Some(leg) != first)
    }

    /// Share of the speech in some windows that was not recognised, 0 to 1.
    pub(crate) fn unheard_share(&self, windows: &[Interval]) -> f64 {
        // Of most calls all was recognised, and there is nothing to add up.
        if self.unheard.is_empty() {
            return 0.0;
        }
        let inside = |span: Span| -> u64 {
            windows.iter().map(|&window| span.overlap_ms(self.to_span(window))).sum()
        };
        let heard: u64 = self.speech.all().iter().map(|said| inside(said.utterance.span)).sum();
        let missed: u64 = self.unheard.iter().map(|&span| inside(span)).sum();
        missed as f64 / (heard + missed).max(1) as f64
    }
}
