//! One call of one or more connections.
//!
//! In: what its connections hear, with places on the call's clock. Out: the call. It is over when its last connection
//! has left.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::super::clock::LegClock;
use super::super::event::{
    CallKey, CallStart, EndCause, GapCause, Ingest, LEGS_MAX, LegId, LegRole,
};
use super::super::exchange::{Command, Exchange};
use super::super::intake::{Intake, Told};

/// What may be under way from the connections of a call: ten seconds of two legs.
const HEARD_MAX: usize = 1_024;

/// What a connection hears.
#[derive(Debug)]
pub(super) enum Heard {
    /// It is there.
    Joined(u64, LegRole),
    /// Samples, at their place.
    Audio(u64, u32, u64, Vec<i16>),
    /// A key.
    Dtmf(u64, char),
    /// It is gone.
    Left(u64, EndCause),
}

/// A call as its connections see it.
#[derive(Debug, Clone)]
pub(super) struct Party {
    /// To the call.
    pub(super) heard: mpsc::Sender<Heard>,
    /// When the call began.
    pub(super) began: Instant,
    /// Nobody takes the call any more.
    pub(super) over: CancellationToken,
}

/// The calls under way.
pub(super) struct Calls {
    exchange: Arc<dyn Exchange>,
    stop: CancellationToken,
    parties: Mutex<BTreeMap<CallKey, Party>>,
}

impl Calls {
    /// None yet.
    pub(super) fn new(exchange: Arc<dyn Exchange>, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self { exchange, stop, parties: Mutex::default() })
    }

    /// Joins the call of that name, which begins with its first connection.
    pub(super) fn join(self: &Arc<Self>, start: CallStart, joined: Heard) -> Party {
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        let mut joined = Some(joined);
        if let Some(party) = parties.get(&start.key)
            && let Some(heard) = joined.take()
        {
            match party.heard.try_send(heard) {
                Ok(()) => return party.clone(),
                Err(error) => joined = Some(error.into_inner()),
            }
        }
        let (heard, taken) = mpsc::channel(HEARD_MAX);
        if let Some(joined) = joined {
            // A new channel has room for one.
            let _ = heard.try_send(joined);
        }
        let party = Party { heard, began: Instant::now(), over: self.stop.child_token() };
        parties.insert(start.key.clone(), party.clone());
        let mut intake = Intake::new(Arc::clone(&self.exchange));
        let key = start.key.clone();
        intake.start(start);
        let call =
            Call { intake, legs: Vec::new(), open: BTreeMap::new(), cause: EndCause::Normal };
        tokio::spawn(call.run(Arc::clone(self), key, taken, party.over.clone()));
        party
    }

    /// Waits until no call is under way, at most so long.
    pub(super) async fn drained(&self, limit: Duration) {
        let end = Instant::now() + limit;
        while Instant::now() < end
            && !self.parties.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

struct Call {
    intake: Intake,
    legs: Vec<(u64, u32, LegClock)>,
    /// Connections that are there, and whose voice they carry.
    open: BTreeMap<u64, LegRole>,
    cause: EndCause,
}

impl Call {
    async fn run(
        mut self,
        calls: Arc<Calls>,
        key: CallKey,
        mut taken: mpsc::Receiver<Heard>,
        over: CancellationToken,
    ) {
        loop {
            tokio::select! {
                () = over.cancelled() => {
                    self.cause = EndCause::Normal;
                    break;
                }
                told = self.intake.told() => match told {
                    Told::Admitted | Told::Command(Command::Pause | Command::Resume) => {}
                    Told::Refused(why) => {
                        tracing::warn!(source = key.source, %why, "an AudioSocket call is refused");
                        over.cancel();
                    }
                    Told::Gone | Told::Command(Command::End) => over.cancel(),
                },
                heard = taken.recv() => match heard {
                    Some(heard) => self.heard(heard).await,
                    None => break,
                },
            }
            // One who joins does so under the same lock: it finds the call, or begins another.
            if self.open.is_empty() {
                let mut parties = calls.parties.lock().unwrap_or_else(PoisonError::into_inner);
                if taken.is_empty() {
                    parties.remove(&key);
                    drop(parties);
                    break;
                }
            }
        }
        if calls.stop.is_cancelled() {
            self.cause = EndCause::Shutdown;
        }
        self.intake.end(self.cause).await;
        over.cancel();
        calls
            .parties
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|of, party| *of != key || !party.over.is_cancelled());
    }

    async fn heard(&mut self, heard: Heard) {
        let mut events = Vec::new();
        match heard {
            Heard::Joined(from, role) => drop(self.open.insert(from, role)),
            Heard::Audio(from, rate_hz, at, pcm) => {
                self.joined(from, rate_hz, &mut events);
                let leg =
                    self.legs.iter_mut().find(|(of, rate, _)| *of == from && *rate == rate_hz);
                if let Some((_, _, clock)) = leg {
                    clock.lay(at, &pcm, GapCause::Dtx, &mut events);
                }
            }
            Heard::Dtmf(from, digit) => {
                events.extend(self.leg(from).map(|leg| Ingest::Dtmf { leg, digit }));
            }
            Heard::Left(from, cause) => {
                self.open.remove(&from);
                self.cause = cause;
                let left = self.leg(from).map(|leg| Ingest::LegLeft { leg });
                events.extend(left.filter(|_| !self.open.is_empty()));
            }
        }
        for event in events {
            self.intake.event(event).await;
        }
    }

    fn leg(&self, from: u64) -> Option<LegId> {
        let ix = self.legs.iter().position(|(of, ..)| *of == from)?;
        u8::try_from(ix).ok().map(LegId)
    }

    /// A leg is there with its first audio, which tells its rate. A third is not taken.
    fn joined(&mut self, from: u64, rate_hz: u32, events: &mut Vec<Ingest>) {
        if self.leg(from).is_some() || self.legs.len() >= LEGS_MAX {
            return;
        }
        let Ok(leg) = u8::try_from(self.legs.len()).map(LegId) else { return };
        self.legs.push((from, rate_hz, LegClock::new(leg, rate_hz)));
        let role = self.open.get(&from).copied().unwrap_or(LegRole::Unknown);
        events.push(Ingest::LegJoined { leg, role, rate_hz, codec: "pcm_s16le" });
    }
}
