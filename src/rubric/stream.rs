//! What a condition has found so far, and what is already certain about it.
//!
//! In: hits in time order. Out: three-valued answers that never flip (law 5). The one idea: a hit that
//! is in [`Stream::hits`] stays there for ever, and hits yet to come start at or after
//! [`Stream::complete`]. Everything else follows from that.

use crate::domain::{AudioTime, DoubtReason, How, LegIx, Party, Span};

use super::model::MeasureOp;

/// The far end of time: nothing more can come.
pub(crate) const FOREVER: AudioTime = AudioTime::from_ms(u64::MAX);

/// The value of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    /// More of the call may decide it.
    Pending,
    True,
    False,
    /// Nothing more of the call can decide it.
    Unknown(DoubtReason),
}

impl Truth {
    pub(crate) fn of(value: bool) -> Self {
        if value { Truth::True } else { Truth::False }
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            same => same,
        }
    }

    /// True if any is; false only if all are. What is pending outweighs what is unknown, because it
    /// may yet become true.
    pub(crate) fn any(values: impl IntoIterator<Item = Truth>) -> Self {
        let mut out = Truth::False;
        for value in values {
            out = match (out, value) {
                (Truth::True, _) | (_, Truth::True) => return Truth::True,
                (Truth::Pending, _) | (_, Truth::Pending) => Truth::Pending,
                (unknown @ Truth::Unknown(_), _) => unknown,
                (_, other) => other,
            };
        }
        out
    }

    /// True if all are; false if any is not.
    pub(crate) fn all(values: impl IntoIterator<Item = Truth>) -> Self {
        Self::any(values.into_iter().map(Truth::not)).not()
    }
}

/// A stretch in which a condition looked; `end: None` is open as long as the call goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) start: AudioTime,
    pub(crate) end: Option<AudioTime>,
}

impl Interval {
    pub(crate) const WHOLE: Interval = Interval { start: AudioTime::ZERO, end: None };

    pub(crate) fn contains(self, at: AudioTime) -> bool {
        self.start <= at && self.end.is_none_or(|end| at < end)
    }

    pub(crate) fn overlap(self, other: Interval) -> Option<Interval> {
        let start = self.start.max(other.start);
        let end = match (self.end, other.end) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
        end.is_none_or(|end| start < end).then_some(Interval { start, end })
    }
}

/// One place where a condition holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hit {
    pub(crate) span: Span,
    pub(crate) leg: Option<LegIx>,
    pub(crate) party: Party,
    /// The utterance it ends in, by its place among all utterances; silences have none.
    pub(crate) utterance: Option<usize>,
    /// The turn it ends in, counted over both parties.
    pub(crate) turn: usize,
    pub(crate) source: Source,
}

/// What was found there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    Phrase {
        phrase: usize,
        from: Spot,
        to: Spot,
        how: How,
        distance: f32,
        guard: Guard,
    },
    /// A value within its bounds. Overtalk says how long the other had been speaking.
    Measured {
        measure: MeasureOp,
        value: f64,
        after_ms: Option<u64>,
    },
    /// An utterance that says again what an earlier one said, this alike (0 to 1).
    Repeat {
        earlier: usize,
        alike: f32,
    },
}

/// What stands around a phrase that may take its meaning away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guard {
    pub(crate) quoted: bool,
    pub(crate) negated: bool,
    pub(crate) asked: bool,
}

/// A token: its utterance's place among all, its own among the utterance's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) utterance: usize,
    pub(crate) token: usize,
}

/// All that a condition found.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    /// By start. Each stays for ever.
    pub(crate) hits: Vec<Hit>,
    /// Hits by a voice that may or may not be the party asked for. They affirm nothing.
    pub(crate) maybe: Vec<Hit>,
    /// Values over the call that are not within the bounds: what proves that there is no hit.
    pub(crate) against: Vec<Hit>,
    /// Hits yet to come start at or after this.
    pub(crate) complete: AudioTime,
    /// Why a missing hit may be there all the same.
    pub(crate) doubt: Option<DoubtReason>,
    /// Where it looked.
    pub(crate) windows: Vec<Interval>,
}

impl Stream {
    pub(crate) fn new(hits: Vec<Hit>, maybe: Vec<Hit>, complete: AudioTime) -> Self {
        let windows = vec![Interval::WHOLE];
        Self { hits, maybe, against: Vec::new(), complete, doubt: None, windows }
    }

    /// A stream that never had a hit and never will.
    pub(crate) fn nothing() -> Self {
        Self::new(Vec::new(), Vec::new(), FOREVER)
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.complete == FOREVER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const U: Truth = Truth::Unknown(DoubtReason::FactMissing);

    #[test]
    fn three_values_and_a_doubt() {
        use Truth::{False, Pending, True};
        for (values, any, all) in [
            (vec![True, False], True, False),
            (vec![False, Pending], Pending, False),
            (vec![True, Pending], True, Pending),
            (vec![U, True], True, U),
            (vec![U, False], U, False),
            (vec![U, Pending], Pending, Pending),
            (vec![], False, True),
        ] {
            assert_eq!(Truth::any(values.clone()), any, "{values:?}");
            assert_eq!(Truth::all(values.clone()), all, "{values:?}");
        }
    }
}
