//! Messages of AudioHook v2 (developer.genesys.cloud/devapps/audiohook): the parts that matter here.

use serde::Deserialize;
use serde_json::{Value, json};

/// Bytes of a text frame, by the protocol.
pub(super) const TEXT_BYTES_MAX: usize = 65_535;

/// A client's message.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) version: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) seq: u64,
    pub(super) serverseq: u64,
    pub(super) id: String,
    #[serde(default)]
    pub(super) position: String,
    #[serde(default)]
    pub(super) parameters: Value,
}

/// `open`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Open {
    pub(super) organization_id: String,
    pub(super) conversation_id: String,
    pub(super) participant: Participant,
    #[serde(default)]
    pub(super) media: Vec<Media>,
    pub(super) language: Option<String>,
    #[serde(default)]
    pub(super) custom_config: Value,
}

/// Who is on the external side.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Participant {
    pub(super) id: String,
    #[serde(default)]
    pub(super) ani: String,
    #[serde(default)]
    pub(super) ani_name: String,
    #[serde(default)]
    pub(super) dnis: String,
}

/// One form in which audio can be sent.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Media {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) format: String,
    pub(super) channels: Vec<String>,
    pub(super) rate: u32,
}

impl Media {
    /// As it is named in the answer.
    pub(super) fn told(&self) -> Value {
        json!({ "type": self.kind, "format": self.format, "channels": self.channels, "rate": self.rate })
    }
}

/// `resumed`, `discarded`: the place of the audio that will not come, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) from_us: u64,
    pub(super) to_us: u64,
}

impl Hole {
    /// Reads `start` and `discarded`.
    pub(super) fn read(parameters: &Value) -> Option<Self> {
        let time = |name: &str| duration_us(parameters.get(name)?.as_str()?);
        let from_us = time("start")?;
        Some(Self { from_us, to_us: from_us.checked_add(time("discarded")?)? })
    }
}

/// Reads an ISO 8601 duration of hours, minutes and seconds (`PT1.5S`), in microseconds.
pub(super) fn duration_us(text: &str) -> Option<u64> {
    let mut rest = text.strip_prefix("PT")?;
    let mut all = 0u64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(end)?;
        let mut letters = after.chars();
        let unit_us = match letters.next()? {
            'H' => 3_600_000_000,
            'M' => 60_000_000,
            'S' => 1_000_000,
            _ => return None,
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let whole: u64 = whole.parse().ok()?;
        let mut scale_us = unit_us;
        let mut part_us = 0u64;
        for digit in part.chars().take(9) {
            scale_us /= 10;
            part_us += u64::from(digit.to_digit(10)?) * scale_us;
        }
        all = all.checked_add(whole.checked_mul(unit_us)?.checked_add(part_us)?)?;
        rest = letters.as_str();
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, expected) in [
            ("PT0S", Some(0)),
            ("PT1.5S", Some(1_500_000)),
            ("PT1H2M3.25S", Some(3_723_250_000)),
            ("PT0.0000001S", Some(0)),
            ("PT99999999999999999999S", None),
            ("PT18446744073709S", Some(18_446_744_073_709_000_000)),
            ("PT18446744073710S", None),
            ("PT1X", None),
            ("PT1", None),
            ("1S", None),
            ("PT1.2.3S", None),
        ] {
            assert_eq!(duration_us(text), expected, "{text}");
        }
        let parameters = json!({ "start": "PT2S", "discarded": "PT1S" });
        let hole = Hole { from_us: 2_000_000, to_us: 3_000_000 };
        assert_eq!(Hole::read(&parameters), Some(hole));
    }
}
