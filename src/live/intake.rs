//! A call on its way to the exchange.
//!
//! In: a call's start and its events, from the shell of a protocol. Out: the exchange's answer and its commands. The exchange is asked
//! on a thread of its own and events wait meanwhile, so that a protocol keeps its own time limits however long the
//! exchange takes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::event::{CallStart, EndCause, Ingest};
use super::exchange::{Command, Exchange, Line, Refused};

/// Events that wait while the exchange is asked: ten seconds of two legs.
const WAITING_MAX: usize = 1_024;

/// How long a call that is over already waits for the exchange's answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// What the exchange says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It takes the call.
    Admitted,
    /// It does not.
    Refused(Refused),
    /// It wants something of the protocol.
    Command(Command),
    /// Nobody takes the call any more.
    Gone,
}

/// One call, from before it is taken to after its end.
pub(super) struct Intake {
    exchange: Arc<dyn Exchange>,
    state: State,
    /// Events that came before the exchange's answer, and have not left yet.
    waiting: VecDeque<Ingest>,
}

enum State {
    /// No call yet.
    Idle,
    /// The exchange is being asked.
    Asking(JoinHandle<Result<Line, Refused>>),
    /// It goes on.
    On(Line),
    /// It is over, or was never taken.
    Over,
}

impl Intake {
    /// No call yet.
    pub(super) fn new(exchange: Arc<dyn Exchange>) -> Self {
        Self { exchange, state: State::Idle, waiting: VecDeque::new() }
    }

    /// Asks the exchange to take the call. One intake takes one call.
    pub(super) fn start(&mut self, start: CallStart) {
        if matches!(self.state, State::Idle) {
            let exchange = Arc::clone(&self.exchange);
            let asked = tokio::task::spawn_blocking(move || exchange.admit(start));
            self.state = State::Asking(asked);
        }
    }

    /// Whether a call is under way.
    pub(super) const fn is_on(&self) -> bool {
        matches!(self.state, State::Asking(_) | State::On(_))
    }

    /// Passes an event on. `false`: nobody takes it.
    pub(super) async fn event(&mut self, event: Ingest) -> bool {
        let last = matches!(event, Ingest::Ended(_));
        if last && matches!(self.state, State::Asking(_)) {
            self.answered_in_time().await;
        }
        self.hand_over().await;
        let taken = match &mut self.state {
            State::Idle | State::Over => false,
            State::Asking(_) => {
                let room = self.waiting.len() < WAITING_MAX;
                if room {
                    self.waiting.push_back(event);
                }
                room
            }
            State::On(line) => line.send(event).await,
        };
        if !taken || last {
            self.state = State::Over;
        }
        taken
    }

    /// Hands over what waited. An event stays until it has left, so that nothing is lost when this is given up half-way.
    async fn hand_over(&mut self) {
        let State::On(line) = &mut self.state else { return };
        while let Some(event) = self.waiting.front() {
            line.send(event.clone()).await;
            self.waiting.pop_front();
        }
    }

    async fn answered_in_time(&mut self) {
        if tokio::time::timeout(ANSWER_MAX, self.answer()).await.is_err() {
            self.state = State::Over;
        }
    }

    /// What the exchange says next; waits for ever when there is no call. Cancel safe.
    pub(super) async fn told(&mut self) -> Told {
        self.hand_over().await;
        match &mut self.state {
            State::Idle | State::Over => std::future::pending().await,
            State::Asking(_) => self.answer().await,
            State::On(line) => match line.command().await {
                Some(command) => Told::Command(command),
                None => {
                    self.state = State::Over;
                    Told::Gone
                }
            },
        }
    }

    async fn answer(&mut self) -> Told {
        let State::Asking(asked) = &mut self.state else { return Told::Gone };
        match asked.await {
            Ok(Ok(line)) => {
                self.state = State::On(line);
                Told::Admitted
            }
            Ok(Err(refused)) => {
                self.state = State::Over;
                Told::Refused(refused)
            }
            Err(_) => {
                self.state = State::Over;
                Told::Gone
            }
        }
    }

    /// Ends the call if it goes on.
    pub(super) async fn end(&mut self, cause: EndCause) {
        if self.is_on() {
            self.event(Ingest::Ended(cause)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::tape::Tape;
    use crate::live::{CallKey, Facts, LegId};

    fn start() -> CallStart {
        let key = CallKey { source: "test".into(), native_id: "1".into() };
        CallStart { key, facts: Facts::default(), handles: Default::default() }
    }

    /// Thinks for a while.
    struct Slow(Arc<Tape>);

    impl Exchange for Slow {
        fn admit(&self, start: CallStart) -> Result<Line, Refused> {
            std::thread::sleep(Duration::from_millis(50));
            self.0.admit(start)
        }
        fn has_room(&self) -> bool {
            self.0.has_room()
        }
    }

    #[tokio::test]
    async fn nothing_that_waited_is_lost_when_the_answer_is_awaited_in_steps() {
        let tape = Tape::new(1);
        let mut intake = Intake::new(Arc::new(Slow(Arc::clone(&tape))));
        intake.start(start());
        for _ in 0..WAITING_MAX - 1 {
            assert!(intake.event(Ingest::LegLeft { leg: LegId(0) }).await);
        }
        for _ in 0..100 {
            let _ = tokio::time::timeout(Duration::from_millis(1), intake.told()).await;
        }
        intake.end(EndCause::Normal).await;
        assert!(tape.until(Duration::from_secs(1), |calls| calls[0].is_over()).await);
        assert_eq!(tape.calls()[0].events().len(), WAITING_MAX);
    }

    #[tokio::test]
    async fn events_wait_for_a_slow_exchange_and_a_refused_call_is_over() {
        let tape = Tape::new(1);
        let mut intake = Intake::new(Arc::new(Slow(Arc::clone(&tape))));
        intake.start(start());
        assert!(intake.event(Ingest::LegLeft { leg: LegId(0) }).await);
        intake.end(EndCause::Normal).await;
        assert!(tape.until(Duration::from_secs(1), |calls| calls[0].is_over()).await);
        assert_eq!(tape.calls()[0].events().len(), 2);
        let mut second = Intake::new(tape);
        second.start(start());
        assert_eq!(second.told().await, Told::Refused(Refused::Full { retry_after_s: 5 }));
        assert!(!second.event(Ingest::LegLeft { leg: LegId(0) }).await);
        assert!(!second.is_on());
    }
}
