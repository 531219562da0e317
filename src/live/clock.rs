//! A leg's clock: audio goes to its place, never back, and what is missing is told.
//!
//! In: samples with the place they belong to, or with the time they arrived. Out: `Audio` and `Gap` events that are in
//! order and never overlap. No codec, no network.

use std::sync::Arc;
use std::time::Duration;

use super::event::{GapCause, Ingest, LegId};

/// A call longer than this is a mistake or an attack: a day, in seconds.
pub(super) const CALL_S_MAX: u64 = 86_400;

/// What became of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Laid {
    /// Taken, all or in part.
    Taken,
    /// All of it lies before what was told already.
    Late,
    /// Further on than any call goes.
    Beyond,
}

/// Lays audio on one leg's clock.
#[derive(Debug, Clone)]
pub(super) struct LegClock {
    leg: LegId,
    rate_hz: u32,
    end: Option<u64>,
}

impl LegClock {
    /// Nothing is laid yet.
    pub(super) const fn new(leg: LegId, rate_hz: u32) -> Self {
        Self { leg, rate_hz, end: None }
    }

    /// One past the last sample told; `None` before the first.
    pub(super) const fn end(&self) -> Option<u64> {
        self.end
    }

    /// Puts samples at their place. What was told before is left out; a hole before them is told with its cause, but not the
    /// time before a leg's first audio: nothing is missing there.
    pub(super) fn lay(
        &mut self,
        at: u64,
        pcm: &[i16],
        cause: GapCause,
        out: &mut Vec<Ingest>,
    ) -> Laid {
        let to = at.saturating_add(pcm.len() as u64);
        if to > CALL_S_MAX * u64::from(self.rate_hz) {
            return Laid::Beyond;
        }
        let end = self.end.unwrap_or(at);
        if at > end {
            out.push(Ingest::Gap { leg: self.leg, from: end, to: at, cause });
        }
        let skip = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
        let Some(fresh) = pcm.get(skip..).filter(|fresh| !fresh.is_empty()) else {
            self.end = Some(end.max(at));
            return Laid::Late;
        };
        let mut place = end.max(at);
        for piece in fresh.chunks(self.rate_hz.max(1) as usize) {
            let pcm = Arc::from(piece);
            out.push(Ingest::Audio { leg: self.leg, at: place, pcm, concealed: false });
            place += piece.len() as u64;
        }
        self.end = Some(place);
        Laid::Taken
    }

    /// Tells that nothing comes up to a place.
    pub(super) fn skip_to(&mut self, to: u64, cause: GapCause, out: &mut Vec<Ingest>) {
        let end = self.end.unwrap_or(0);
        if to > end && to <= CALL_S_MAX * u64::from(self.rate_hz) {
            out.push(Ingest::Gap { leg: self.leg, from: end, to, cause });
            self.end = Some(to);
        }
    }
}

/// A pause between arrivals from which on the source may have been silent.
const PAUSE: Duration = Duration::from_millis(300);

/// How long is watched after a pause whether the rest comes in a burst: then the network stood still, and nothing is missing.
const WATCH: Duration = Duration::from_millis(100);

/// What the clock may run behind the arrivals before a pause counts as silence.
const SLACK: Duration = Duration::from_millis(100);

/// Samples held while watching, for each channel: 4 s at 48 kHz. More than that is a burst in any case.
const WATCHED_MAX: usize = 4 * 48_000;

/// Places for a stream that says nothing of time: samples are counted, and a pause of the source moves the count on.
///
/// A sender that stops for a while (hold, mute) and one whose packets were held up by the network look alike when the next
/// packet comes; 100 ms later they do not.
#[derive(Debug)]
pub(super) struct ArrivalClock {
    rate_hz: u32,
    channels: usize,
    next: Option<u64>,
    last: Duration,
    watching: Option<(Duration, Vec<i16>)>,
}

impl ArrivalClock {
    /// For interleaved samples of so many channels.
    pub(super) const fn new(rate_hz: u32, channels: usize) -> Self {
        Self { rate_hz, channels, next: None, last: Duration::ZERO, watching: None }
    }

    /// Takes samples that arrived `at` after the call began; tells what has its place by now.
    pub(super) fn take(&mut self, at: Duration, samples: &[i16]) -> Option<(u64, Vec<i16>)> {
        let at = at.max(self.last);
        let pause = at - self.last;
        self.last = at;
        let Some(next) = self.next else {
            let from = self.place(at).saturating_sub(self.frames(samples.len()));
            self.next = Some(from);
            return self.count(from, samples.to_vec());
        };
        if let Some((since, mut held)) = self.watching.take() {
            held.extend_from_slice(samples);
            let full = held.len() / self.channels.max(1) >= WATCHED_MAX;
            if at - since >= WATCH || full {
                return self.settle(held);
            }
            self.watching = Some((since, held));
            return None;
        }
        if pause >= PAUSE {
            self.watching = Some((at, samples.to_vec()));
            return None;
        }
        self.count(next, samples.to_vec())
    }

    /// What was still being watched when the stream ended.
    pub(super) fn finish(&mut self) -> Option<(u64, Vec<i16>)> {
        let (_, held) = self.watching.take()?;
        self.settle(held)
    }

    fn settle(&mut self, held: Vec<i16>) -> Option<(u64, Vec<i16>)> {
        let next = self.next?;
        let heard = next + self.frames(held.len());
        let behind = self.place(self.last).saturating_sub(heard);
        let silent = behind > self.place(SLACK);
        self.count(if silent { next + behind } else { next }, held)
    }

    fn count(&mut self, from: u64, samples: Vec<i16>) -> Option<(u64, Vec<i16>)> {
        self.next = Some(from + self.frames(samples.len()));
        Some((from, samples)).filter(|(_, samples)| !samples.is_empty())
    }

    fn frames(&self, samples: usize) -> u64 {
        (samples / self.channels.max(1)) as u64
    }

    fn place(&self, at: Duration) -> u64 {
        let samples = at.as_micros().saturating_mul(u128::from(self.rate_hz)) / 1_000_000;
        u64::try_from(samples).unwrap_or(u64::MAX / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn told(out: &[Ingest]) -> Vec<(char, u64, u64)> {
        out.iter()
            .map(|event| match event {
                Ingest::Audio { at, pcm, .. } => ('a', *at, at + pcm.len() as u64),
                Ingest::Gap { from, to, .. } => ('g', *from, *to),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn audio_goes_to_its_place_and_never_back() {
        let mut clock = LegClock::new(LegId(0), 8_000);
        let mut out = Vec::new();
        for (at, samples, laid) in [
            (800, 160, Laid::Taken),
            (960, 160, Laid::Taken),
            (960, 160, Laid::Late),
            (1_200, 160, Laid::Taken),
            (1_280, 160, Laid::Taken),
            (u64::MAX - 3, 160, Laid::Beyond),
        ] {
            assert_eq!(clock.lay(at, &vec![1; samples], GapCause::Loss, &mut out), laid, "{at}");
        }
        let expected = vec![
            ('a', 800, 960),
            ('a', 960, 1_120),
            ('g', 1_120, 1_200),
            ('a', 1_200, 1_360),
            ('a', 1_360, 1_440),
        ];
        assert_eq!(told(&out), expected);
        assert_eq!(clock.end(), Some(1_440));
        out.clear();
        clock.lay(1_440, &[1; 20_000], GapCause::Loss, &mut out);
        let seconds = [('a', 1_440, 9_440), ('a', 9_440, 17_440), ('a', 17_440, 21_440)];
        assert_eq!(told(&out), seconds);
    }

    /// 20 ms frames at 8 kHz that arrive at these times: where they are laid.
    #[track_caller]
    fn check(arrivals: &[u64], expected: &[(u64, usize)]) {
        let mut clock = ArrivalClock::new(8_000, 1);
        let mut laid: Vec<_> =
            arrivals.iter().filter_map(|at| clock.take(ms(*at), &[0; 160])).collect();
        laid.extend(clock.finish());
        let laid: Vec<_> = laid.into_iter().map(|(at, pcm)| (at, pcm.len())).collect();
        assert_eq!(laid, expected);
    }

    #[test]
    fn a_pause_of_the_source_is_silence_and_a_stall_of_the_network_is_not() {
        // Jitter is not a gap.
        check(&[20, 90, 95, 100], &[(0, 160), (160, 160), (320, 160), (480, 160)]);
        // The first frame tells when the leg began.
        check(&[520], &[(4_000, 160)]);
        // Stalled for 400 ms, then all of it at once and on.
        let mut burst = vec![20];
        burst.extend([420; 20]);
        burst.extend([440, 460, 480, 500, 520, 540]);
        check(&burst, &[(0, 160), (160, 25 * 160), (160 + 25 * 160, 160)]);
        // Silent for a second, then in real time: six frames watched end at 1,140 ms.
        let spoken = [20, 1_040, 1_060, 1_080, 1_100, 1_120, 1_140, 1_160];
        check(&spoken, &[(0, 160), (1_020 * 8, 6 * 160), (1_140 * 8, 160)]);
        // The stream ends while watched.
        check(&[20, 1_040], &[(0, 160), (1_020 * 8, 160)]);
    }

    proptest! {
        #[test]
        fn places_never_go_back(arrivals in proptest::collection::vec((0u64..700, 0usize..900), 0..60)) {
            let mut clock = ArrivalClock::new(16_000, 2);
            let (mut at, mut end) = (0, 0);
            let mut laid = Vec::new();
            for (after, samples) in arrivals {
                at += after;
                laid.extend(clock.take(ms(at), &vec![0; samples * 2]));
            }
            laid.extend(clock.finish());
            for (from, samples) in laid {
                prop_assert!(from >= end);
                end = from + samples.len() as u64 / 2;
            }
        }
    }
}
