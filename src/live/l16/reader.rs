//! The state machine of one L16 socket.
//!
//! In: texts, binary frames, the time since the socket opened. Out: a call whose legs are the channels. These streams carry no times of
//! their own: samples are counted, and a pause of the source moves the count on.

use std::time::Duration;

use super::super::clock::{ArrivalClock, LegClock};
use super::super::event::{
    CallKey, CallStart, EndCause, Facts, GapCause, HoldReason, Ingest, LEGS_MAX, LegId, LegRole,
};
use super::super::json::read;
use super::super::known;
use super::super::payload::{Encoding, Payloads};
use super::super::socket::{Closed, Dialect, Step, code};
use super::preamble::Preamble;

/// Reads one socket.
pub(super) struct Reader {
    source: String,
    /// The call's name where nothing names it.
    unnamed: String,
    /// What the query says: it wins over the first text.
    given: Preamble,
    /// What the configuration says, where nobody else does.
    unsaid: Preamble,
    stream: Option<Stream>,
    over: bool,
    muted: bool,
}

struct Stream {
    clock: ArrivalClock,
    payloads: Payloads,
    legs: Vec<LegClock>,
    /// Bytes of a sample that the next frame completes.
    odd: Vec<u8>,
    /// Bytes of one sample of all channels.
    unit: usize,
    /// Bytes taken in one go.
    piece_bytes: usize,
}

impl Reader {
    /// Before the first frame. `given` wins over the first text, `unsaid` fills what is missing; `unnamed` is the call's id
    /// where nobody names one.
    pub(super) const fn new(
        source: String,
        unnamed: String,
        given: Preamble,
        unsaid: Preamble,
    ) -> Self {
        Self { source, unnamed, given, unsaid, stream: None, over: false, muted: false }
    }

    fn refuse(&mut self, why: &'static str, steps: &mut Vec<Step>) {
        tracing::warn!(source = self.source, why, "an L16 stream is refused");
        self.over = true;
        steps.push(Step::Close(code::POLICY, why));
    }

    fn start(&mut self, text: Option<&str>, steps: &mut Vec<Step>) {
        let said = text.map(Preamble::of_text).unwrap_or_default();
        let all = std::mem::take(&mut self.given).or(said).or(std::mem::take(&mut self.unsaid));
        let encoding = all.encoding.unwrap_or(Encoding::L16Le);
        let Some(rate_hz) = encoding.rate_hz(all.rate_hz) else {
            return self.refuse("say the rate: ?rate=16000 (8000 to 48000)", steps);
        };
        let channels = all.channels.unwrap_or(1);
        if !(1..=LEGS_MAX).contains(&channels) {
            return self.refuse("one channel or two", steps);
        }
        let unit = match encoding {
            Encoding::L16Le | Encoding::L16Be => 2 * channels,
            // A packet of a codec with a state cannot be cut, and none of them interleaves.
            Encoding::G722 | Encoding::Opus if channels > 1 => {
                return self.refuse("this codec has one channel", steps);
            }
            _ => channels,
        };
        let native_id = all.call.unwrap_or_else(|| std::mem::take(&mut self.unnamed));
        let key = CallKey { source: self.source.clone(), native_id };
        let handles = all.handle.map(|(kind, id)| (kind.to_owned(), id)).into_iter().collect();
        steps.push(Step::Start(CallStart { key, facts: all.facts, handles }));
        let ids = (0..channels).filter_map(|n| u8::try_from(n).ok()).map(LegId);
        for leg in ids.clone() {
            let role = role(&all.roles, leg, channels);
            let codec = encoding.codec();
            steps.push(Step::Event(Ingest::LegJoined { leg, role, rate_hz, codec }));
        }
        self.stream = Some(Stream {
            clock: ArrivalClock::new(rate_hz, channels),
            payloads: Payloads::new(encoding, rate_hz.saturating_mul(channels as u32)),
            legs: ids.map(|leg| LegClock::new(leg, rate_hz)).collect(),
            odd: Vec::new(),
            unit,
            piece_bytes: unit.saturating_mul(rate_hz as usize / 2).max(1),
        });
    }

    /// A text after the first: a key, a change of what is known, or of no matter.
    fn later(&mut self, text: &str, steps: &mut Vec<Step>) {
        if let Some(digit) = digit(text) {
            return steps.push(Step::Event(Ingest::Dtmf { leg: LegId(0), digit }));
        }
        let Some(serde_json::Value::Object(object)) = read(text) else { return };
        if let Some(muted) = object.get("muted").and_then(serde_json::Value::as_bool) {
            if muted != self.muted {
                self.muted = muted;
                let held = Ingest::Held { leg: Some(LegId(0)), reason: HoldReason::Hold };
                let event = if muted { held } else { Ingest::Resumed { leg: Some(LegId(0)) } };
                steps.push(Step::Event(event));
            }
        } else if !object.contains_key("event") {
            let mut facts = Facts::default();
            known::note_json(&mut facts, &object.into());
            if !facts.is_empty() {
                steps.push(Step::Event(Ingest::Known(facts)));
            }
        }
    }

    fn end(&mut self, cause: EndCause, steps: &mut Vec<Step>) {
        if let Some(mut stream) = self.stream.take() {
            let laid = stream.clock.finish();
            stream.lay(laid, steps);
            steps.push(Step::Event(Ingest::Ended(cause)));
        }
        self.over = true;
    }
}

/// Whose voice a channel carries: as told, and otherwise caller first; one channel alone is nobody's in particular.
fn role(roles: &[LegRole], leg: LegId, channels: usize) -> LegRole {
    match (roles.get(usize::from(leg.0)), channels, leg.0) {
        (Some(role), ..) => *role,
        (None, 1, _) => LegRole::Mixed,
        (None, _, 0) => LegRole::Customer,
        (None, ..) => LegRole::Agent,
    }
}

impl Stream {
    fn take(&mut self, bytes: &[u8], at: Duration, steps: &mut Vec<Step>) {
        let whole;
        let bytes = if self.odd.is_empty() {
            bytes
        } else {
            whole = [std::mem::take(&mut self.odd), bytes.to_vec()].concat();
            &whole[..]
        };
        let fits = bytes.len() - bytes.len() % self.unit.max(1);
        let (now, later) = bytes.split_at_checked(fits).unwrap_or((bytes, &[]));
        self.odd = later.to_vec();
        // Half a second at most in one go: a message may hold more than a leg's event.
        for piece in now.chunks(self.piece_bytes) {
            let Some(samples) = self.payloads.decode(piece) else { continue };
            let laid = self.clock.take(at, &samples);
            self.lay(laid, steps);
        }
    }

    fn lay(&mut self, laid: Option<(u64, Vec<i16>)>, steps: &mut Vec<Step>) {
        let Some((at, samples)) = laid else { return };
        let channels = self.legs.len().max(1);
        let mut events = Vec::new();
        for (n, leg) in self.legs.iter_mut().enumerate() {
            let one: Vec<i16> = samples.iter().skip(n).step_by(channels).copied().collect();
            leg.lay(at, &one, GapCause::Dtx, &mut events);
        }
        steps.extend(events.into_iter().map(Step::Event));
    }
}

/// A key as Vonage, jambonz and Asterisk tell it.
fn digit(text: &str) -> Option<char> {
    let plain = text.trim().strip_prefix("DTMF_END").map(str::trim);
    let told = match plain {
        Some(plain) => plain.strip_prefix("digit:").unwrap_or(plain).to_owned(),
        None => {
            let object: serde_json::Value = read(text)?;
            let event = object.get("event")?.as_str()?.to_lowercase();
            if !event.contains("dtmf") || event.contains("begin") || event.contains("start") {
                return None;
            }
            object.get("digit").or_else(|| object.get("dtmf"))?.as_str()?.to_owned()
        }
    };
    let mut digits = told.chars().map(|digit| digit.to_ascii_uppercase());
    let digit = digits.next().filter(|d| matches!(d, '0'..='9' | '*' | '#' | 'A'..='D'))?;
    digits.next().is_none().then_some(digit)
}

impl Dialect for Reader {
    fn text(&mut self, text: &str, _: Duration, steps: &mut Vec<Step>) {
        match (self.over, &self.stream) {
            (true, _) => {}
            (false, None) => self.start(Some(text), steps),
            (false, Some(_)) => self.later(text, steps),
        }
    }

    fn binary(&mut self, bytes: &[u8], at: Duration, steps: &mut Vec<Step>) {
        if !self.over && self.stream.is_none() {
            self.start(None, steps);
        }
        if let Some(stream) = &mut self.stream {
            stream.take(bytes, at, steps);
        }
    }

    /// These protocols end with the socket: a goodbye is the proper end.
    fn closed(&mut self, how: Closed, steps: &mut Vec<Step>) {
        if !self.over {
            let goodbye = how == Closed::Goodbye;
            self.end(if goodbye { EndCause::Normal } else { how.cause() }, steps);
        }
    }
}
