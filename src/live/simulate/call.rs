//! One call as it is played: frames leave on the call's own grid until it is over.
//!
//! In: a reel, its schedule, and a way to send. Out: frames on the way, and the books kept. What carries the call is the
//! [`Way`]'s business.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::pace::{Pace, Schedule};
use super::reel::Reel;
use super::tally::{Ended, Tally};
use super::why::Why;

/// A peer that takes nothing for so long is broken.
const STALLED: Duration = Duration::from_secs(10);

/// The time that calls are played by.
#[derive(Debug)]
enum Clock {
    /// Since then.
    Wall(Instant),
    /// A test's: it goes on as far as it is waited for.
    #[cfg(test)]
    Told(Mutex<Duration>),
}

/// The books, shared, and the clock that they are kept by.
#[derive(Debug)]
pub struct Desk {
    tally: Mutex<Tally>,
    clock: Clock,
}

impl Desk {
    /// Books that begin now.
    pub fn new(tally: Tally) -> Arc<Self> {
        Arc::new(Self { tally: Mutex::new(tally), clock: Clock::Wall(Instant::now()) })
    }

    /// Since the books began.
    pub fn now(&self) -> Duration {
        match &self.clock {
            Clock::Wall(epoch) => epoch.elapsed(),
            #[cfg(test)]
            Clock::Told(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Waits until then. Cancel safe.
    pub(super) async fn until(&self, at: Duration) {
        match &self.clock {
            Clock::Wall(epoch) => sleep_until(*epoch + at).await,
            #[cfg(test)]
            Clock::Told(now) => {
                let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
                *now = at.max(*now);
            }
        }
    }

    /// The books.
    pub fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What carries a call.
pub(super) trait Way {
    /// Sends a frame.
    async fn send(&mut self, leg: u8, frame: u32, payload: &[u8]) -> Result<(), Why>;

    /// Waits until the peer ends the call, which it should not. Cancel safe.
    async fn hung_up(&mut self) -> Ended;

    /// Hangs up.
    async fn hang_up(&mut self);
}

/// A call to be played.
pub(super) struct Call {
    /// In the books.
    pub(super) ix: usize,
    /// Its name at the source.
    pub(super) native_id: String,
    pub(super) reel: Arc<Reel>,
    pub(super) pace: Pace,
    pub(super) schedule: Schedule,
    pub(super) desk: Arc<Desk>,
    pub(super) stop: CancellationToken,
}

impl Call {
    /// Plays it to its end, and hangs up unless the peer did.
    pub(super) async fn play(&mut self, way: &mut impl Way) -> Ended {
        let desk = Arc::clone(&self.desk);
        let start = desk.now();
        desk.tally().media(self.ix, start);
        for sending in self.schedule.by_ref() {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return hang_up(way, Ended::Stopped).await,
                ended = way.hung_up() => return match ended {
                    Ended::Failed(why) => Ended::Failed(after(desk.now().saturating_sub(start), why)),
                    refused => refused,
                },
                () = desk.until(start + sending.at) => {}
            }
            let leg = self.reel.legs.get(usize::from(sending.leg));
            let Some(payload) = leg.and_then(|leg| leg.frames.get(sending.frame as usize)) else {
                continue;
            };
            let stalled = desk.until(desk.now() + STALLED);
            let sent = tokio::select! {
                biased;
                sent = way.send(sending.leg, sending.frame, payload) => sent,
                () = stalled => Err(Why::Stalled { s: STALLED.as_secs() }),
            };
            let now = desk.now();
            match sent {
                Ok(()) => desk.tally().sent(self.ix, sending, now),
                Err(why) => {
                    return Ended::Failed(after(now.saturating_sub(start), why));
                }
            }
        }
        // The last frame lasts as long as every other.
        tokio::select! {
            () = desk.until(start + self.pace.due(u64::from(self.reel.frames()))) => {}
            () = self.stop.cancelled() => {}
        }
        hang_up(way, Ended::Completed).await
    }
}

fn after(played: Duration, why: Why) -> Why {
    Why::After { ms: u64::try_from(played.as_millis()).unwrap_or(u64::MAX), why: Box::new(why) }
}

async fn hang_up(way: &mut impl Way, ended: Ended) -> Ended {
    way.hang_up().await;
    ended
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::pace::Faults;
    use super::super::reel::{Codec, ReelLeg};
    use super::*;
    use crate::live::{Facts, LegRole};

    /// A reel of silence.
    pub(in crate::live::simulate) fn reel(frames: usize, legs: usize) -> Arc<Reel> {
        let leg = || ReelLeg {
            role: LegRole::Unknown,
            frames: (0..frames).map(|n| vec![n as u8; 160].into()).collect(),
        };
        Arc::new(Reel {
            name: "a.wav".into(),
            facts: Facts::default(),
            codec: Codec::Ulaw,
            legs: (0..legs).map(|_| leg()).collect(),
        })
    }

    pub(in crate::live::simulate) fn call(reel: &Arc<Reel>, pace: Pace, faults: Faults) -> Call {
        let desk = Desk::new(Tally::new(pace, Duration::from_secs(1), false));
        let ix = desk.tally().begin(&reel.name, "CA1", reel.legs.len(), desk.now());
        Call {
            ix,
            native_id: "CA1".into(),
            reel: Arc::clone(reel),
            pace,
            schedule: Schedule::new(reel.frames(), reel.legs.len(), pace, faults),
            desk,
            stop: CancellationToken::new(),
        }
    }

    /// Keeps what was sent when, on a clock that only waiting moves.
    struct Notebook {
        desk: Arc<Desk>,
        sent: Vec<(u64, u8, u32)>,
        /// Sending this frame takes so long.
        slow: Option<(u32, Duration)>,
        /// Sending this frame never ends.
        stuck: Option<u32>,
        /// The run ends with this frame.
        stop: Option<(u32, CancellationToken)>,
        hung_up: bool,
    }

    impl Notebook {
        fn of(call: &mut Call) -> Self {
            let tally = Tally::new(call.pace, Duration::from_secs(1), false);
            let clock = Clock::Told(Mutex::default());
            let desk = Arc::new(Desk { tally: Mutex::new(tally), clock });
            desk.tally().begin(&call.reel.name, "CA1", call.reel.legs.len(), Duration::ZERO);
            call.desk = Arc::clone(&desk);
            Self { desk, sent: vec![], slow: None, stuck: None, stop: None, hung_up: false }
        }
    }

    impl Way for Notebook {
        async fn send(&mut self, leg: u8, frame: u32, payload: &[u8]) -> Result<(), Why> {
            assert_eq!(payload[0], frame as u8);
            self.sent.push((self.desk.now().as_millis() as u64, leg, frame));
            if let Some((_, long)) = self.slow.filter(|(at, _)| *at == frame) {
                self.desk.until(self.desk.now() + long).await;
            }
            if let Some((_, stop)) = self.stop.as_ref().filter(|(at, _)| *at == frame) {
                stop.cancel();
            }
            if self.stuck == Some(frame) {
                std::future::pending::<()>().await;
            }
            Ok(())
        }

        async fn hung_up(&mut self) -> Ended {
            std::future::pending().await
        }

        async fn hang_up(&mut self) {
            self.hung_up = true;
        }
    }

    #[tokio::test]
    async fn frames_leave_on_an_absolute_grid_and_a_slow_one_delays_no_later_one() {
        let mut call = call(&reel(500, 2), Pace::REAL, Faults::default());
        let mut way = Notebook::of(&mut call);
        way.slow = Some((100, Duration::from_millis(75)));
        assert_eq!(call.play(&mut way).await, Ended::Completed);
        assert!(way.hung_up);
        assert_eq!((way.sent.len(), way.desk.now().as_millis()), (1_000, 10_000));
        for (at_ms, _, frame) in way.sent.iter().filter(|(_, _, frame)| !(100..108).contains(frame))
        {
            assert_eq!(*at_ms, u64::from(*frame) * 20);
        }
        // Both legs of frame 100 were slow: the grid was met again after 150 ms, and what was late was told.
        let frames = way.desk.tally().outcome(Duration::ZERO).frames;
        assert_eq!((frames.sent, frames.late), (1_000, 2 + 2 * 6));
        assert_eq!(frames.latest_ms.round(), 150.0);
    }

    #[tokio::test]
    async fn a_fast_clock_and_speed_shorten_the_call_as_told() {
        let reel = reel(5_000, 1);
        for (pace, wanted_ms) in [
            (Pace { speed: 10.0, drift_ppm: 0.0 }, 10_000),
            (Pace { speed: 1.0, drift_ppm: 10_000.0 }, 99_009),
        ] {
            let mut call = call(&reel, pace, Faults::default());
            let mut way = Notebook::of(&mut call);
            assert_eq!(call.play(&mut way).await, Ended::Completed);
            assert_eq!(way.desk.now().as_millis(), wanted_ms);
        }
    }

    #[tokio::test]
    async fn a_stop_hangs_up_in_order() {
        let mut call = call(&reel(500, 1), Pace::REAL, Faults::default());
        let mut way = Notebook::of(&mut call);
        way.stop = Some((10, call.stop.clone()));
        assert_eq!(call.play(&mut way).await, Ended::Stopped);
        assert!(way.hung_up && way.sent.len() == 11);
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_a_failure_with_its_time() {
        let mut call = call(&reel(500, 1), Pace::REAL, Faults::default());
        let mut way = Notebook::of(&mut call);
        way.stuck = Some(50);
        let ended = call.play(&mut way).await;
        let Ended::Failed(why) = ended else { panic!("{ended:?}") };
        assert_eq!(why.to_string(), "after 11.0 s: the service took nothing for 10 s");
    }
}
