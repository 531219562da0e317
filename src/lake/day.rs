//! A day of the calendar in UTC: what partitions are cut by.
//!
//! In: microseconds since 1970. Out: the day, and its name in a path.

use std::fmt;

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// A day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i32);

impl Day {
    /// The day of a moment, in microseconds since 1970. What lies beyond the calendar (year 9999) is its last day.
    pub fn of_us(us: i64) -> Self {
        let most = days_since_1970(jiff::civil::Date::MAX);
        Self(i32::try_from(us.div_euclid(DAY_US)).unwrap_or(most).min(most))
    }

    /// From and up to, not including, in microseconds since 1970.
    pub fn span_us(self) -> (i64, i64) {
        let from = i64::from(self.0) * DAY_US;
        let end = self.0 == days_since_1970(jiff::civil::Date::MAX);
        (from, if end { i64::MAX } else { from + DAY_US })
    }

    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let date: jiff::civil::Date = text.parse().ok()?;
        (date.to_string() == text).then(|| Self(days_since_1970(date)))
    }
}

fn days_since_1970(date: jiff::civil::Date) -> i32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    (date - epoch).get_days()
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = jiff::Span::new().try_days(self.0).unwrap_or_default();
        write!(f, "{}", jiff::civil::date(1970, 1, 1).saturating_add(days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_lies_in_its_day() {
        for (us, name) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (DAY_US - 1, "1970-01-01"),
            (DAY_US, "1970-01-02"),
            (1_793_750_400_000_000, "2026-11-04"),
            (i64::MAX, "9999-12-31"),
        ] {
            let day = Day::of_us(us);
            assert_eq!(day.to_string(), name);
            assert_eq!(Day::parse(name), Some(day));
            let (from, to) = day.span_us();
            assert!(from <= us && (us < to || to == i64::MAX), "{name}");
        }
        assert_eq!(Day::parse("2026-1-1"), None);
        assert_eq!(Day::parse("../etc"), None);
    }
}
