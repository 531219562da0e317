//! Small notations of rubric files: `30s`, `first 3 utterances`, `from 10s to 60s`.

use crate::rubric::model::{Extent, Window};

/// `500ms`, `30s`, `1.5s`, `2m`, in milliseconds.
pub(crate) fn duration_ms(text: &str) -> Option<u64> {
    let text = text.trim();
    let (digits, factor) = if let Some(rest) = text.strip_suffix("ms") {
        (rest, 1.0)
    } else if let Some(rest) = text.strip_suffix('s') {
        (rest, 1000.0)
    } else {
        (text.strip_suffix('m')?, 60_000.0)
    };
    let number: f64 = digits.trim().parse().ok()?;
    // A day is longer than any call and keeps the sum far from overflow.
    let ms = number * factor;
    (number >= 0.0 && ms <= 86_400_000.0).then_some(ms.round() as u64)
}

/// `30s`, `3 utterances`, `2 turns`.
pub(crate) fn extent(text: &str) -> Option<Extent> {
    if let Some(ms) = duration_ms(text) {
        return Some(Extent::Ms(ms));
    }
    let (number, unit) = text.trim().split_once(' ')?;
    let number: usize = number.parse().ok().filter(|n| (1..=1000).contains(n))?;
    match unit.trim() {
        "utterance" | "utterances" => Some(Extent::Utterances(number)),
        "turn" | "turns" => Some(Extent::Turns(number)),
        _ => None,
    }
}

/// `first 30s`, `last 3 utterances`, `from 10s to 60s`.
pub(crate) fn window(text: &str) -> Option<Window> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("first ") {
        return extent(rest).map(Window::First);
    }
    if let Some(rest) = text.strip_prefix("last ") {
        return extent(rest).map(Window::Last);
    }
    let (from, to) = text.strip_prefix("from ")?.split_once(" to ")?;
    let (from, to) = (duration_ms(from)?, duration_ms(to)?);
    (from < to).then_some(Window::FromTo(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations() {
        assert_eq!(duration_ms("1.5s"), Some(1500));
        assert_eq!(duration_ms("500ms"), Some(500));
        assert_eq!(duration_ms("2m"), Some(120_000));
        for bad in ["", "s", "-1s", "5", "1e9s", "nans"] {
            assert_eq!(duration_ms(bad), None, "{bad}");
        }
        assert_eq!(window("first 3 utterances"), Some(Window::First(Extent::Utterances(3))));
        assert_eq!(window("last 60s"), Some(Window::Last(Extent::Ms(60_000))));
        assert_eq!(window("from 10s to 60s"), Some(Window::FromTo(10_000, 60_000)));
        assert_eq!(window("from 60s to 10s"), None);
        assert_eq!(window("first 0 turns"), None);
    }
}
