//! Legs that come at their own pace become one recording in step.
//!
//! In: pieces of legs with their place on each leg's clock. Out: interleaved frames, in order. A leg that is behind is waited for, but not
//! for long; what nobody sent is silence. Samples that come after their place was written are counted, not heard.

use crate::audio::resample::Resampler;
use crate::live::LEGS_MAX;

/// A leg may be this much behind the other before silence stands in for it, in milliseconds.
const WAIT_MS: u64 = 200;

/// A gap of a leg's clock that is believed, in milliseconds: a sender's mistake must not fill the disk.
const JUMP_MS_MAX: u64 = 600_000;

/// Frames that are given at a time: one second at 16 kHz.
const GIVE_FRAMES_MAX: u64 = 16_000;

/// One leg.
#[derive(Default)]
struct Lane {
    /// Samples from `first` on, at the recording's rate.
    samples: Vec<i16>,
    first: u64,
    joined: bool,
    left: bool,
    /// Its own rate, and what brings it to the recording's.
    rate_hz: u32,
    convert: Option<Convert>,
}

/// Brings a leg to the recording's rate, which is 16 kHz where it is not the leg's own.
struct Convert {
    resampler: Resampler,
    /// Samples of the leg's own clock taken so far.
    taken: u64,
    out: Vec<Vec<f32>>,
}

/// Puts legs in step.
pub(super) struct Mix {
    /// Of the recording: one for each leg, or one that all are heard on.
    channels: usize,
    lanes: Vec<Lane>,
    rate_hz: u32,
    /// Frames given.
    given: u64,
    /// Samples that came too late.
    late: u64,
}

impl Mix {
    /// A recording of `channels` legs at `rate_hz`. Where there is one, a leg that comes all the same is mixed in.
    pub(super) fn new(channels: usize, rate_hz: u32) -> Self {
        let lanes = (0..LEGS_MAX).map(|_| Lane::default()).collect();
        Self { channels, lanes, rate_hz, given: 0, late: 0 }
    }

    /// A leg is there, at its own rate.
    pub(super) fn join(&mut self, leg: usize, rate_hz: u32) {
        let given = self.given;
        let Some(lane) = self.lanes.get_mut(leg) else { return };
        if !lane.joined {
            lane.first = given;
        }
        (lane.joined, lane.left) = (true, false);
        if lane.rate_hz != rate_hz {
            lane.rate_hz = rate_hz;
            lane.convert = None;
        }
    }

    /// A leg is gone: it is waited for no longer.
    pub(super) fn leave(&mut self, leg: usize) {
        if let Some(lane) = self.lanes.get_mut(leg) {
            lane.left = true;
        }
    }

    /// Samples of a leg, from `at` on its own clock.
    pub(super) fn push(&mut self, leg: usize, at: u64, pcm: &[i16]) {
        let (given, rate_hz) = (self.given, self.rate_hz);
        let Some(lane) = self.lanes.get_mut(leg) else { return };
        if lane.rate_hz == 0 || lane.rate_hz == rate_hz {
            self.late += lane.put(given, rate_hz, at, pcm);
            return;
        }
        self.late += lane.put_converted(given, rate_hz, at, pcm);
    }

    /// The clock of a leg has come to `at` without sound.
    pub(super) fn silent_to(&mut self, leg: usize, at: u64) {
        let rate_hz = self.rate_hz;
        let Some(lane) = self.lanes.get(leg) else { return };
        let from = u64::from(lane.rate_hz.max(1));
        let at = if lane.rate_hz == 0 { at } else { at * u64::from(rate_hz) / from };
        let lane = &mut self.lanes[leg];
        if lane.convert.is_none() {
            lane.fill(at, rate_hz);
        }
    }

    /// Where the recording would be if no leg were waited for, in frames.
    pub(super) fn head(&self) -> u64 {
        self.lanes.iter().map(Lane::head).max().unwrap_or(0).max(self.given)
    }

    /// Frames given so far.
    pub(super) fn given(&self) -> u64 {
        self.given
    }

    /// Samples that came too late to be heard.
    pub(super) fn late(&self) -> u64 {
        self.late
    }

    /// What is complete, interleaved; with `all`, what there is. `at_least`: silence up to this frame stands in for
    /// what nobody sent.
    pub(super) fn take(&mut self, all: bool, at_least: u64) -> Vec<i16> {
        let waited = WAIT_MS * u64::from(self.rate_hz) / 1_000;
        let head = self.head();
        let behind = |lane: &&Lane| lane.joined && !lane.left;
        let complete = self.lanes.iter().filter(behind).map(Lane::head).min().unwrap_or(head);
        let complete = if all { head } else { complete.max(head.saturating_sub(waited)) };
        let to = complete.max(at_least).min(self.given + GIVE_FRAMES_MAX);
        let mut out = Vec::with_capacity((to.saturating_sub(self.given)) as usize * self.channels);
        for frame in self.given..to {
            if self.channels == 1 {
                let all = self.lanes.iter().map(|lane| lane.sample(frame));
                out.push(all.fold(0, i16::saturating_add));
                continue;
            }
            out.extend(self.lanes.iter().take(self.channels).map(|lane| lane.sample(frame)));
        }
        self.given = self.given.max(to);
        let given = self.given;
        self.lanes.iter_mut().for_each(|lane| lane.forget(given));
        out
    }
}

impl Lane {
    fn head(&self) -> u64 {
        self.first + self.samples.len() as u64
    }

    fn sample(&self, frame: u64) -> i16 {
        let place = frame.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        place.and_then(|at| self.samples.get(at)).copied().unwrap_or(0)
    }

    /// Silence up to `at`.
    fn fill(&mut self, at: u64, rate_hz: u32) {
        let jump_max = JUMP_MS_MAX * u64::from(rate_hz) / 1_000;
        let missing = at.saturating_sub(self.head());
        if missing <= jump_max {
            self.samples.resize(self.samples.len() + missing as usize, 0);
        }
    }

    /// Tells how many samples came too late.
    fn put(&mut self, given: u64, rate_hz: u32, at: u64, pcm: &[i16]) -> u64 {
        self.fill(at, rate_hz);
        let from = self.head().max(given);
        let late = from.saturating_sub(at).min(pcm.len() as u64);
        // A leg whose clock stood still begins where the recording is.
        self.samples.resize((from - self.first) as usize, 0);
        self.samples.extend_from_slice(pcm.get(late as usize..).unwrap_or_default());
        late
    }

    fn put_converted(&mut self, given: u64, rate_hz: u32, at: u64, pcm: &[i16]) -> u64 {
        if self.convert.is_none() {
            let Ok(resampler) = Resampler::new(self.rate_hz, 1) else { return pcm.len() as u64 };
            self.convert = Some(Convert { resampler, taken: at, out: vec![Vec::new()] });
            let start = at * u64::from(rate_hz) / u64::from(self.rate_hz);
            self.fill(start.max(given), rate_hz);
        }
        let Some(convert) = self.convert.as_mut() else { return 0 };
        let late = convert.taken.saturating_sub(at).min(pcm.len() as u64);
        let jump_max = JUMP_MS_MAX * u64::from(self.rate_hz) / 1_000;
        let gap = at.saturating_sub(convert.taken).min(jump_max) as usize;
        let mut input = vec![0.0f32; gap];
        let heard = pcm.get(late as usize..).unwrap_or_default();
        input.extend(heard.iter().map(|sample| f32::from(*sample) / 32_768.0));
        convert.taken += input.len() as u64;
        // Equally long legs, one of them: the filter takes them.
        if convert.resampler.push(&[input], &mut convert.out).is_err() {
            return pcm.len() as u64;
        }
        let ready =
            convert.out[0].drain(..).map(|x| (x * 32_768.0).clamp(-32_768.0, 32_767.0) as i16);
        let ready: Vec<i16> = ready.collect();
        self.samples.extend(ready);
        let behind = given.saturating_sub(self.first) as usize;
        if self.samples.len() < behind {
            self.samples.resize(behind, 0);
        }
        late
    }

    fn forget(&mut self, given: u64) {
        let done = given.saturating_sub(self.first).min(self.samples.len() as u64) as usize;
        self.samples.drain(..done);
        self.first += done as u64;
        self.first = self.first.max(if self.samples.is_empty() { given } else { self.first });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn legs(mix: &[i16], channels: usize) -> Vec<Vec<i16>> {
        (0..channels).map(|ix| mix.iter().skip(ix).step_by(channels).copied().collect()).collect()
    }

    #[test]
    fn legs_stay_in_step_however_they_come() {
        let mut mix = Mix::new(2, 8_000);
        mix.join(0, 8_000);
        mix.join(1, 8_000);
        mix.push(0, 0, &[1; 800]);
        assert!(mix.take(false, 0).is_empty(), "the other leg is waited for");
        mix.push(1, 400, &[2; 160]);
        let got = legs(&mix.take(false, 0), 2);
        assert_eq!((got[0].len(), got[1][399], got[1][400]), (560, 0, 2));
        // The second leg falls silent: after a while it is waited for no longer.
        mix.push(0, 800, &[3; 3_200]);
        let got = legs(&mix.take(false, 0), 2);
        assert_eq!(mix.given(), 4_000 - 1_600);
        assert!(got[1].iter().all(|sample| *sample == 0));
        // What comes for a place that was written is too late.
        mix.push(1, 2_000, &[4; 800]);
        assert_eq!(mix.late(), 400);
        let got = legs(&mix.take(true, 0), 2);
        assert_eq!((mix.given(), got[1][0], got[1][399], got[1][400]), (4_000, 4, 4, 0));
    }

    #[test]
    fn a_leg_that_leaves_is_not_waited_for_and_nobody_sending_is_silence() {
        let mut mix = Mix::new(2, 8_000);
        mix.join(0, 8_000);
        mix.join(1, 8_000);
        mix.leave(1);
        mix.push(0, 0, &[1; 160]);
        assert_eq!(mix.take(false, 0).len(), 320);
        assert_eq!(mix.take(false, 400).len(), 2 * 240, "silence stands in");
        mix.push(0, 160, &[5; 400]);
        assert_eq!((mix.late(), mix.take(false, 0).len()), (240, 320));
    }

    #[test]
    fn on_one_channel_all_are_heard() {
        let mut mix = Mix::new(1, 8_000);
        mix.join(0, 8_000);
        mix.push(0, 0, &[30_000; 160]);
        assert_eq!(mix.take(false, 0), [30_000; 160]);
        mix.join(1, 8_000);
        mix.push(0, 160, &[30_000; 160]);
        mix.push(1, 160, &[5_000; 80]);
        mix.leave(1);
        let got = mix.take(false, 0);
        assert_eq!((got.len(), got[79], got[80]), (160, i16::MAX, 30_000));
    }

    #[test]
    fn a_clock_that_leaps_fills_no_disk() {
        let mut mix = Mix::new(1, 8_000);
        mix.join(0, 8_000);
        mix.push(0, 0, &[1; 160]);
        mix.push(0, u64::MAX / 4, &[2; 160]);
        assert_eq!(mix.head(), 320);
    }

    #[test]
    fn a_leg_of_another_rate_is_brought_to_the_recordings() {
        let mut mix = Mix::new(2, 16_000);
        mix.join(0, 16_000);
        mix.join(1, 8_000);
        for n in 0..100u64 {
            mix.push(0, n * 320, &[7; 320]);
            mix.push(1, n * 160, &[9; 160]);
        }
        let mut all = Vec::new();
        while mix.given() < mix.head() {
            all.extend(mix.take(true, 0));
        }
        let got = legs(&all, 2);
        assert_eq!(got[0].len(), 32_000);
        assert!(got[1][4_000..20_000].iter().all(|sample| (8..=10).contains(sample)));
    }
}
