//! What an L16 socket says about itself: in its address, and in its first text.
//!
//! In: the query of the URL, and the first text frame, which may be JSON, Asterisk's `MEDIA_START key:value …` or anything
//! else. Out: rate, channels, the call's name and facts. The query wins: it is what the administrator wrote.

use serde_json::Value;

use super::super::event::{Facts, LegRole};
use super::super::json::read;
use super::super::known;
use super::super::payload::Encoding;

/// What is known of a stream before its audio.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Preamble {
    /// Samples a second.
    pub(super) rate_hz: Option<u32>,
    /// Channels, interleaved.
    pub(super) channels: Option<usize>,
    /// How samples are written; linear with the low byte first where nothing is said.
    pub(super) encoding: Option<Encoding>,
    /// Whose voice each channel carries.
    pub(super) roles: Vec<LegRole>,
    /// The call's id.
    pub(super) call: Option<String>,
    /// The handle of the channel at its PBX, with its kind.
    pub(super) handle: Option<(&'static str, String)>,
    /// What else is known.
    pub(super) facts: Facts,
}

impl Preamble {
    /// Reads a query: `rate`, `channels`, `roles`, `format`, `call`; all else are facts.
    pub(super) fn of_query(query: &str) -> Self {
        let mut preamble = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()).take(Facts::COUNT_MAX) {
            preamble.take(&name, &value);
        }
        preamble
    }

    /// Reads a first text.
    pub(super) fn of_text(text: &str) -> Self {
        let mut preamble = Self::default();
        if let Some(plain) = text.trim().strip_prefix("MEDIA_START") {
            for (name, value) in plain.split_whitespace().filter_map(|pair| pair.split_once(':')) {
                preamble.take(name, value);
            }
        } else if let Some(Value::Object(object)) = read(text) {
            preamble.take_json(&object);
        }
        preamble
    }

    fn take_json(&mut self, object: &serde_json::Map<String, Value>) {
        for (name, value) in object {
            match value {
                Value::String(text) => self.take(name, text),
                Value::Number(number) => self.take(name, &number.to_string()),
                other => {
                    // Variables of the channel and custom headers come as an object.
                    let mut facts = std::mem::take(&mut self.facts);
                    known::note_json(&mut facts, other);
                    self.facts = facts;
                }
            }
        }
    }

    fn take(&mut self, name: &str, value: &str) {
        match name {
            "rate" | "sampleRate" | "sample_rate" | "samplerate" => {
                self.rate_hz = value.parse().ok().or(self.rate_hz);
            }
            "channels" => self.channels = value.parse().ok().or(self.channels),
            "mixType" | "mix_type" => {
                self.channels = Some(if value == "stereo" { 2 } else { 1 });
            }
            "roles" => self.roles = value.split(',').map(role).collect(),
            "format" | "content-type" | "encoding" => self.format(value),
            "call" | "callSid" | "call_sid" | "callId" | "call_id" | "connection_id" | "uuid" => {
                let better = self.call.is_none() || name != "connection_id";
                if better && !value.is_empty() {
                    self.call = Some(value.to_owned());
                }
                let kind = match name {
                    "uuid" => Some("freeswitch.uuid"),
                    "callSid" => Some("jambonz.call_sid"),
                    _ => None,
                };
                self.handle = kind.map(|kind| (kind, value.to_owned())).or(self.handle.take());
            }
            "event" | "optimal_frame_size" | "ptime" => {}
            name => known::note(&mut self.facts, name, value),
        }
    }

    fn format(&mut self, name: &str) {
        if let Some((encoding, rate_hz)) = Encoding::parse(name, false) {
            self.encoding = Some(encoding);
            self.rate_hz = rate_hz.or(self.rate_hz);
        } else {
            known::extra(&mut self.facts, "format", name);
        }
    }

    /// What this one does not say is taken from another.
    pub(super) fn or(mut self, other: Preamble) -> Self {
        let mut facts = other.facts;
        facts.merge(&self.facts);
        self.facts = facts;
        self.rate_hz = self.rate_hz.or(other.rate_hz);
        self.channels = self.channels.or(other.channels);
        self.encoding = self.encoding.or(other.encoding);
        self.call = self.call.or(other.call);
        self.handle = self.handle.or(other.handle);
        if self.roles.is_empty() {
            self.roles = other.roles;
        }
        self
    }
}

fn role(word: &str) -> LegRole {
    match word.trim() {
        "agent" => LegRole::Agent,
        "customer" => LegRole::Customer,
        "bot" => LegRole::Bot,
        "mixed" => LegRole::Mixed,
        _ => LegRole::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_preambles_tell_rate_and_call() {
        for (text, rate_hz, channels, call) in [
            (
                r#"{"callSid":"J1","sampleRate":16000,"mixType":"stereo","agent":"7"}"#,
                16_000,
                2,
                "J1",
            ),
            (
                r#"{"event":"websocket:connected","content-type":"audio/l16;rate=16000","call":"V1","channels":2,"agent":"7"}"#,
                16_000,
                2,
                "V1",
            ),
            (
                r#"{"event":"MEDIA_START","connection_id":"c1","format":"slin16","channels":2,"optimal_frame_size":640,
                "channel_variables":{"agent":"7"}}"#,
                16_000,
                2,
                "c1",
            ),
            (
                "MEDIA_START connection_id:c1 format:slin16 ptime:20 channels:2 agent:7",
                16_000,
                2,
                "c1",
            ),
        ] {
            let preamble = Preamble::of_text(text);
            assert_eq!(preamble.rate_hz, Some(rate_hz), "{text}");
            assert_eq!(preamble.channels, Some(channels), "{text}");
            assert_eq!(preamble.call.as_deref(), Some(call), "{text}");
            assert_eq!(preamble.facts.get("agent.id"), Some("7"), "{text}");
        }
        assert_eq!(Preamble::of_text("any words"), Preamble::default());
        assert_eq!(Preamble::of_text("MEDIA_START format:ulaw").encoding, Some(Encoding::Mulaw));
    }

    #[test]
    fn the_query_wins() {
        let query = Preamble::of_query("rate=8000&roles=agent,customer&uuid=u-1&queue=a%20b");
        let both = query.or(Preamble::of_text(r#"{"sampleRate":16000,"channels":2,"queue":"c"}"#));
        assert_eq!((both.rate_hz, both.channels), (Some(8_000), Some(2)));
        assert_eq!(both.roles, [LegRole::Agent, LegRole::Customer]);
        assert_eq!(both.handle, Some(("freeswitch.uuid", "u-1".into())));
        assert_eq!(both.facts.get("queue"), Some("a b"));
    }
}
