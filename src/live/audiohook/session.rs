//! The state machine of one AudioHook session, on the server's side.
//!
//! In: frames. Out: answers and the call. `opened` is answered before the exchange is asked, so that the client's
//! five seconds are met whatever the exchange does; one that refuses is told to the client afterwards.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::clock::LegClock;
use super::super::event::{
    CallKey, CallStart, EndCause, Facts, GapCause, HoldReason, Ingest, LegId, LegRole,
};
use super::super::exchange::{Command, Refused};
use super::super::json::read;
use super::super::known;
use super::super::payload::{Encoding, Payloads};
use super::super::socket::{Closed, Dialect, Step, code};
use super::message::{Hole, Media, Message, Open, TEXT_BYTES_MAX, duration_us};

/// The conversation of a connectivity probe: opened and closed like any other, and never a call.
const PROBE: &str = "00000000-0000-0000-0000-000000000000";

/// What the upgrade's headers said.
#[derive(Debug, Clone, Default)]
pub(super) struct Headers {
    /// The source's name.
    pub(super) source: String,
    /// `Audiohook-Organization-Id`.
    pub(super) organization: String,
    /// `Audiohook-Session-Id`.
    pub(super) session: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Preparing,
    Open,
    /// The client was told to leave, or has said `close`.
    Leaving,
}

/// One session.
pub(super) struct Session {
    headers: Headers,
    state: State,
    /// Our messages so far.
    seq: u64,
    /// The client's.
    clientseq: u64,
    probe: bool,
    audio: Option<Audio>,
}

/// The audio of a session.
struct Audio {
    rate_hz: u32,
    payloads: Payloads,
    legs: Vec<LegClock>,
    /// Bytes of one sample of all channels.
    unit: usize,
    /// The next sample's place.
    at: u64,
}

impl Session {
    /// Before the first message.
    pub(super) const fn new(headers: Headers) -> Self {
        let state = State::Preparing;
        Self { headers, state, seq: 0, clientseq: 0, probe: false, audio: None }
    }

    fn reply(&mut self, kind: &str, parameters: Value, steps: &mut Vec<Step>) {
        self.seq += 1;
        let message = json!({
            "version": "2",
            "type": kind,
            "seq": self.seq,
            "clientseq": self.clientseq,
            "id": self.headers.session,
            "parameters": parameters,
        });
        steps.push(Step::Reply(message.to_string()));
    }

    /// Asks the client to leave: `completed`, `unauthorized`, `error`.
    fn disconnect(&mut self, reason: &str, info: &str, steps: &mut Vec<Step>) {
        if self.state != State::Leaving {
            self.state = State::Leaving;
            self.reply("disconnect", json!({ "reason": reason, "info": info }), steps);
        }
    }

    fn wrong(&mut self, info: &'static str, steps: &mut Vec<Step>) {
        tracing::warn!(
            source = self.headers.source,
            info,
            "an AudioHook client breaks the protocol"
        );
        if self.state == State::Leaving {
            steps.push(Step::Close(code::PROTOCOL, info));
        } else {
            self.disconnect("error", info, steps);
        }
    }

    fn take(&mut self, message: Message, steps: &mut Vec<Step>) {
        if message.version != "2" {
            return self.wrong("the version is not 2", steps);
        }
        if Some(message.seq) != self.clientseq.checked_add(1) {
            return self.wrong("seq does not go up by one", steps);
        }
        self.clientseq = message.seq;
        if message.serverseq > self.seq {
            return self.wrong("serverseq is ahead of us", steps);
        }
        if message.id != self.headers.session {
            return self.wrong("the session id is another", steps);
        }
        match (message.kind.as_str(), self.state) {
            ("open", State::Preparing) => self.open(&message, steps),
            ("close", _) => self.close(&message.parameters, steps),
            ("ping", _) => self.reply("pong", json!({}), steps),
            ("error", _) => {
                let code = message.parameters.get("code").and_then(Value::as_u64);
                tracing::warn!(
                    source = self.headers.source,
                    code,
                    "an AudioHook client reports an error"
                );
            }
            ("paused" | "resumed" | "discarded" | "update", State::Open) => {
                self.told(&message, steps);
            }
            // What crossed our goodbye on its way.
            (_, State::Leaving) => {}
            ("paused" | "resumed" | "discarded" | "update", State::Preparing) => {
                self.wrong("the session is not open", steps);
            }
            _ => self.wrong("the message is not known", steps),
        }
    }

    fn open(&mut self, message: &Message, steps: &mut Vec<Step>) {
        let Ok(open) = serde_json::from_value::<Open>(message.parameters.clone()) else {
            return self.wrong("open cannot be read", steps);
        };
        if open.organization_id != self.headers.organization {
            return self.disconnect("unauthorized", "the organization is another", steps);
        }
        let Some((media, mut audio)) = choose(&open.media) else {
            return self.disconnect("error", "none of the media offered can be taken", steps);
        };
        let at = duration_us(&message.position).unwrap_or(0);
        audio.at = audio.place(at);
        let parameters = json!({ "media": [media.told()], "startPaused": false });
        self.reply("opened", parameters, steps);
        self.state = State::Open;
        self.probe = open.conversation_id == PROBE;
        if !self.probe {
            steps.push(Step::Start(self.start(&open)));
            steps.extend(audio.joined(&media).map(Step::Event));
        }
        self.audio = Some(audio);
    }

    fn start(&self, open: &Open) -> CallStart {
        let mut facts = Facts::default();
        known::note_json(&mut facts, &open.custom_config);
        facts.set("language", open.language.as_deref().unwrap_or_default());
        let participant = &open.participant;
        known::extra(&mut facts, "conversation_id", &open.conversation_id);
        known::extra(&mut facts, "session_id", &self.headers.session);
        known::extra(&mut facts, "ani_name", &participant.ani_name);
        known::parties(&mut facts, Some(&participant.ani), Some(&participant.dnis));
        // A conversation may be recorded once for each of its participants.
        let native_id = format!("{}/{}", open.conversation_id, participant.id);
        let handles = [
            ("genesys.conversation_id".to_owned(), open.conversation_id.clone()),
            ("genesys.participant_id".to_owned(), participant.id.clone()),
        ];
        let key = CallKey { source: self.headers.source.clone(), native_id };
        CallStart { key, facts, handles: handles.into() }
    }

    fn told(&mut self, message: &Message, steps: &mut Vec<Step>) {
        let hole = Hole::read(&message.parameters);
        let mut events = Vec::new();
        match (message.kind.as_str(), hole) {
            ("paused", _) => {
                events.push(Ingest::Held { leg: None, reason: HoldReason::Paused });
            }
            ("resumed", Some(hole)) => {
                self.skip(hole, GapCause::Paused, &mut events);
                events.push(Ingest::Resumed { leg: None });
            }
            ("discarded", Some(hole)) => self.skip(hole, GapCause::Discarded, &mut events),
            ("update", _) => {
                let mut facts = Facts::default();
                let language = message.parameters.get("language").and_then(Value::as_str);
                facts.set("language", language.unwrap_or_default());
                events.push(Ingest::Known(facts));
            }
            _ => return self.wrong("start or discarded cannot be read", steps),
        }
        if !self.probe {
            steps.extend(events.into_iter().map(Step::Event));
        }
    }

    fn skip(&mut self, hole: Hole, cause: GapCause, events: &mut Vec<Ingest>) {
        let Some(audio) = &mut self.audio else { return };
        let to = audio.place(hole.to_us);
        audio.at = audio.at.max(to);
        audio.legs.iter_mut().for_each(|leg| leg.skip_to(to, cause, events));
    }

    fn close(&mut self, parameters: &Value, steps: &mut Vec<Step>) {
        let reason = parameters.get("reason").and_then(Value::as_str);
        let broken = matches!(reason, Some("error" | "reconnect"));
        let cause = if broken { EndCause::Transport } else { EndCause::Normal };
        if !self.probe {
            steps.push(Step::Event(Ingest::Ended(cause)));
        }
        self.audio = None;
        self.state = State::Leaving;
        self.reply("closed", json!({}), steps);
    }
}

/// The form that is taken: both sides apart before mixed ones, PCMU before L16.
fn choose(offered: &[Media]) -> Option<(Media, Audio)> {
    let fits = |media: &&Media| {
        media.kind == "audio" && matches!(media.channels.len(), 1..=2) && encoding(media).is_some()
    };
    let wanted = |media: &&Media| (media.channels.len(), media.format == "PCMU");
    // Of those that are as good, the one that was offered first.
    let media = offered.iter().rev().filter(fits).max_by_key(wanted)?;
    let (encoding, unit) = encoding(media)?;
    let channels = media.channels.len();
    let ids = (0..channels).filter_map(|n| u8::try_from(n).ok()).map(LegId);
    let audio = Audio {
        rate_hz: media.rate,
        payloads: Payloads::new(encoding, media.rate.saturating_mul(channels as u32)),
        legs: ids.map(|leg| LegClock::new(leg, media.rate)).collect(),
        unit: unit * channels,
        at: 0,
    };
    Some((media.clone(), audio))
}

/// How samples are written, and the bytes of one.
fn encoding(media: &Media) -> Option<(Encoding, usize)> {
    let (encoding, unit) = match media.format.as_str() {
        "PCMU" => (Encoding::Mulaw, 1),
        "L16" => (Encoding::L16Le, 2),
        _ => return None,
    };
    encoding.rate_hz(Some(media.rate)).map(|_| (encoding, unit))
}

impl Audio {
    fn place(&self, at_us: u64) -> u64 {
        let samples = u128::from(at_us) * u128::from(self.rate_hz) / 1_000_000;
        u64::try_from(samples).unwrap_or(u64::MAX)
    }

    fn joined<'a>(&'a self, media: &'a Media) -> impl Iterator<Item = Ingest> + 'a {
        let codec = if media.format == "PCMU" { "pcm_mulaw" } else { "pcm_s16le" };
        media.channels.iter().zip(0u8..).map(move |(channel, leg)| {
            let role = match channel.as_str() {
                "external" => LegRole::Customer,
                "internal" => LegRole::Agent,
                _ => LegRole::Unknown,
            };
            Ingest::LegJoined { leg: LegId(leg), role, rate_hz: self.rate_hz, codec }
        })
    }

    /// Lays a frame; `false`: it holds half a sample.
    fn take(&mut self, bytes: &[u8], events: &mut Vec<Ingest>) -> bool {
        if !bytes.len().is_multiple_of(self.unit.max(1)) {
            return false;
        }
        for piece in bytes.chunks(self.unit.saturating_mul(self.rate_hz as usize).max(1)) {
            let Some(samples) = self.payloads.decode(piece) else { return false };
            let channels = self.legs.len().max(1);
            for (n, leg) in self.legs.iter_mut().enumerate() {
                let one: Vec<i16> = samples.iter().skip(n).step_by(channels).copied().collect();
                leg.lay(self.at, &one, GapCause::Discarded, events);
            }
            self.at = self.at.saturating_add((samples.len() / channels) as u64);
        }
        true
    }
}

impl Dialect for Session {
    fn text(&mut self, text: &str, _: Duration, steps: &mut Vec<Step>) {
        let message = Some(text).filter(|text| text.len() <= TEXT_BYTES_MAX).and_then(read);
        match message {
            Some(message) => self.take(message, steps),
            None => self.wrong("the message cannot be read", steps),
        }
    }

    fn binary(&mut self, bytes: &[u8], _: Duration, steps: &mut Vec<Step>) {
        let mut events = Vec::new();
        match (self.state, &mut self.audio) {
            (State::Leaving, _) => {}
            (State::Open, Some(audio)) => {
                if !audio.take(bytes, &mut events) {
                    return self.wrong("the audio holds half a sample", steps);
                }
            }
            _ => return self.wrong("audio before opened", steps),
        }
        if !self.probe {
            steps.extend(events.into_iter().map(Step::Event));
        }
    }

    fn closed(&mut self, how: Closed, steps: &mut Vec<Step>) {
        if how == Closed::Shutdown {
            self.disconnect("completed", "the service is ending", steps);
        }
        steps.push(Step::Event(Ingest::Ended(how.cause())));
    }

    fn refused(&mut self, why: Refused, steps: &mut Vec<Step>) {
        let info = match why {
            Refused::Full { .. } => "no room for another call",
            Refused::Draining => "the service is ending",
            Refused::Duplicate => "this call is being taken already",
        };
        self.disconnect("completed", info, steps);
    }

    fn command(&mut self, command: Command, steps: &mut Vec<Step>) {
        match command {
            Command::Pause if self.state == State::Open => self.reply("pause", json!({}), steps),
            Command::Resume if self.state == State::Open => self.reply("resume", json!({}), steps),
            Command::Pause | Command::Resume => {}
            Command::End => {
                steps.push(Step::Event(Ingest::Ended(EndCause::Normal)));
                self.disconnect("completed", "enough", steps);
            }
        }
    }
}
