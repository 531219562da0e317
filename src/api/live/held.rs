//! Sound that is held back until it is known whether personal data is said in it.
//!
//! In: frames of a call's recording, and its picture as it is when they are due. Out: the same frames, late; those in which personal data
//! is said, or of which nobody can tell by then, without a sound. What is heard has been judged: where recognition is slower than sound
//! is held back, there is silence.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::floor::{Frame, Picture};

/// How long sound is held back: as long as one stretch of speech may last (12 s), with what follows it and the time that its
/// recognition takes.
pub(super) const DELAY: Duration = Duration::from_secs(15);

/// What follows may show that something is part of a number, so many milliseconds on.
const CONTEXT_MS: u64 = 1_500;

/// Frames that are held: as many again as two legs send meanwhile.
const FRAMES_MAX: usize = 3_000;

/// What is held for one listener.
pub(super) struct Held {
    delay: Duration,
    frames: VecDeque<(Instant, Frame)>,
}

impl Held {
    /// Nothing is held yet.
    pub(super) const fn new(delay: Duration) -> Self {
        Self { delay, frames: VecDeque::new() }
    }

    /// How long sound is held back, in milliseconds.
    pub(super) fn delay_ms(&self) -> u64 {
        u64::try_from(self.delay.as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether nothing is held.
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Holds a frame that came now. The oldest is given up where there are too many.
    pub(super) fn hold(&mut self, frame: Frame, now: Instant) {
        if self.frames.len() >= FRAMES_MAX {
            self.frames.pop_front();
        }
        self.frames.push_back((now, frame));
    }

    /// The next frame that is due, as it may be heard.
    pub(super) fn due(&mut self, now: Instant, picture: &Picture) -> Option<Frame> {
        self.frames.pop_front_if(|(came, _)| *came + self.delay <= now).map(|(_, frame)| {
            match may_be_heard(&frame, picture) {
                true => frame,
                false => silent(frame),
            }
        })
    }
}

fn may_be_heard(frame: &Frame, picture: &Picture) -> bool {
    let from_ms = frame.at_ms;
    let to_ms =
        from_ms + (frame.pcm.len() as u64 * 1_000).div_ceil(u64::from(frame.rate_hz.max(1)));
    let hidden = picture.hidden.iter().any(|one| {
        one.leg.is_none_or(|leg| leg == frame.leg) && one.from_ms < to_ms && from_ms < one.to_ms
    });
    to_ms + CONTEXT_MS <= picture.heard_to_ms && !hidden
}

fn silent(frame: Frame) -> Frame {
    let pcm = Arc::from(vec![0; frame.pcm.len()]);
    Frame { muted: true, pcm, ..frame }
}

#[cfg(test)]
mod tests {
    use super::super::floor::Hidden;
    use super::*;

    fn frame(leg: u8, at_ms: u64) -> Frame {
        let pcm = Arc::from([7i16; 160]);
        Frame { leg, concealed: false, muted: false, rate_hz: 8_000, at_ms, pcm }
    }

    fn picture(heard_to_ms: u64, hidden: &[(Option<u8>, u64, u64)]) -> Picture {
        let hidden = hidden.iter().map(|(leg, from_ms, to_ms)| Hidden {
            leg: *leg,
            from_ms: *from_ms,
            to_ms: *to_ms,
        });
        Picture { heard_to_ms, hidden: hidden.collect(), ..Picture::default() }
    }

    /// Whether a frame of leg 0 at 1 s is heard.
    #[track_caller]
    fn check(heard_to_ms: u64, hidden: &[(Option<u8>, u64, u64)], expected: bool) {
        let now = Instant::now();
        let mut held = Held::new(DELAY);
        held.hold(frame(0, 1_000), now);
        let told = held.due(now + DELAY, &picture(heard_to_ms, hidden)).unwrap();
        assert_eq!(told.pcm.len(), 160);
        assert_eq!((told.muted, told.pcm.iter().all(|s| *s == 7)), (!expected, expected));
        assert!(expected || told.pcm.iter().all(|s| *s == 0));
    }

    #[test]
    fn only_what_was_judged_is_heard() {
        check(2_520, &[], true);
        // What follows is not recognised yet; nothing is.
        check(2_519, &[], false);
        check(0, &[], false);
        // Personal data on this leg, up to it, from its end on, on the other leg, on all.
        check(9_000, &[(Some(0), 900, 1_100)], false);
        check(9_000, &[(Some(0), 0, 1_001)], false);
        check(9_000, &[(Some(0), 1_019, 2_000)], false);
        check(9_000, &[(Some(0), 0, 1_000), (Some(0), 1_020, 3_000)], true);
        check(9_000, &[(Some(1), 0, 9_000)], true);
        check(9_000, &[(None, 1_005, 1_006)], false);
    }

    #[test]
    fn nothing_comes_early_and_no_more_is_held_than_there_is_room_for() {
        let now = Instant::now();
        let mut held = Held::new(DELAY);
        for n in 0..FRAMES_MAX as u64 + 5 {
            held.hold(frame(0, 20 * n), now);
        }
        let known = picture(u64::MAX, &[]);
        assert!(held.due(now + DELAY - Duration::from_millis(1), &known).is_none());
        assert_eq!(held.due(now + DELAY, &known).unwrap().at_ms, 100);
        while held.due(now + DELAY, &known).is_some() {}
        assert!(held.is_empty());
    }
}
