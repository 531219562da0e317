//! Messages of the Twilio dialect, in the spellings of all who speak it.
//!
//! In: the text of one frame. Out: what it says, in one form. The dialects differ in case (`streamSid`, `stream_id`), in
//! where an id stands, and in whether numbers are text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::super::event::Facts;
use super::super::json::{Loose, read};
use super::super::known;

/// Who speaks, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// Twilio, SignalWire, Kazoo and others who took their messages over as they are.
    Twilio,
    /// Telnyx: order is not guaranteed.
    Telnyx,
    /// Plivo: times are those of the day.
    Plivo,
    /// Exotel: samples are linear.
    Exotel,
}

impl Speaker {
    /// Under which name the call's id is handed to a connector.
    pub(super) const fn handle(self) -> &'static str {
        match self {
            Speaker::Twilio => "twilio.call_sid",
            Speaker::Telnyx => "telnyx.call_control_id",
            Speaker::Plivo => "plivo.call_id",
            Speaker::Exotel => "exotel.call_sid",
        }
    }
}

/// What a frame says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Message {
    /// The call's stream begins.
    Start(Box<Start>),
    /// Audio.
    Media(Media),
    /// A key was pressed, on a track.
    Dtmf(Track, char),
    /// The stream ends.
    Stop,
    /// The peer reports a trouble of its own.
    Error,
    /// Known, and of no matter: `connected`, `mark`, `clear`.
    Nothing,
}

/// Which way the audio goes, seen from the carrier: `inbound` comes from the party of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Track {
    /// From the party.
    Inbound,
    /// To the party.
    Outbound,
}

impl Track {
    /// Reads `inbound`, `inbound_track`; whatever else is said comes from the party: one-way streams name no track.
    fn parse(name: Option<&str>) -> Self {
        match name {
            Some(name) if name.starts_with("outbound") => Track::Outbound,
            _ => Track::Inbound,
        }
    }
}

/// The beginning of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Start {
    pub(super) speaker: Speaker,
    /// The call's id; the stream's where the call has none.
    pub(super) call: String,
    /// What a connector would name the call by.
    pub(super) handle: Option<String>,
    /// The tracks announced, in order, each once.
    pub(super) tracks: Vec<Track>,
    /// The codec's name as written.
    pub(super) encoding: String,
    /// Samples a second, where said.
    pub(super) rate_hz: Option<u32>,
    /// Channels in one payload.
    pub(super) channels: u64,
    /// What else is known.
    pub(super) facts: Facts,
}

/// One piece of audio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Media {
    pub(super) track: Track,
    /// Counts up from 1.
    pub(super) chunk: Option<u64>,
    /// Milliseconds, since the stream began or since 1970.
    pub(super) at_ms: Option<u64>,
    pub(super) payload: Vec<u8>,
}

#[derive(Deserialize)]
struct Frame {
    event: String,
    media: Option<RawMedia>,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
struct RawMedia {
    track: Option<String>,
    chunk: Option<Loose>,
    timestamp: Option<Loose>,
    payload: String,
}

/// Reads one frame; `None`: it is none of the dialect's.
pub(super) fn parse(text: &str) -> Option<Message> {
    let frame: Frame = read(text)?;
    match frame.event.as_str() {
        "start" => start(&frame.rest).map(|start| Message::Start(Box::new(start))),
        "media" => media(frame.media?).map(Message::Media),
        "dtmf" => dtmf(frame.rest.get("dtmf")?),
        "stop" => Some(Message::Stop),
        "error" => Some(Message::Error),
        "connected" | "mark" | "clear" | "playedStream" | "clearedAudio" => Some(Message::Nothing),
        _ => None,
    }
}

fn media(raw: RawMedia) -> Option<Media> {
    Some(Media {
        track: Track::parse(raw.track.as_deref()),
        chunk: raw.chunk.and_then(|chunk| chunk.0),
        at_ms: raw.timestamp.and_then(|at| at.0),
        payload: STANDARD.decode(raw.payload.trim()).ok()?,
    })
}

fn dtmf(dtmf: &Value) -> Option<Message> {
    let mut digits = dtmf.get("digit")?.as_str()?.chars();
    let digit = digits.next().map(|digit| digit.to_ascii_uppercase())?;
    let known = digits.next().is_none() && matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D');
    let track = Track::parse(dtmf.get("track").and_then(Value::as_str));
    known.then_some(Message::Dtmf(track, digit))
}

/// The first of these keys that holds text or a number.
fn text(object: &serde_json::Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match object.get(*key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn start(frame: &serde_json::Map<String, Value>) -> Option<Start> {
    let start = frame.get("start")?.as_object()?;
    let speaker = if frame.contains_key("stream_id") || start.contains_key("call_control_id") {
        Speaker::Telnyx
    } else if frame.contains_key("stream_sid") || start.contains_key("call_sid") {
        Speaker::Exotel
    } else if start.contains_key("callId") || start.contains_key("streamId") {
        Speaker::Plivo
    } else {
        Speaker::Twilio
    };
    let stream = ["streamSid", "stream_id", "stream_sid", "streamId"];
    let stream = text(frame, &stream).or_else(|| text(start, &stream));
    let call =
        text(start, &["callSid", "call_session_id", "call_control_id", "callId", "call_sid"]);
    let format = start.get("mediaFormat").or_else(|| start.get("media_format"));
    let format = format.and_then(Value::as_object).cloned().unwrap_or_default();
    let number = |keys: &[&str]| text(&format, keys)?.parse::<u64>().ok();
    Some(Start {
        speaker,
        handle: text(start, &["call_control_id"]).or_else(|| call.clone()),
        call: call.or_else(|| stream.clone())?,
        tracks: tracks(start.get("tracks")),
        encoding: text(&format, &["encoding"]).unwrap_or_default(),
        rate_hz: number(&["sampleRate", "sample_rate"]).and_then(|rate| u32::try_from(rate).ok()),
        channels: number(&["channels"]).unwrap_or(1),
        facts: facts(frame, start, stream),
    })
}

fn tracks(announced: Option<&Value>) -> Vec<Track> {
    let names = announced.and_then(Value::as_array).into_iter().flatten();
    let mut tracks: Vec<_> =
        names.filter_map(Value::as_str).map(|name| Track::parse(Some(name))).collect();
    tracks.sort();
    tracks.dedup();
    tracks
}

fn facts(
    frame: &serde_json::Map<String, Value>,
    start: &serde_json::Map<String, Value>,
    stream: Option<String>,
) -> Facts {
    let mut facts = Facts::default();
    known::extra(&mut facts, "stream_id", &stream.unwrap_or_default());
    let keys = ["customParameters", "custom_parameters"];
    for parameters in keys.iter().filter_map(|key| start.get(*key)) {
        known::note_json(&mut facts, parameters);
    }
    for (name, keys) in [
        ("account_id", &["accountSid", "account_sid", "accountId", "user_id"][..]),
        ("call_session_id", &["call_session_id"]),
    ] {
        known::extra(&mut facts, name, &text(start, keys).unwrap_or_default());
    }
    if let Some(tags) = start.get("tags").and_then(Value::as_array) {
        let tags: Vec<_> = tags.iter().filter_map(Value::as_str).collect();
        known::extra(&mut facts, "tags", &tags.join(","));
    }
    let state = start.get("client_state").and_then(Value::as_str);
    // Telnyx carries what the application gave it, in base64; JSON by habit.
    if let Some(state) = state.and_then(|state| STANDARD.decode(state).ok()) {
        match std::str::from_utf8(&state).map(read::<Value>) {
            Ok(Some(state)) if state.is_object() => known::note_json(&mut facts, &state),
            _ => known::extra(&mut facts, "client_state", &String::from_utf8_lossy(&state)),
        }
    }
    let headers = frame.get("extra_headers").or_else(|| start.get("extra_headers"));
    for pair in headers.and_then(Value::as_str).unwrap_or_default().split([';', ',']) {
        if let Some((name, value)) = pair.split_once('=') {
            known::note(&mut facts, name, value);
        }
    }
    let (from, to) = (text(start, &["from"]), text(start, &["to"]));
    known::parties(&mut facts, from.as_deref(), to.as_deref());
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_dialects_say_the_same_thing() {
        for (text, speaker, call, handle, encoding, rate_hz) in [
            (
                r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1","accountSid":"AC1",
                "callSid":"CA1","tracks":["outbound","inbound"],"customParameters":{"agent":"7"},
                "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#,
                Speaker::Twilio,
                "CA1",
                "CA1",
                "audio/x-mulaw",
                Some(8_000),
            ),
            (
                r#"{"event":"start","sequence_number":"1","stream_id":"S1","start":{"user_id":"U1","call_control_id":"v3:c",
                "call_session_id":"CS1","from":"+8610","to":"+8620","tags":["a","b"],"client_state":"eyJhZ2VudCI6IjcifQ==",
                "media_format":{"encoding":"PCMU","sample_rate":8000,"channels":1}}}"#,
                Speaker::Telnyx,
                "CS1",
                "v3:c",
                "PCMU",
                Some(8_000),
            ),
            (
                r#"{"event":"start","sequenceNumber":0,"start":{"callId":"P1","streamId":"S2","accountId":"A",
                "tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-l16","sampleRate":16000}},"extra_headers":"agent=7;x=1"}"#,
                Speaker::Plivo,
                "P1",
                "P1",
                "audio/x-l16",
                Some(16_000),
            ),
            (
                r#"{"event":"start","sequence_number":1,"stream_sid":"S3","start":{"stream_sid":"S3","call_sid":"E1",
                "account_sid":"A","from":"1","to":"2","custom_parameters":{"agent":"7"},
                "media_format":{"encoding":"audio/x-raw","sample_rate":"8000","bit_rate":"128kbps"}}}"#,
                Speaker::Exotel,
                "E1",
                "E1",
                "audio/x-raw",
                Some(8_000),
            ),
        ] {
            let Some(Message::Start(start)) = parse(text) else { panic!("{text}") };
            assert_eq!(start.speaker, speaker);
            assert_eq!(start.call, call);
            assert_eq!(start.handle.as_deref(), Some(handle));
            assert_eq!((start.encoding.as_str(), start.rate_hz), (encoding, rate_hz));
            assert_eq!(start.facts.get("agent.id"), Some("7"), "{speaker:?}");
            assert!(start.facts.get("extra.stream_id").is_some());
        }
    }

    #[test]
    fn media_is_read_whatever_its_numbers_look_like() {
        let media = |track, chunk, at_ms| {
            Some(Message::Media(Media { track, chunk, at_ms, payload: vec![0, 1] }))
        };
        for (text, expected) in [
            (
                r#"{"event":"media","media":{"track":"inbound","chunk":"2","timestamp":"5","payload":"AAE="}}"#,
                media(Track::Inbound, Some(2), Some(5)),
            ),
            (
                r#"{"event":"media","media":{"track":"outbound","chunk":2,"timestamp":5,"payload":"AAE="}}"#,
                media(Track::Outbound, Some(2), Some(5)),
            ),
            (r#"{"event":"media","media":{"payload":"AAE="}}"#, media(Track::Inbound, None, None)),
            (r#"{"event":"media","media":{"payload":"?"}}"#, None),
            (r#"{"event":"media"}"#, None),
            (r#"{"event":"start"}"#, None),
            (r#"{"event":"start","start":{}}"#, None),
            (
                r##"{"event":"dtmf","dtmf":{"track":"inbound_track","digit":"#"}}"##,
                Some(Message::Dtmf(Track::Inbound, '#')),
            ),
            (r#"{"event":"dtmf","dtmf":{"digit":"12"}}"#, None),
            (r#"{"event":"mark","mark":{"name":"x"}}"#, Some(Message::Nothing)),
            (r#"{"event":"later"}"#, None),
            ("", None),
            ("[]", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
