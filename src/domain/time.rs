//! Audio time: milliseconds since the first sample of a call, and spans of it.
//!
//! In: nothing but numbers. Out: ordered, overflow-free values. Never a wall clock: `Instant`s are
//! passed in by the shell, and UTC stamps stay text on stored records.

use std::fmt;

/// A moment of a call, in milliseconds since its first sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AudioTime(u64);

impl AudioTime {
    /// The call's first sample.
    pub const ZERO: AudioTime = AudioTime(0);

    /// A moment `ms` milliseconds into the call.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// The moment of sample `index` at `rate_hz`, rounded down to the millisecond.
    pub fn from_samples(index: u64, rate_hz: u32) -> Self {
        Self(index.saturating_mul(1000) / u64::from(rate_hz.max(1)))
    }

    /// Seconds, rounded to the nearest millisecond; negative and non-finite values become zero.
    pub fn from_secs_f64(seconds: f64) -> Self {
        if seconds.is_finite() && seconds > 0.0 {
            Self((seconds * 1000.0).round() as u64)
        } else {
            Self::ZERO
        }
    }

    /// Milliseconds since the first sample.
    pub const fn ms(self) -> u64 {
        self.0
    }

    /// Seconds since the first sample.
    pub fn secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// The moment `ms` later.
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// The moment `ms` earlier, not before the first sample.
    pub const fn minus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_sub(ms))
    }

    /// Milliseconds from `earlier` to `self`, zero if it is not earlier.
    pub const fn since_ms(self, earlier: AudioTime) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for AudioTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}.{:03}", self.0 / 60_000, self.0 / 1000 % 60, self.0 % 1000)
    }
}

/// A stretch of a call: `start` up to, not including, `end`. Invariant: never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    start: AudioTime,
    end: AudioTime,
}

impl Span {
    /// Returns `None` when `end` is not after `start`.
    pub fn new(start: AudioTime, end: AudioTime) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// A span from milliseconds; `None` when empty.
    pub fn from_ms(start_ms: u64, end_ms: u64) -> Option<Self> {
        Self::new(AudioTime(start_ms), AudioTime(end_ms))
    }

    /// A span from `start` to `end`, stretched to one millisecond where it would be empty.
    pub fn at_least_1_ms(start: AudioTime, end: AudioTime) -> Self {
        Self { start, end: end.max(start.plus_ms(1)) }
    }

    /// First moment inside.
    pub const fn start(self) -> AudioTime {
        self.start
    }

    /// First moment after.
    pub const fn end(self) -> AudioTime {
        self.end
    }

    /// Length in milliseconds, at least one.
    pub const fn len_ms(self) -> u64 {
        self.end.0 - self.start.0
    }

    /// Whether `at` lies inside.
    pub fn contains(self, at: AudioTime) -> bool {
        self.start <= at && at < self.end
    }

    /// The common part of two spans, if any.
    pub fn overlap(self, other: Span) -> Option<Span> {
        Span::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// Milliseconds that two spans share.
    pub fn overlap_ms(self, other: Span) -> u64 {
        self.overlap(other).map_or(0, Span::len_ms)
    }

    /// The smallest span that holds both.
    pub fn cover(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{}", self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_never_empty() {
        assert_eq!(Span::from_ms(5, 5), None);
        assert_eq!(Span::from_ms(6, 5), None);
        assert_eq!(Span::from_ms(5, 6).map(Span::len_ms), Some(1));
    }

    #[test]
    fn hostile_seconds_become_zero() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(AudioTime::from_secs_f64(bad), AudioTime::ZERO);
        }
        assert_eq!(AudioTime::from_secs_f64(1.2345).ms(), 1235);
    }

    #[test]
    fn overlap_and_cover() {
        let a = Span::from_ms(0, 100).unwrap();
        let b = Span::from_ms(50, 150).unwrap();
        assert_eq!(a.overlap(b), Span::from_ms(50, 100));
        assert_eq!(a.cover(b), Span::from_ms(0, 150).unwrap());
        assert_eq!(a.overlap(Span::from_ms(100, 101).unwrap()), None);
    }
}
