//! When each frame is due, and what the network does to it.
//!
//! In: how many frames and legs, the speed, and the faults to play. Out: sendings in the order of their times, each a
//! distance from the call's start, so that no lateness adds up. The same seed gives the same faults.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Milliseconds of audio in a frame.
pub(super) const FRAME_MS: u64 = 20;

/// The pace of a sender's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Seconds of audio a second: 1 is real.
    pub speed: f64,
    /// How much the sender's clock runs fast, in parts per million; negative: slow.
    pub drift_ppm: f64,
}

impl Pace {
    /// Real pace, true clock.
    pub const REAL: Pace = Pace { speed: 1.0, drift_ppm: 0.0 };

    /// When a frame is sent, after the call's start.
    pub fn due(self, frame: u64) -> Duration {
        self.after((frame * FRAME_MS) as f64 / 1_000.0)
    }

    /// When so many seconds of audio have been played, after the call's start.
    pub fn after(self, audio_s: f64) -> Duration {
        let wall_s = audio_s / (self.speed * (1.0 + self.drift_ppm * 1e-6));
        // Longer than a year is nothing that was meant.
        Duration::from_secs_f64(if wall_s.is_finite() { wall_s.clamp(0.0, 3e7) } else { 0.0 })
    }
}

/// What the network does to packets.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Faults {
    /// Share of packets that never come, 0 to 1.
    pub loss: f64,
    /// A packet comes so much later at most, in milliseconds; each by chance.
    pub jitter_ms: f64,
    /// Packets may overtake each other.
    pub reorder: bool,
    /// Where chance begins.
    pub seed: u64,
}

/// Of packets that are sent out of order where there is no jitter that would do it.
const SWAPPED_SHARE: f64 = 0.05;

/// So late are they: two come before.
const SWAPPED_MS: f64 = 2.5 * FRAME_MS as f64;

impl Faults {
    /// The same faults for another call, by other chance.
    #[must_use]
    pub fn of_call(self, call: u64) -> Self {
        Self { seed: self.seed.wrapping_add(call.wrapping_mul(0x9E37_79B9_7F4A_7C15)), ..self }
    }

    fn delay_ms(&self, chance: &mut Chance) -> Option<f64> {
        // Drawn in any case: what is lost does not depend on what is late.
        let (lost, late, swapped) = (chance.next(), chance.next(), chance.next());
        if lost < self.loss {
            return None;
        }
        let swap = self.reorder && self.jitter_ms <= 0.0 && swapped < SWAPPED_SHARE;
        Some(if swap { SWAPPED_MS } else { late * self.jitter_ms })
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
#[derive(Debug, Clone)]
struct Chance(u64);

impl Chance {
    /// 0 to under 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// One packet to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sending {
    /// When, after the call's start.
    pub at: Duration,
    /// Which frame, from 0.
    pub frame: u32,
    /// Of which leg.
    pub leg: u8,
}

/// All packets of a call, in the order in which they are sent.
#[derive(Debug)]
pub(super) struct Schedule {
    pace: Pace,
    faults: Faults,
    chance: Chance,
    frames: u32,
    next_frame: u32,
    waiting: BinaryHeap<Reverse<Sending>>,
    /// By leg: nothing is sent before it, where order is kept.
    last: Vec<Duration>,
    lost: u64,
}

impl Schedule {
    /// A call of so many frames on each leg.
    pub(super) fn new(frames: u32, legs: usize, pace: Pace, faults: Faults) -> Self {
        let chance = Chance(faults.seed);
        let last = vec![Duration::ZERO; legs];
        Self {
            pace,
            faults,
            chance,
            frames,
            next_frame: 0,
            waiting: BinaryHeap::new(),
            last,
            lost: 0,
        }
    }

    /// Packets lost on purpose so far.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    fn add_frame(&mut self, due: Duration) {
        for (leg, last) in self.last.iter_mut().enumerate() {
            match self.faults.delay_ms(&mut self.chance) {
                None => self.lost += 1,
                Some(delay_ms) => {
                    let mut at = due + Duration::from_secs_f64(delay_ms / 1_000.0);
                    if !self.faults.reorder {
                        at = at.max(*last);
                        *last = at;
                    }
                    let leg = leg as u8;
                    self.waiting.push(Reverse(Sending { at, frame: self.next_frame, leg }));
                }
            }
        }
        self.next_frame += 1;
    }
}

impl Iterator for Schedule {
    type Item = Sending;

    fn next(&mut self) -> Option<Sending> {
        while self.next_frame < self.frames {
            let due = self.pace.due(u64::from(self.next_frame));
            // What is due later than the first that waits cannot come before it.
            if self.waiting.peek().is_some_and(|Reverse(first)| first.at < due) {
                break;
            }
            self.add_frame(due);
        }
        self.waiting.pop().map(|Reverse(sending)| sending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(frames: u32, pace: Pace, faults: Faults) -> (Vec<Sending>, u64) {
        let mut schedule = Schedule::new(frames, 2, pace, faults);
        let sendings = schedule.by_ref().collect();
        (sendings, schedule.lost())
    }

    #[test]
    fn the_grid_is_absolute_and_knows_speed_and_drift() {
        assert_eq!(Pace::REAL.due(180_000), Duration::from_secs(3_600));
        assert_eq!(Pace { speed: 4.0, ..Pace::REAL }.due(200), Duration::from_secs(1));
        // 200 ppm fast: 3,600 s of audio are through 0.72 s early.
        let early =
            Duration::from_secs(3_600) - Pace { drift_ppm: 200.0, ..Pace::REAL }.due(180_000);
        assert!(early.abs_diff(Duration::from_micros(719_856)) < Duration::from_micros(2));
        assert_eq!(Pace { speed: 0.0, ..Pace::REAL }.due(1), Duration::ZERO);
    }

    #[test]
    fn without_faults_all_is_sent_on_the_grid_in_order() {
        let (sendings, lost) = all(500, Pace::REAL, Faults::default());
        assert_eq!((sendings.len(), lost), (1_000, 0));
        for (n, sending) in sendings.iter().enumerate() {
            assert_eq!((sending.frame as usize, usize::from(sending.leg)), (n / 2, n % 2));
            assert_eq!(sending.at, Duration::from_millis(20 * (n as u64 / 2)));
        }
    }

    #[test]
    fn loss_is_as_ordered_and_the_same_for_the_same_seed() {
        let faults = Faults { loss: 0.05, seed: 7, ..Faults::default() };
        let (sendings, lost) = all(50_000, Pace::REAL, faults);
        assert_eq!(sendings.len() as u64 + lost, 100_000);
        assert!((4_700..5_300).contains(&lost), "{lost}");
        assert_eq!(all(1_000, Pace::REAL, faults), all(1_000, Pace::REAL, faults));
        assert_ne!(all(1_000, Pace::REAL, faults), all(1_000, Pace::REAL, faults.of_call(1)));
    }

    #[test]
    fn reordering_without_jitter_swaps_neighbours() {
        let faults = Faults { reorder: true, seed: 1, ..Faults::default() };
        let (sendings, _) = all(10_000, Pace::REAL, faults);
        let one: Vec<u32> = sendings.iter().filter(|s| s.leg == 0).map(|s| s.frame).collect();
        let swapped = one.windows(2).filter(|pair| pair[1] < pair[0]).count();
        assert!((300..700).contains(&swapped), "{swapped}");
    }

    proptest! {
        #[test]
        fn times_rise_nothing_is_early_and_jitter_is_bounded(
            loss in 0.0..0.5f64, jitter_ms in 0.0..300.0f64, reorder: bool, seed: u64,
        ) {
            let faults = Faults { loss, jitter_ms, reorder, seed };
            let (sendings, lost) = all(300, Pace::REAL, faults);
            prop_assert_eq!(sendings.len() as u64 + lost, 600);
            prop_assert!(sendings.windows(2).all(|pair| pair[0].at <= pair[1].at));
            for sending in &sendings {
                let due = Pace::REAL.due(u64::from(sending.frame));
                let most_ms = jitter_ms.max(SWAPPED_MS) + 1.0;
                prop_assert!(sending.at >= due);
                prop_assert!(sending.at - due <= Duration::from_secs_f64(most_ms / 1_000.0));
            }
            for leg in 0..2 {
                let frames: Vec<u32> =
                    sendings.iter().filter(|s| s.leg == leg).map(|s| s.frame).collect();
                prop_assert!(reorder || frames.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }
}
