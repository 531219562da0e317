//! Twilio's media-stream messages, as the sender writes them.
//!
//! In: a call's ids, facts and frames. Out: text messages: `connected`, `start`, `media`, `stop`
//! (twilio.com/docs/voice/media-streams/websocket-messages).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::pace::FRAME_MS;
use crate::live::{Facts, LegRole};

/// The account that simulated calls name.
const ACCOUNT_SID: &str = "ACsimulate";

/// One call's messages, numbered.
#[derive(Debug)]
pub(super) struct Stream {
    call_sid: String,
    stream_sid: String,
    tracks: Vec<&'static str>,
    /// By track: how many chunks were sent.
    chunks: Vec<u64>,
    sequence: u64,
}

/// The track of each leg: what comes in from the customer is `inbound`, what the agent says goes out to them.
fn tracks(roles: &[LegRole]) -> Vec<&'static str> {
    match roles {
        [LegRole::Agent] => vec!["outbound"],
        [_] => vec!["inbound"],
        [LegRole::Agent, ..] | [_, LegRole::Customer] => vec!["outbound", "inbound"],
        _ => vec!["inbound", "outbound"],
    }
}

/// What a fact is called by who knows it: what we file under `extra` has a name of its own there.
fn own_name(key: &str) -> String {
    key.strip_prefix("extra.").unwrap_or(key).to_owned()
}

impl Stream {
    /// A call named `call_sid` with legs of these roles.
    pub(super) fn new(call_sid: &str, roles: &[LegRole]) -> Self {
        let tracks = tracks(roles);
        let stream_sid = format!("MZ{}", call_sid.strip_prefix("CA").unwrap_or(call_sid));
        let chunks = vec![0; tracks.len()];
        Self { call_sid: call_sid.to_owned(), stream_sid, tracks, chunks, sequence: 0 }
    }

    /// The first message.
    pub(super) fn connected(&self) -> String {
        json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}).to_string()
    }

    /// The call begins.
    pub(super) fn start(&mut self, facts: &Facts) -> String {
        let facts: Map<String, Value> =
            facts.iter().map(|(key, value)| (own_name(key), value.into())).collect();
        let mut tracks = self.tracks.clone();
        tracks.sort_unstable();
        json!({
            "event": "start",
            "sequenceNumber": self.number(),
            "start": {
                "streamSid": self.stream_sid,
                "accountSid": ACCOUNT_SID,
                "callSid": self.call_sid,
                "tracks": tracks,
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8_000, "channels": 1},
                "customParameters": facts,
            },
            "streamSid": self.stream_sid,
        })
        .to_string()
    }

    /// A frame of a leg; `None` for a leg that the call has not.
    pub(super) fn media(&mut self, leg: usize, frame: u32, payload: &[u8]) -> Option<String> {
        let chunk = self.chunks.get_mut(leg)?;
        *chunk += 1;
        let (chunk, track) = (*chunk, *self.tracks.get(leg)?);
        let (number, stream) = (self.number(), &self.stream_sid);
        let timestamp_ms = u64::from(frame) * FRAME_MS;
        let payload = STANDARD.encode(payload);
        // Written by hand: 100 a second and call, and nothing in it needs escaping.
        Some(format!(
            "{{\"event\":\"media\",\"sequenceNumber\":\"{number}\",\"media\":{{\"track\":\"{track}\",\"chunk\":\"{chunk}\",\
             \"timestamp\":\"{timestamp_ms}\",\"payload\":\"{payload}\"}},\"streamSid\":\"{stream}\"}}"
        ))
    }

    /// The call is over.
    pub(super) fn stop(&mut self) -> String {
        json!({
            "event": "stop",
            "sequenceNumber": self.number(),
            "streamSid": self.stream_sid,
            "stop": {"accountSid": ACCOUNT_SID, "callSid": self.call_sid},
        })
        .to_string()
    }

    fn number(&mut self) -> String {
        self.sequence += 1;
        self.sequence.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn messages_are_those_of_the_dialect() {
        let mut facts = Facts::default();
        facts.set("agent.id", "31\"05");
        facts.set("extra.campaign", "autumn");
        let mut stream = Stream::new("CA12", &[LegRole::Agent, LegRole::Customer]);
        assert_eq!(parsed(&stream.connected())["protocol"], "Call");
        let start = parsed(&stream.start(&facts));
        assert_eq!(start["sequenceNumber"], "1");
        assert_eq!(start["start"]["callSid"], "CA12");
        assert_eq!(start["start"]["tracks"], json!(["inbound", "outbound"]));
        assert_eq!(start["start"]["customParameters"]["agent.id"], "31\"05");
        assert_eq!(start["start"]["customParameters"]["campaign"], "autumn");
        let first = parsed(&stream.media(0, 0, &[255; 160]).unwrap());
        assert_eq!(first["media"]["track"], "outbound");
        assert_eq!(first["media"]["chunk"], "1");
        assert_eq!(
            STANDARD.decode(first["media"]["payload"].as_str().unwrap()).unwrap(),
            [255; 160]
        );
        // A frame was lost in between: time goes on, chunks count what was sent.
        let second = parsed(&stream.media(0, 2, &[1]).unwrap());
        assert_eq!(second["media"]["timestamp"], "40");
        assert_eq!(second["media"]["chunk"], "2");
        assert_eq!(parsed(&stream.media(1, 0, &[]).unwrap())["media"]["track"], "inbound");
        assert!(stream.media(2, 0, &[]).is_none());
        assert_eq!(parsed(&stream.stop())["sequenceNumber"], "5");
    }

    #[test]
    fn tracks_follow_the_parties() {
        use LegRole::{Agent, Customer, Unknown};
        assert_eq!(tracks(&[Customer, Agent]), ["inbound", "outbound"]);
        assert_eq!(tracks(&[Unknown, Customer]), ["outbound", "inbound"]);
        assert_eq!(tracks(&[Unknown, Unknown]), ["inbound", "outbound"]);
        assert_eq!(tracks(&[Agent]), ["outbound"]);
        assert_eq!(tracks(&[Unknown]), ["inbound"]);
    }
}
