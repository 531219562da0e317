//! The state machine of one media stream.
//!
//! In: text frames. Out: the call's start, its events, its end. It knows neither clock nor network: times are those of the
//! messages.

use std::time::Duration;

use super::super::event::{CallKey, CallStart, EndCause, Ingest, LegId, LegRole};
use super::super::payload::Encoding;
use super::super::socket::{Closed, Dialect, Step, code};
use super::message::{Media, Message, Speaker, Start, Track, parse};
use super::track::Lane;

/// Frames that say nothing we know, before the peer is taken for something else.
const UNKNOWN_MAX: u32 = 100;

/// A first time over this is one of the day, not of the stream: a day, in milliseconds.
const STREAM_MS_MAX: u64 = 86_400_000;

/// How a source's streams are read.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    /// The source's name.
    pub(super) source: String,
    /// The stream is the agent's call: what comes in is the agent.
    pub(super) swap_roles: bool,
    /// L16 has its high byte first; `None`: as its speaker writes it.
    pub(super) big_endian: Option<bool>,
}

/// Reads one stream.
pub(super) struct Reader {
    reading: Reading,
    stream: Option<Stream>,
    over: bool,
    unknown: u32,
}

/// A stream that began.
struct Stream {
    encoding: Encoding,
    rate_hz: u32,
    reorder: bool,
    /// What the times count from, in milliseconds; known with the first.
    base_ms: Option<u64>,
    lanes: Vec<(Track, Lane)>,
}

impl Reader {
    /// Before the first frame.
    pub(super) const fn new(reading: Reading) -> Self {
        Self { reading, stream: None, over: false, unknown: 0 }
    }

    fn take(&mut self, text: &str, steps: &mut Vec<Step>) {
        if self.over {
            return;
        }
        match (parse(text), &self.stream) {
            (Some(Message::Start(start)), None) => self.start(*start, steps),
            (Some(Message::Media(media)), Some(_)) => self.media(media, steps),
            (Some(Message::Dtmf(track, digit)), Some(_)) => self.dtmf(track, digit, steps),
            (Some(Message::Stop), Some(_)) => {
                self.end(EndCause::Normal, steps);
                steps.push(Step::Close(code::NORMAL, "the stream has stopped"));
            }
            (Some(Message::Nothing), _) => {}
            (Some(Message::Error), _) => {
                tracing::warn!(source = self.reading.source, "the carrier reports an error");
            }
            (Some(_) | None, _) => self.unknown(steps),
        }
    }

    fn unknown(&mut self, steps: &mut Vec<Step>) {
        self.unknown += 1;
        if self.unknown > UNKNOWN_MAX {
            self.refuse("this is no media stream", steps);
        }
    }

    fn refuse(&mut self, why: &'static str, steps: &mut Vec<Step>) {
        tracing::warn!(source = self.reading.source, why, "a media stream is refused");
        self.end(EndCause::Transport, steps);
        steps.push(Step::Close(code::PROTOCOL, why));
    }

    fn start(&mut self, start: Start, steps: &mut Vec<Step>) {
        let big_endian = self.reading.big_endian.unwrap_or(start.speaker == Speaker::Telnyx);
        let parsed = Encoding::parse(&start.encoding, big_endian);
        let Some((encoding, implied)) = parsed else {
            return self.refuse("the codec is not known", steps);
        };
        let Some(rate_hz) = encoding.rate_hz(start.rate_hz.or(implied)) else {
            return self.refuse("the sample rate cannot be taken", steps);
        };
        if start.channels != 1 {
            return self.refuse("a payload must hold one channel", steps);
        }
        let key = CallKey { source: self.reading.source.clone(), native_id: start.call };
        let handles = start.handle.map(|id| (start.speaker.handle().to_owned(), id));
        let handles = handles.into_iter().collect();
        steps.push(Step::Start(CallStart { key, facts: start.facts, handles }));
        let reorder = start.speaker == Speaker::Telnyx;
        let mut stream = Stream { encoding, rate_hz, reorder, base_ms: None, lanes: Vec::new() };
        for track in start.tracks {
            stream.join(track, &self.reading, steps);
        }
        self.stream = Some(stream);
    }

    fn media(&mut self, mut media: Media, steps: &mut Vec<Step>) {
        let Some(stream) = &mut self.stream else { return };
        if let Some(at_ms) = media.at_ms {
            let base = if at_ms > STREAM_MS_MAX { at_ms } else { 0 };
            let base = *stream.base_ms.get_or_insert(base);
            media.at_ms = Some(at_ms.saturating_sub(base));
        }
        let mut events = Vec::new();
        if let Some(lane) = stream.join(media.track, &self.reading, steps) {
            lane.take(media, &mut events);
        }
        steps.extend(events.into_iter().map(Step::Event));
    }

    fn dtmf(&mut self, track: Track, digit: char, steps: &mut Vec<Step>) {
        let Some(stream) = &mut self.stream else { return };
        if let Some(lane) = stream.join(track, &self.reading, steps) {
            steps.push(Step::Event(Ingest::Dtmf { leg: lane.leg(), digit }));
        }
    }

    fn end(&mut self, cause: EndCause, steps: &mut Vec<Step>) {
        let mut events = Vec::new();
        if let Some(stream) = &mut self.stream {
            stream.lanes.iter_mut().for_each(|(_, lane)| lane.finish(&mut events));
            events.push(Ingest::Ended(cause));
        }
        self.over = true;
        self.stream = None;
        steps.extend(events.into_iter().map(Step::Event));
    }
}

impl Stream {
    /// The track's leg, which joins with its first mention.
    fn join(
        &mut self,
        track: Track,
        reading: &Reading,
        steps: &mut Vec<Step>,
    ) -> Option<&mut Lane> {
        if !self.lanes.iter().any(|(of, _)| *of == track) {
            let leg = LegId(u8::try_from(self.lanes.len()).ok()?);
            let customer = (track == Track::Inbound) != reading.swap_roles;
            let role = if customer { LegRole::Customer } else { LegRole::Agent };
            let codec = self.encoding.codec();
            steps.push(Step::Event(Ingest::LegJoined { leg, role, rate_hz: self.rate_hz, codec }));
            let lane = Lane::new(leg, self.encoding, self.rate_hz, self.reorder);
            self.lanes.push((track, lane));
        }
        self.lanes.iter_mut().find(|(of, _)| *of == track).map(|(_, lane)| lane)
    }
}

impl Dialect for Reader {
    fn text(&mut self, text: &str, _: Duration, steps: &mut Vec<Step>) {
        self.take(text, steps);
    }

    fn binary(&mut self, _: &[u8], _: Duration, steps: &mut Vec<Step>) {
        self.unknown(steps);
    }

    fn closed(&mut self, how: Closed, steps: &mut Vec<Step>) {
        if !self.over {
            self.end(how.cause(), steps);
        }
    }
}
