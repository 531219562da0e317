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

/// `30%`.
pub(crate) fn percent(text: &str) -> Option<f64> {
    let number: f64 = text.trim().strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number)
}

/// How far two hits are apart: `30s`, `3 utterances`, `2 turns`, `5 words`, `same utterance`.
pub(crate) fn distance(text: &str) -> Option<Extent> {
    match text.trim() {
        "same utterance" => Some(Extent::Utterances(0)),
        "same turn" => Some(Extent::Turns(0)),
        text => extent(text).filter(|extent| !matches!(extent, Extent::Percent(_))),
    }
}

fn extent(text: &str) -> Option<Extent> {
    if let Some(ms) = duration_ms(text) {
        return Some(Extent::Ms(ms));
    }
    if let Some(share) = percent(text).filter(|share| share.fract() == 0.0) {
        return Some(Extent::Percent(share as u8));
    }
    let (number, unit) = text.trim().split_once(' ')?;
    let number: usize = number.parse().ok().filter(|n| (1..=1000).contains(n))?;
    match unit.trim() {
        "utterance" | "utterances" => Some(Extent::Utterances(number)),
        "turn" | "turns" => Some(Extent::Turns(number)),
        "word" | "words" => Some(Extent::Words(number)),
        _ => None,
    }
}

/// `first 30s`, `last 3 utterances`, `last 20%`, `from 10s to 60s`, `from 3 to 8 utterances`.
pub(crate) fn window(text: &str) -> Option<Window> {
    let text = text.trim();
    let extent = |text| extent(text).filter(|extent| !matches!(extent, Extent::Words(_)));
    if let Some(rest) = text.strip_prefix("first ") {
        return extent(rest).map(Window::First);
    }
    if let Some(rest) = text.strip_prefix("last ") {
        return extent(rest).map(Window::Last);
    }
    let (from, to) = text.strip_prefix("from ")?.split_once(" to ")?;
    let to = extent(to)?;
    // `from 3 to 8 utterances` names the unit once.
    let from = extent(from).or_else(|| {
        let number: usize = from.trim().parse().ok().filter(|n| *n >= 1)?;
        match to {
            Extent::Utterances(_) => Some(Extent::Utterances(number)),
            Extent::Turns(_) => Some(Extent::Turns(number)),
            _ => None,
        }
    })?;
    let in_order = match (from, to) {
        (Extent::Ms(from), Extent::Ms(to)) => from < to,
        (Extent::Percent(from), Extent::Percent(to)) => from < to,
        (Extent::Utterances(from), Extent::Utterances(to)) => from <= to,
        (Extent::Turns(from), Extent::Turns(to)) => from <= to,
        _ => false,
    };
    in_order.then_some(Window::FromTo(from, to))
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
        let from_to = |from, to| Some(Window::FromTo(from, to));
        assert_eq!(window("from 10s to 60s"), from_to(Extent::Ms(10_000), Extent::Ms(60_000)));
        assert_eq!(
            window("from 3 to 8 utterances"),
            from_to(Extent::Utterances(3), Extent::Utterances(8))
        );
        assert_eq!(window("from 50% to 80%"), from_to(Extent::Percent(50), Extent::Percent(80)));
        assert_eq!(window("last 20%"), Some(Window::Last(Extent::Percent(20))));
        for bad in ["from 3 to 2 turns", "first 5 words", "last 120%", "from 10s to 50%"] {
            assert_eq!(window(bad), None, "{bad}");
        }
        assert_eq!(distance("same turn"), Some(Extent::Turns(0)));
        assert_eq!(distance("5 words"), Some(Extent::Words(5)));
        assert_eq!(distance("50%"), None);
        assert_eq!(window("from 60s to 10s"), None);
        assert_eq!(window("first 0 turns"), None);
    }
}
