//! An exchange that keeps what it is told: for tests of protocols, and to look at what a peer sends.
//!
//! In: calls. Out: their events, as they came. It records no audio and has no limit but the number of calls.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::event::{CallStart, Ingest};
use super::exchange::{Command, Exchange, Line, Refused};

/// A call on tape.
#[derive(Debug, Clone)]
pub struct Taped {
    /// How it began.
    pub start: CallStart,
    /// What happened, in order.
    pub events: Arc<Mutex<Vec<Ingest>>>,
    /// To send commands to the protocol.
    pub commands: mpsc::Sender<Command>,
}

impl Taped {
    /// What has happened so far.
    pub fn events(&self) -> Vec<Ingest> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Samples of a leg so far, gaps as zeros.
    pub fn audio(&self, leg: u8) -> Vec<i16> {
        let mut all = Vec::new();
        for event in self.events() {
            if let Ingest::Audio { leg: of, at, pcm, .. } = event
                && of.0 == leg
            {
                let at = usize::try_from(at).unwrap_or(usize::MAX).max(all.len());
                all.resize(at, 0);
                all.extend_from_slice(&pcm);
            }
        }
        all
    }

    /// Whether the call is over.
    pub fn is_over(&self) -> bool {
        self.events().iter().any(|event| matches!(event, Ingest::Ended(_)))
    }
}

/// Takes calls until there are `room`.
#[derive(Debug)]
pub struct Tape {
    room: usize,
    calls: Mutex<Vec<Taped>>,
}

impl Tape {
    /// A tape for so many calls.
    pub fn new(room: usize) -> Arc<Self> {
        Arc::new(Self { room, calls: Mutex::default() })
    }

    /// The calls taken so far.
    pub fn calls(&self) -> Vec<Taped> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until `done` holds for the calls, at most `limit`; tells whether it came to hold.
    pub async fn until(&self, limit: Duration, done: impl Fn(&[Taped]) -> bool) -> bool {
        let end = tokio::time::Instant::now() + limit;
        while tokio::time::Instant::now() < end {
            if done(&self.calls()) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        done(&self.calls())
    }
}

impl Exchange for Tape {
    fn admit(&self, start: CallStart) -> Result<Line, Refused> {
        if !self.has_room() {
            return Err(Refused::Full { retry_after_s: 5 });
        }
        let (line, mut ends) = Line::new();
        let taped = Taped { start, events: Arc::default(), commands: ends.commands };
        let events = Arc::clone(&taped.events);
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(taped);
        tokio::spawn(async move {
            while let Some(event) = ends.events.recv().await {
                events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
            }
        });
        Ok(line)
    }

    fn has_room(&self) -> bool {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).len() < self.room
    }
}
