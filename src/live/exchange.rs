//! Where calls are taken: the port between protocols and what is done with a call.
//!
//! In: calls that begin, and their events. Out: an answer whether there is room, and commands back to the protocol. A line holds a
//! bounded number of events: audio that finds it full is counted and told as a gap, never waited for, so that one slow
//! call holds up no other; everything else waits its turn.

use tokio::sync::mpsc;

use super::event::{CallStart, GapCause, Ingest, LegId};

/// Events that may be under way on a line: ten seconds of two legs at 20 ms a frame.
pub const LINE_EVENTS_MAX: usize = 1_024;

/// Commands that may be under way on a line.
const COMMANDS_MAX: usize = 16;

/// Takes calls.
pub trait Exchange: Send + Sync + 'static {
    /// A call begins; [`Line`] takes its events from here on.
    ///
    /// # Errors
    /// [`Refused`]: the protocol tells its peer so, in its own words.
    fn admit(&self, start: CallStart) -> Result<Line, Refused>;

    /// Whether the next call would be admitted; for keep-alives that ask before (SIP OPTIONS).
    fn has_room(&self) -> bool;
}

/// Why a call is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// As many as are allowed go on already.
    #[error("no room for another call; try again in {retry_after_s} s")]
    Full {
        /// Seconds.
        retry_after_s: u32,
    },
    /// The service ends.
    #[error("the service is ending")]
    Draining,
    /// A call of that name goes on.
    #[error("this call is being taken already")]
    Duplicate,
}

/// What the protocol is asked to do with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Send no audio for now, where the protocol can ask for that; it is left out here in any case.
    Pause,
    /// Send audio again.
    Resume,
    /// Take no more of this call.
    End,
}

/// A call's way in. Dropped without [`Ingest::Ended`], the call is over by a broken connection.
#[derive(Debug)]
pub struct Line {
    events: mpsc::Sender<Ingest>,
    commands: mpsc::Receiver<Command>,
    /// Audio that found no place, by leg: to be told as soon as there is one.
    lost: [Option<(u64, u64)>; super::LEGS_MAX],
}

/// The other end of a [`Line`].
#[derive(Debug)]
pub struct LineEnds {
    /// What comes in; `None` after the last.
    pub events: mpsc::Receiver<Ingest>,
    /// What is asked of the protocol.
    pub commands: mpsc::Sender<Command>,
}

impl Line {
    /// A line and its other end.
    pub fn new() -> (Line, LineEnds) {
        let (events, taken) = mpsc::channel(LINE_EVENTS_MAX);
        let (commands, given) = mpsc::channel(COMMANDS_MAX);
        let line = Line { events, commands: given, lost: [None; super::LEGS_MAX] };
        (line, LineEnds { events: taken, commands })
    }

    /// Sends an event. Audio never waits: where the line is full it becomes a gap. `false`: nobody takes this call
    /// any more.
    pub async fn send(&mut self, event: Ingest) -> bool {
        if let Ingest::Audio { leg, at, ref pcm, .. } = event {
            let end = at + pcm.len() as u64;
            return self.audio(leg, at, end, event);
        }
        for leg in 0..super::LEGS_MAX {
            self.tell_lost(leg);
        }
        self.events.send(event).await.is_ok()
    }

    fn audio(&mut self, leg: LegId, at: u64, end: u64, event: Ingest) -> bool {
        self.tell_lost(usize::from(leg.0));
        match self.events.try_send(event) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                if let Some(lost) = self.lost.get_mut(usize::from(leg.0)) {
                    *lost = Some((lost.map_or(at, |(from, _)| from), end));
                }
                true
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }

    fn tell_lost(&mut self, leg: usize) {
        let Some(Some((from, to))) = self.lost.get(leg).copied() else { return };
        let gap = Ingest::Gap { leg: LegId(leg as u8), from, to, cause: GapCause::Overload };
        if self.events.try_send(gap).is_ok() {
            self.lost[leg] = None;
        }
    }

    /// The next command; `None` when nobody takes this call any more: then it is to be ended. Cancel safe.
    pub async fn command(&mut self) -> Option<Command> {
        self.commands.recv().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn audio(at: u64) -> Ingest {
        Ingest::Audio { leg: LegId(0), at, pcm: Arc::from(vec![0i16; 160]), concealed: false }
    }

    #[tokio::test]
    async fn a_full_line_tells_what_it_lost_and_waits_for_nobody() {
        let (mut line, mut ends) = Line::new();
        for n in 0..LINE_EVENTS_MAX as u64 + 3 {
            assert!(line.send(audio(n * 160)).await);
        }
        for _ in 0..LINE_EVENTS_MAX {
            ends.events.recv().await.unwrap();
        }
        assert!(line.send(audio(9_999_999)).await);
        let from = LINE_EVENTS_MAX as u64 * 160;
        let gap = Ingest::Gap { leg: LegId(0), from, to: from + 480, cause: GapCause::Overload };
        assert_eq!(ends.events.recv().await, Some(gap));
        assert_eq!(ends.events.recv().await, Some(audio(9_999_999)));
        drop(ends);
        assert!(!line.send(audio(0)).await);
        assert_eq!(line.command().await, None);
    }
}
