//! A run: so many calls at a time, one after another, until enough were played.
//!
//! In: reels and a target. Out: calls played, the books kept. Calls begin spread over their mean length, so that they do
//! not all end, and speak, at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::call::{Call, Desk};
use super::pace::{Faults, Pace, Schedule};
use super::reel::Reel;
use super::tally::Ended;
use super::target::Target;
use super::{media_stream, siprec};

/// Calls at a time.
pub const AT_ONCE_MAX: usize = 2_000;

/// After a call that was not let in, the next one waits.
const AFTER_TROUBLE: Duration = Duration::from_secs(1);

/// What is to be played.
pub struct Simulation {
    /// Where to.
    pub target: Target,
    /// What: one after another, over and over.
    pub reels: Vec<Arc<Reel>>,
    /// Calls at a time, at most [`AT_ONCE_MAX`].
    pub at_once: usize,
    /// Calls in all; none: until `lasts` or for ever.
    pub calls: Option<u64>,
    /// Calls end after so long.
    pub lasts: Option<Duration>,
    /// How fast.
    pub pace: Pace,
    /// What the network does.
    pub faults: Faults,
}

impl Simulation {
    /// When the first call of a place begins.
    fn stagger(&self, place: usize) -> Duration {
        let total_s: f64 = self.reels.iter().map(|reel| reel.length_s()).sum();
        let mean_s = total_s / self.reels.len().max(1) as f64;
        self.pace.after(mean_s * place as f64 / self.at_once.max(1) as f64)
    }

    /// Plays until all is played, or `stop`: then calls that go on are hung up in order.
    pub async fn run(self: Arc<Self>, desk: &Arc<Desk>, stop: &CancellationToken) {
        // Another part of the program may have chosen it before; it is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let stop = stop.child_token();
        let next = Arc::new(AtomicU64::new(0));
        let places =
            self.at_once.min(usize::try_from(self.calls.unwrap_or(u64::MAX)).unwrap_or(usize::MAX));
        let mut all = JoinSet::new();
        for place in 0..places.min(AT_ONCE_MAX) {
            let (simulation, desk) = (Arc::clone(&self), Arc::clone(desk));
            let (next, stop) = (Arc::clone(&next), stop.clone());
            all.spawn(async move { simulation.place(place, &next, &desk, &stop).await });
        }
        let lasts = self.lasts.unwrap_or(Duration::from_secs(u64::from(u32::MAX)));
        let over = tokio::select! {
            () = sleep(lasts) => true,
            () = async { while all.join_next().await.is_some() {} } => false,
        };
        if over {
            stop.cancel();
        }
        while all.join_next().await.is_some() {}
    }

    async fn place(
        &self,
        place: usize,
        next: &AtomicU64,
        desk: &Arc<Desk>,
        stop: &CancellationToken,
    ) {
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(self.stagger(place)) => {}
        }
        while !stop.is_cancelled() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if self.calls.is_some_and(|calls| number >= calls) {
                return;
            }
            let through = self.call(number, desk, stop).await;
            if !through {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = sleep(AFTER_TROUBLE) => {}
                }
            }
        }
    }

    async fn call(&self, number: u64, desk: &Arc<Desk>, stop: &CancellationToken) -> bool {
        let ix = usize::try_from(number).unwrap_or(0) % self.reels.len().max(1);
        let Some(reel) = self.reels.get(ix) else { return false };
        let id = Uuid::now_v7().simple();
        let native_id = match self.target {
            Target::MediaStream(_) => format!("CA{id}"),
            Target::Siprec(_) => format!("{id}@lingting.invalid"),
        };
        let faults = self.faults.of_call(number);
        let mut call = Call {
            ix: desk.tally().begin(&reel.name, &native_id, reel.legs.len(), desk.now()),
            native_id,
            reel: Arc::clone(reel),
            pace: self.pace,
            schedule: Schedule::new(reel.frames(), reel.legs.len(), self.pace, faults),
            desk: Arc::clone(desk),
            stop: stop.clone(),
        };
        let ended = match &self.target {
            Target::MediaStream(url) => media_stream::play(url, &mut call).await,
            Target::Siprec(target) => siprec::play(target, &mut call).await,
        };
        let through = matches!(ended, Ended::Completed | Ended::Stopped);
        desk.tally().end(call.ix, ended, call.schedule.lost());
        through
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::tests::reel;
    use super::super::tally::Tally;
    use super::*;
    use futures_util::StreamExt;
    use tokio::net::TcpListener;
    use tokio::time::Instant;

    /// A service that takes every call and reads it.
    async fn service() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/live/media-stream/demo/t", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
                    while let Some(Ok(_)) = socket.next().await {}
                });
            }
        });
        url
    }

    fn simulation(url: &str, at_once: usize, calls: Option<u64>) -> Simulation {
        Simulation {
            target: Target::parse(url).unwrap(),
            reels: vec![reel(50, 2), reel(100, 2)],
            at_once,
            calls,
            lasts: None,
            pace: Pace { speed: 20.0, drift_ppm: 0.0 },
            faults: Faults::default(),
        }
    }

    async fn run(
        simulation: Simulation,
        stop: &CancellationToken,
    ) -> super::super::figures::Outcome {
        let desk = Desk::new(Tally::new(simulation.pace, Duration::from_secs(1), false));
        Arc::new(simulation).run(&desk, stop).await;
        let tally = desk.tally();
        tally.outcome(desk.now())
    }

    #[tokio::test]
    async fn as_many_as_wanted_are_played_so_many_at_a_time() {
        let url = service().await;
        let outcome = run(simulation(&url, 3, Some(8)), &CancellationToken::new()).await;
        assert_eq!((outcome.calls.begun, outcome.calls.completed), (8, 8));
        assert!(outcome.calls.at_once_most <= 3 && outcome.calls.at_once_most > 1);
        assert_eq!(outcome.frames.sent, 4 * 100 + 4 * 200);
        assert!(outcome.all_well());
    }

    #[tokio::test]
    async fn beginnings_are_spread_over_the_mean_length() {
        let mut simulation = simulation("ws://h/live/media-stream/a/b", 4, None);
        simulation.pace = Pace::REAL;
        let starts: Vec<_> = (0..4).map(|place| simulation.stagger(place).as_millis()).collect();
        assert_eq!(starts, [0, 375, 750, 1_125]);
    }

    #[tokio::test]
    async fn time_and_ctrl_c_hang_up_what_goes_on() {
        let url = service().await;
        let mut long = simulation(&url, 2, None);
        long.pace = Pace::REAL;
        long.reels = vec![reel(5_000, 1)];
        long.lasts = Some(Duration::from_millis(300));
        let begun = Instant::now();
        let outcome = run(long, &CancellationToken::new()).await;
        assert!(begun.elapsed() < Duration::from_secs(3));
        // The second call would have begun after 50 s.
        assert_eq!((outcome.calls.begun, outcome.calls.stopped), (1, 1));
        assert!(outcome.all_well());

        let stop = CancellationToken::new();
        stop.cancel();
        let outcome = run(simulation(&url, 2, None), &stop).await;
        assert_eq!(outcome.calls.begun, 0);
    }
}
