//! The sidecar: what is known about a recording, `<stem>.call.json` beside the audio.
//!
//! In: its text. Out: a [`CallInfo`], or an error with line and column. Unknown keys are kept under
//! `extra`, so that a rubric can ask for them. `schemas/sidecar.schema.json` describes the form.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::{CallId, CallInfo, Direction, IdError, Language, Party, Sensitive};

/// A sidecar over this size is refused, in bytes.
pub const SIDECAR_BYTES_MAX: u64 = 1 << 20;

/// Facts of one value that a sidecar has a place for; `agent.id` is `id` within `agent`. What has another name stands under
/// `extra`.
pub const FACTS: &[&str] = &[
    "call_id",
    "direction",
    "vendor",
    "client",
    "project",
    "queue",
    "team",
    "agent.id",
    "agent.name",
    "customer.number",
    "started_at",
    "ring_s",
    "rings",
    "language",
];

/// Why a sidecar cannot be used. It never quotes a value: names and numbers are in there.
#[derive(Debug, thiserror::Error)]
pub enum SidecarError {
    /// Not JSON, or a value of the wrong type.
    #[error("line {line}, column {column}: {why}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What was expected.
        why: String,
    },
    /// The call's id cannot name a report.
    #[error("`call_id`: {0}")]
    CallId(#[from] IdError),
    /// A word that is none of those allowed.
    #[error("`{key}` must be one of {allowed}")]
    Word {
        /// The key.
        key: &'static str,
        /// What it may be.
        allowed: &'static str,
    },
    /// A number that cannot be.
    #[error("`{key}` must be a number of seconds from 0 to 86400")]
    Seconds {
        /// The key.
        key: &'static str,
    },
}

impl SidecarError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            SidecarError::Json { line, column, why } => {
                format!("第 {line} 行第 {column} 列：不是有效的 JSON（{why}）")
            }
            SidecarError::CallId(e) => format!("`call_id` 不能用作编号：{e}"),
            SidecarError::Word { key, allowed } => format!("`{key}` 只能是：{allowed}"),
            SidecarError::Seconds { key } => format!("`{key}` 必须是 0 到 86400 之间的秒数"),
        }
    }
}

/// What a sidecar says.
#[derive(Debug, Clone, PartialEq)]
pub struct Sidecar {
    /// The call's attributes.
    pub info: CallInfo,
    /// Whether it gives the call's id; else the stem does.
    pub names_call: bool,
    /// The files of the call, in leg order, when it is kept in more than one; names, no paths.
    pub files: Vec<String>,
}

/// As written: every key optional; a null is as good as absent.
#[derive(Debug, Default, Deserialize)]
struct Raw {
    call_id: Option<String>,
    direction: Option<String>,
    vendor: Option<String>,
    client: Option<String>,
    project: Option<String>,
    queue: Option<String>,
    team: Option<String>,
    agent: Option<RawAgent>,
    customer: Option<RawCustomer>,
    started_at: Option<String>,
    ring_s: Option<f64>,
    rings: Option<u32>,
    language: Option<String>,
    legs: Option<Vec<String>>,
    files: Option<Vec<String>>,
    extra: Option<BTreeMap<String, Value>>,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
struct RawAgent {
    id: Option<Scalar>,
    name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct RawCustomer {
    number: Option<Scalar>,
}

/// Staff and telephone numbers come as text or, from careless exports, as numbers.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Number(serde_json::Number),
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Scalar::Text(text) => text,
            Scalar::Number(number) => number.to_string(),
        }
    }
}

/// Reads a sidecar. `stem` names the call where the sidecar does not.
///
/// # Errors
/// [`SidecarError`] naming the line and column, or the key.
pub fn parse_sidecar(text: &str, stem: &CallId) -> Result<Sidecar, SidecarError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let raw: Raw = serde_json::from_str(text).map_err(json_error)?;
    let names_call = raw.call_id.is_some();
    let mut info = CallInfo::unknown(match &raw.call_id {
        Some(id) => CallId::new(id)?,
        None => stem.clone(),
    });
    info.direction = word(raw.direction, "direction", "inbound, outbound", Direction::parse)?;
    info.language =
        word(raw.language, "language", "a language tag such as zh, zh-CN, en", |tag| {
            Language::new(tag)
        })?;
    (info.vendor, info.client, info.project) = (raw.vendor, raw.client, raw.project);
    (info.queue, info.team) = (raw.queue, raw.team);
    if let Some(agent) = raw.agent {
        info.agent_id = agent.id.map(Scalar::into_text);
        info.agent_name = agent.name.map(Sensitive::new);
    }
    info.customer_number =
        raw.customer.and_then(|c| c.number).map(|n| Sensitive::new(n.into_text()));
    info.started_at = raw.started_at;
    info.ring_ms = raw.ring_s.map(|s| milliseconds(s, "ring_s")).transpose()?;
    info.rings = raw.rings;
    info.legs = raw.legs.map(parties).transpose()?;
    let extra = raw.extra.unwrap_or_default().into_iter().chain(raw.unknown);
    info.extra = extra.map(|(key, value)| (key, value.to_string())).collect();
    Ok(Sidecar { info, names_call, files: raw.files.unwrap_or_default() })
}

fn json_error(error: serde_json::Error) -> SidecarError {
    let why = if error.is_data() {
        // Serde's text quotes the value, which may be a name or a number.
        "a value has the wrong type".to_owned()
    } else {
        let text = error.to_string();
        text.split(" at line ").next().unwrap_or_default().to_owned()
    };
    SidecarError::Json { line: error.line(), column: error.column(), why }
}

fn word<T>(
    text: Option<String>,
    key: &'static str,
    allowed: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, SidecarError> {
    text.map(|text| parse(&text).ok_or(SidecarError::Word { key, allowed })).transpose()
}

fn parties(words: Vec<String>) -> Result<Vec<Party>, SidecarError> {
    let allowed = "agent, customer, bot, unknown";
    words
        .iter()
        .map(|w| Party::parse(w).ok_or(SidecarError::Word { key: "legs", allowed }))
        .collect()
}

fn milliseconds(seconds: f64, key: &'static str) -> Result<u64, SidecarError> {
    if (0.0..=86_400.0).contains(&seconds) {
        Ok((seconds * 1000.0).round() as u64)
    } else {
        Err(SidecarError::Seconds { key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Sidecar, SidecarError> {
        parse_sidecar(text, &CallId::new("stem").unwrap())
    }

    #[test]
    fn a_full_sidecar_is_understood() {
        let sidecar = parse(
            r#"{"call_id": "zh-E5", "direction": "inbound", "vendor": "卓信客服", "agent": {"id": 3105, "name": "A"},
            "customer": {"number": "19900006136"}, "ring_s": 5.0, "rings": 2, "language": "zh-CN",
            "legs": ["agent", "customer"], "files": ["a.wav", "b.wav"], "extra": {"campaign": "x"}, "score": 4}"#,
        )
        .unwrap();
        let info = sidecar.info;
        assert_eq!(info.call_id.as_str(), "zh-E5");
        assert_eq!(info.direction, Some(Direction::Inbound));
        assert_eq!(info.agent_id.as_deref(), Some("3105"));
        assert_eq!(info.ring_ms, Some(5_000));
        assert_eq!(info.language, Some(Language::chinese()));
        assert_eq!(info.legs, Some(vec![Party::Agent, Party::Customer]));
        assert_eq!(sidecar.files, ["a.wav", "b.wav"]);
        assert_eq!(info.extra["campaign"], "\"x\"");
        assert_eq!(info.extra["score"], "4");
    }

    #[test]
    fn each_fact_has_a_place_of_its_own() {
        for fact in FACTS {
            let value = match *fact {
                "direction" => "\"inbound\"",
                "language" => "\"zh\"",
                "ring_s" | "rings" => "2",
                _ => "\"x\"",
            };
            let json = match fact.split_once('.') {
                Some((outer, inner)) => format!("{{\"{outer}\": {{\"{inner}\": {value}}}}}"),
                None => format!("{{\"{fact}\": {value}}}"),
            };
            let info = parse(&json).unwrap().info;
            assert!(info.extra.is_empty(), "{fact}");
            let same = info == CallInfo::unknown(CallId::new("stem").unwrap());
            assert!(!same, "{fact} is not read");
        }
    }

    #[test]
    fn nothing_is_needed() {
        for text in ["{}", "\u{feff}{\"agent\": null, \"legs\": null}"] {
            assert_eq!(parse(text).unwrap().info.call_id.as_str(), "stem");
        }
    }

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        assert_eq!(parse(text).unwrap_err().to_string(), wanted);
    }

    #[test]
    fn errors_say_where_and_never_quote_a_value() {
        check("{\n  \"call_id\": oops}", "line 2, column 14: expected value");
        check("", "line 1, column 0: EOF while parsing a value");
        check("{\"call_id\": \"../x\"}", "`call_id`: an id must not hold '/' or start with a dot");
        check("{\"legs\": [\"boss\"]}", "`legs` must be one of agent, customer, bot, unknown");
        check("{\"ring_s\": -1}", "`ring_s` must be a number of seconds from 0 to 86400");
        let error = parse("{\"vendor\": 19900006136}").unwrap_err().to_string();
        assert!(error.contains("wrong type") && !error.contains("199"), "{error}");
    }
}
