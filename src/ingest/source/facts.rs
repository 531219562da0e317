//! Facts about a recording on their way to the ledger, in a sidecar's form.
//!
//! In: facts one by one, from whoever knows them. Out: the JSON of a sidecar. What is known better is set
//! first; what is known worse only fills what is still open.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Map, Value};

use crate::wire::sidecar;

/// Characters of a value that are kept.
const VALUE_CHARS_MAX: usize = 1_000;

/// What is known about a recording.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts(Map<String, Value>);

impl Facts {
    /// Reads the JSON of a sidecar.
    pub(super) fn of_json(map: Map<String, Value>) -> Self {
        Self(map)
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets a fact that is not known yet; an empty value says nothing. `agent.id` is `id` within `agent`.
    pub fn set(&mut self, key: &str, value: &str) {
        let value: String = value.trim().chars().take(VALUE_CHARS_MAX).collect();
        if !value.is_empty() {
            self.set_value(key, value.into());
        }
    }

    pub(super) fn set_value(&mut self, key: &str, value: Value) {
        let (outer, inner) = key.split_once('.').map_or((key, None), |(o, i)| (o, Some(i)));
        let Some(inner) = inner else {
            self.0.entry(outer).or_insert(value);
            return;
        };
        let below = self.0.entry(outer).or_insert_with(|| Map::new().into());
        if let Some(below) = below.as_object_mut() {
            below.entry(inner).or_insert(value);
        }
    }

    /// The text of a fact.
    pub fn get(&self, key: &str) -> Option<&str> {
        let pointer = format!("/{}", key.replace('.', "/"));
        let (first, rest) = pointer[1..].split_once('/').unwrap_or((&pointer[1..], ""));
        match rest {
            "" => self.0.get(first)?.as_str(),
            rest => self.0.get(first)?.get(rest)?.as_str(),
        }
    }

    /// Fills what is open here with what is known there.
    pub fn fill(&mut self, from: &Facts) {
        for (key, value) in &from.0 {
            match value {
                Value::Null => {}
                Value::Object(inner) => {
                    for (name, value) in inner {
                        self.set_value(&format!("{key}.{name}"), value.clone());
                    }
                }
                value => {
                    self.0.entry(key).or_insert_with(|| value.clone());
                }
            }
        }
    }

    /// Says that two files are one call.
    pub fn files(&mut self, names: [String; 2]) {
        self.0.insert("files".into(), names.to_vec().into());
    }

    /// As a sidecar; `None` when nothing is known.
    pub fn to_json(&self) -> Option<String> {
        (!self.is_empty()).then(|| Value::Object(self.0.clone()).to_string())
    }

    /// Whether it reads as a sidecar.
    pub(super) fn check(&self) -> Result<(), String> {
        super::check(&self.to_json().unwrap_or_else(|| "{}".into()))
    }

    /// Sets a fact that comes as a word: directions and times are brought into their form first.
    pub(super) fn set_word(&mut self, key: &str, word: &str, zone: &TimeZone) {
        let word = word.trim();
        match key {
            "direction" => self.set(key, direction(word).unwrap_or_default()),
            "started_at" => self.set(key, &time(word, zone).unwrap_or_default()),
            "ring_s" | "rings" => {
                // As text these would not read as a sidecar.
                let number = word.parse::<f64>().ok().filter(|n| (0.0..=86_400.0).contains(n));
                if let Some(number) = number {
                    let value =
                        if key == "rings" { Value::from(number as u64) } else { number.into() };
                    self.set_value(key, value);
                }
            }
            _ => self.set(key, word),
        }
    }
}

/// Whether a column or a group may be mapped to it: a fact that a sidecar has a place for, or `extra.NAME`.
pub(super) fn is_key(key: &str) -> bool {
    let extra =
        key.strip_prefix("extra.").is_some_and(|name| !name.is_empty() && !name.contains('.'));
    sidecar::FACTS.contains(&key) || extra
}

/// Words that systems have for who called whom.
pub(super) fn direction(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "in" | "inbound" | "incoming" | "呼入" | "来电" | "1" => Some("inbound"),
        "out" | "outbound" | "outgoing" | "呼出" | "去电" | "外呼" | "2" => Some("outbound"),
        _ => None,
    }
}

/// A zone by its name, or its distance from UTC.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    let fixed = || -> Option<TimeZone> {
        let (sign, rest) = match name.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
        let seconds = hours.parse::<i32>().ok()? * 3_600 + minutes.parse::<i32>().ok()? * 60;
        Some(TimeZone::fixed(Offset::from_seconds(sign * seconds).ok()?))
    };
    fixed().or_else(|| TimeZone::get(name).ok())
}

/// A moment in the form of a sidecar: from RFC 3339, from a date and time without zone in any common
/// writing, or from seconds (or milliseconds, microseconds) since 1970.
pub(super) fn time(text: &str, zone: &TimeZone) -> Option<String> {
    let text = text.trim();
    let form =
        |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    if text.contains('T') && text.parse::<Timestamp>().is_ok() {
        return Some(text.to_owned());
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let separators = text.chars().all(|c| c.is_ascii_digit() || "-_/:. T".contains(c));
    // 20260315101530, 2026-03-15 10:15:30, with or without a fraction.
    let looks_civil =
        separators && digits.len() >= 14 && (digits.len() == 14 || text.contains('.'));
    if looks_civil && digits.starts_with("20") && (text.len() == 14 || text.len() > digits.len()) {
        let number = |from: usize, to: usize| digits[from..to].parse::<i8>().ok();
        let civil = DateTime::new(
            digits[..4].parse().ok()?,
            number(4, 6)?,
            number(6, 8)?,
            number(8, 10)?,
            number(10, 12)?,
            number(12, 14)?,
            0,
        );
        let at = civil.ok()?.to_zoned(zone.clone()).ok()?;
        return Some(at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
    }
    let whole = text.split('.').next()?;
    let number: i64 = whole.parse().ok()?;
    let second = match whole.len() {
        9 | 10 => number,
        13 => number / 1_000,
        16 => number / 1_000_000,
        _ => return None,
    };
    Timestamp::from_second(second).ok().map(form)
}
