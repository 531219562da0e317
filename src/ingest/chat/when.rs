//! Times of messages, in the forms that exports use.
//!
//! In: a field's text. Out: milliseconds on some scale, and which scale, so that one log is never read on
//! two. No clock and no time zone of this machine: only differences count.

/// A moment, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Since 1970, UTC; a date without a zone counts as UTC.
    Date(i64),
    /// Since midnight, or since the start.
    Clock(i64),
    /// A bare number of seconds since the start.
    Offset(i64),
}

impl Moment {
    /// The number on its scale.
    pub(super) const fn ms(self) -> i64 {
        match self {
            Moment::Date(ms) | Moment::Clock(ms) | Moment::Offset(ms) => ms,
        }
    }

    /// Whether two are on one scale.
    pub(super) const fn like(self, other: Moment) -> bool {
        matches!(
            (self, other),
            (Moment::Date(_), Moment::Date(_))
                | (Moment::Clock(_), Moment::Clock(_))
                | (Moment::Offset(_), Moment::Offset(_))
        )
    }
}

/// A bare number from this on is an epoch in seconds: September 2001.
const EPOCH_S_MIN: f64 = 1e9;

/// Reads a time. `in_ms` says that the column's name promises milliseconds.
pub(super) fn moment(text: &str, in_ms: bool) -> Option<Moment> {
    let text = text.trim();
    if let Ok(number) = text.trim_end_matches(['s', '秒']).trim().parse::<f64>() {
        return from_number(number, in_ms);
    }
    let plain = text.replace(['年', '月', '/'], "-").replace('日', " ").replace(['Ｔ', 'T'], " ");
    let plain = plain.replace('：', ":");
    let (date, rest) = match plain.split_once(char::is_whitespace) {
        Some((date, rest)) => (date, rest.trim()),
        None if plain.contains(':') => ("", plain.trim()),
        None => (plain.as_str(), ""),
    };
    if !date.is_empty() && !date.contains(':') {
        let day = days(date)?;
        let (clock, zone_ms) = if rest.is_empty() { (0, 0) } else { clock(rest)? };
        return Some(Moment::Date(day * 86_400_000 + clock - zone_ms));
    }
    clock(plain.trim()).map(|(ms, _)| Moment::Clock(ms))
}

fn from_number(number: f64, in_ms: bool) -> Option<Moment> {
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    let ms = |factor: f64| (number * factor).round() as i64;
    Some(match number {
        n if n >= EPOCH_S_MIN * 1e9 => Moment::Date(ms(1e-6)),
        n if n >= EPOCH_S_MIN * 1e6 => Moment::Date(ms(1e-3)),
        n if n >= EPOCH_S_MIN * 1e3 => Moment::Date(ms(1.0)),
        n if n >= EPOCH_S_MIN && !in_ms => Moment::Date(ms(1e3)),
        _ if in_ms => Moment::Offset(ms(1.0)),
        _ => Moment::Offset(ms(1e3)),
    })
}

/// Days since 1970 of `2026-10-25`, `10-25-2026`, `25.10.2026`.
fn days(date: &str) -> Option<i64> {
    let date = date.replace('.', "-");
    let parts: Vec<&str> = date.split('-').collect();
    let [a, b, c] = parts[..] else { return None };
    let number = |text: &str| text.trim().parse::<i64>().ok();
    let (a_number, b_number, c_number) = (number(a)?, number(b)?, number(c)?);
    let (year, month, day) = if a.trim().len() == 4 {
        (a_number, b_number, c_number)
    } else if c.trim().len() == 4 && a_number > 12 {
        (c_number, b_number, a_number)
    } else if c.trim().len() == 4 {
        (c_number, a_number, b_number)
    } else {
        return None;
    };
    let valid =
        (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    valid.then(|| civil_days(year, month, day))
}

/// Howard Hinnant's `days_from_civil`: days since 1970-01-01.
const fn civil_days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// `16:38:06.123+08:00`, `4:38 PM`, `下午4:38`, `01:23`: milliseconds, and the zone's.
fn clock(text: &str) -> Option<(i64, i64)> {
    let upper = text.to_uppercase();
    let afternoon = upper.contains("PM") || upper.contains("下午") || upper.contains("晚上");
    let morning = upper.contains("AM") || upper.contains("上午") || upper.contains("凌晨");
    let bare: String = ["PM", "AM", "下午", "上午", "晚上", "凌晨"]
        .iter()
        .fold(upper, |text, word| text.replace(word, " "));
    let (bare, zone_ms) = zone(bare.trim());
    let parts: Vec<&str> = bare.trim().split(':').collect();
    let whole = |text: &str| text.trim().parse::<i64>().ok().filter(|n| *n >= 0);
    let seconds = |text: &str| {
        let n = text.trim().replace(',', ".").parse::<f64>().ok()?;
        (0.0..61.0).contains(&n).then(|| (n * 1000.0).round() as i64)
    };
    let ms = match parts[..] {
        [hours, minutes, last] => {
            whole(hours)? * 3_600_000 + minute(whole(minutes)?)? + seconds(last)?
        }
        // With a date or half of a day it is hours and minutes, else minutes and seconds would be as
        // likely: either way differences within a log hold their order.
        [hours, minutes] => whole(hours)? * 3_600_000 + minute(whole(minutes)?)?,
        _ => return None,
    };
    let hour = ms / 3_600_000;
    let shift = match (afternoon, morning) {
        (true, _) if hour < 12 => 12,
        (_, true) if hour == 12 => -12,
        _ => 0,
    };
    Some((ms + shift * 3_600_000, zone_ms))
}

fn minute(minutes: i64) -> Option<i64> {
    (minutes < 60).then_some(minutes * 60_000)
}

/// Cuts a zone off: `Z`, `+08:00`, `+0800`, `-05`.
fn zone(text: &str) -> (&str, i64) {
    if let Some(text) = text.strip_suffix(['Z', 'z']) {
        return (text, 0);
    }
    let Some(at) = text.rfind(['+', '-']) else { return (text, 0) };
    let digits: String = text[at + 1..].chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = digits.split_at(digits.len().min(2));
    let number = |text: &str| text.parse::<i64>().unwrap_or(0);
    let ms = number(hours) * 3_600_000 + number(minutes) * 60_000;
    (&text[..at], if text[at..].starts_with('-') { -ms } else { ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_exports() {
        let date = |ms| Some(Moment::Date(ms));
        let at = 1_792_917_486_000; // 2026-10-25T08:38:06Z
        for (text, want) in [
            ("2026-10-25T16:38:06+08:00", date(at)),
            ("2026-10-25T08:38:06Z", date(at)),
            ("2026-10-25T08:38:06.250Z", date(at + 250)),
            ("2026-10-25 08:38:06", date(at)),
            ("2026/10/25 8:38:06", date(at)),
            ("2026年10月25日 08:38:06", date(at)),
            ("2026年10月25日 下午4:38:06", date(at + 8 * 3_600_000)),
            ("10/25/2026 8:38:06 AM", date(at)),
            ("25.10.2026 08:38:06", date(at)),
            ("1792917486", date(at)),
            ("1792917486000", date(at)),
            ("1792917486000000", date(at)),
            ("16:38:06", Some(Moment::Clock(59_886_000))),
            ("12:05 AM", Some(Moment::Clock(300_000))),
            ("83.5", Some(Moment::Offset(83_500))),
            ("83s", Some(Moment::Offset(83_000))),
            ("", None),
            ("yesterday", None),
            ("2026-13-01", None),
            ("-5", None),
        ] {
            assert_eq!(moment(text, false), want, "{text}");
        }
        assert_eq!(moment("1500", true), Some(Moment::Offset(1500)));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC{0,24}|[0-9:T/. +-]{0,24}") {
            let _ = moment(&text, false);
        }
    }
}
