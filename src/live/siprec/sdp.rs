//! Session descriptions (RFC 8866), as tolerantly as recorders must read them, and our answers to them.
//!
//! In: the text of an offer or answer. Out: its media, in order. Lines that are not understood are passed over; what is
//! missing has the value that senders who leave it out mean.

use std::fmt::Write as _;
use std::net::IpAddr;

use crate::live::rtp::{Codec, Format};

/// Media lines that are read; those after them are left out.
pub const MEDIA_MAX: usize = 16;
/// Payload types of a line that are read.
const FORMATS_MAX: usize = 64;
/// Key lines of a line that are read.
const CRYPTOS_MAX: usize = 24;

/// A description.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sdp {
    /// Its media, in order.
    pub media: Vec<Medium>,
}

/// Which way media goes, as its offerer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To us; both ways counts as this.
    Sends,
    /// Not to us.
    Silent,
}

/// One media line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Medium {
    /// `audio`, `video`, …
    pub kind: String,
    /// Where RTP goes; 0 refuses or ends the line.
    pub port: u16,
    /// `RTP/AVP`, `RTP/SAVP`, …
    pub protocol: String,
    /// Payload types in order of preference, with what they stand for.
    pub formats: Vec<(u8, Format)>,
    /// `a=label` (RFC 4574).
    pub label: Option<String>,
    /// Which way, from the line or the session.
    pub direction: Direction,
    /// Where from; `None` where nothing says so.
    pub address: Option<IpAddr>,
    /// `a=crypto` values (RFC 4568), as written.
    pub cryptos: Vec<String>,
}

impl Medium {
    /// Whether audio is meant to come on it just now.
    pub fn is_active(&self) -> bool {
        let away = self.address.is_some_and(|address| address.is_unspecified());
        self.port != 0 && self.direction == Direction::Sends && !away
    }

    /// Whether it is to be encrypted.
    pub fn is_secure(&self) -> bool {
        self.protocol.to_ascii_uppercase().contains("SAVP")
    }

    /// Whether we can take it: audio over RTP with a codec that we know.
    pub fn codec(&self) -> Option<(u8, Codec)> {
        let ours = self.formats.iter().filter_map(|(number, format)| match format {
            Format::Audio(codec) => Some((*number, *codec)),
            _ => None,
        });
        // The first of those liked most.
        ours.rev().max_by_key(|(_, codec)| codec.liking())
    }

    /// The payload type for keys beside this codec, at its clock.
    fn keys(&self) -> Option<u8> {
        self.formats.iter().find(|(_, format)| *format == Format::Keys).map(|(number, _)| *number)
    }
}

/// Reads a description. Text without a media line is one without media.
pub fn parse(text: &str) -> Sdp {
    let mut sdp = Sdp::default();
    let mut session = (Direction::Sends, None);
    for line in text.lines() {
        let Some((kind, value)) = line.trim().split_once('=') else { continue };
        let value = value.trim();
        if kind == "m" {
            if sdp.media.len() >= MEDIA_MAX {
                break;
            }
            sdp.media.push(medium(value, session));
            continue;
        }
        match (kind, sdp.media.last_mut()) {
            ("c", None) => session.1 = address(value),
            ("c", Some(medium)) => medium.address = address(value).or(medium.address),
            ("a", None) => session.0 = direction(value).unwrap_or(session.0),
            ("a", Some(medium)) => attribute(medium, value),
            _ => {}
        }
    }
    sdp
}

fn address(value: &str) -> Option<IpAddr> {
    let text = value.split_whitespace().nth(2)?;
    text.split('/').next()?.parse().ok()
}

fn direction(value: &str) -> Option<Direction> {
    match value.to_ascii_lowercase().as_str() {
        "sendonly" | "sendrecv" => Some(Direction::Sends),
        "recvonly" | "inactive" => Some(Direction::Silent),
        _ => None,
    }
}

fn medium(value: &str, session: (Direction, Option<IpAddr>)) -> Medium {
    let mut words = value.split_whitespace();
    let kind = words.next().unwrap_or_default().to_ascii_lowercase();
    let port = words.next().unwrap_or_default();
    let port = port.split('/').next().and_then(|p| p.parse().ok()).unwrap_or(0);
    let protocol = words.next().unwrap_or_default().to_owned();
    let numbers = words.filter_map(|word| word.parse::<u8>().ok()).filter(|number| *number < 128);
    let formats = numbers.take(FORMATS_MAX).map(|number| (number, fixed(number))).collect();
    let (direction, address) = session;
    Medium { kind, port, protocol, formats, label: None, direction, address, cryptos: Vec::new() }
}

/// Some senders write no `a=rtpmap` for static types.
fn fixed(number: u8) -> Format {
    match number {
        13 | 19 => Format::Comfort,
        _ => Codec::fixed(number).map_or(Format::Other, Format::Audio),
    }
}

fn attribute(medium: &mut Medium, value: &str) {
    let (name, rest) = value.split_once(':').unwrap_or((value, ""));
    let rest = rest.trim();
    match name.trim().to_ascii_lowercase().as_str() {
        "label" if !rest.is_empty() => {
            medium.label = Some(rest.chars().take(64).collect());
        }
        "rtpmap" => {
            if let Some((number, format)) = rtpmap(rest)
                && let Some(known) = medium.formats.iter_mut().find(|(n, _)| *n == number)
            {
                known.1 = format;
            }
        }
        "crypto" if medium.cryptos.len() < CRYPTOS_MAX => medium.cryptos.push(rest.to_owned()),
        name if rest.is_empty() => medium.direction = direction(name).unwrap_or(medium.direction),
        _ => {}
    }
}

fn rtpmap(value: &str) -> Option<(u8, Format)> {
    let (number, coding) = value.split_once(char::is_whitespace)?;
    let mut parts = coding.trim().split('/');
    let name = parts.next()?.trim();
    let clock_hz = parts.next().and_then(|hz| hz.trim().parse().ok()).unwrap_or(8_000);
    let channels = parts.next().and_then(|count| count.trim().parse().ok()).unwrap_or(1);
    let format = if name.eq_ignore_ascii_case("telephone-event") {
        Format::Keys
    } else if name.eq_ignore_ascii_case("CN") {
        Format::Comfort
    } else {
        Codec::named(name, clock_hz, channels).map_or(Format::Other, Format::Audio)
    };
    Some((number.parse().ok()?, format))
}

/// What we say to one media line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Where we listen; 0: not taken.
    pub port: u16,
    /// No audio is wanted, or none was offered, for now.
    pub inactive: bool,
    /// Our `a=crypto` value.
    pub crypto: Option<String>,
}

/// Our answer to an offer: the same lines in the same order, with one codec each (RFC 3264, 6; RFC 7866, 7.1.2).
/// `version` goes up with each description of the session.
pub fn answer(offer: &Sdp, replies: &[Reply], ip: IpAddr, session: u64, version: u64) -> String {
    let mut text = head(ip, session, version);
    let none = Reply { port: 0, inactive: true, crypto: None };
    for (ix, medium) in offer.media.iter().enumerate() {
        let reply = replies.get(ix).unwrap_or(&none);
        write_medium(&mut text, medium, reply);
    }
    text
}

/// What we offer where the peer leaves the offer to us: `ports` lines that only receive (RFC 3261, 13.2.1).
pub fn offer(ports: &[u16], ip: IpAddr, session: u64, version: u64) -> String {
    let mut text = head(ip, session, version);
    for port in ports {
        text.push_str(&format!(
            "m=audio {port} RTP/AVP 8 0 9 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n\
             a=ptime:20\r\na=recvonly\r\n"
        ));
    }
    text
}

fn head(ip: IpAddr, session: u64, version: u64) -> String {
    let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
    format!(
        "v=0\r\no=- {session} {version} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n"
    )
}

fn write_medium(text: &mut String, medium: &Medium, reply: &Reply) {
    let kind = if medium.kind.is_empty() { "audio" } else { &medium.kind };
    let first = medium.formats.first().map_or(0, |(number, _)| *number);
    let (number, codec) = match medium.codec() {
        Some((number, codec)) if reply.port != 0 => (number, codec),
        // A line not taken keeps its place.
        _ => {
            let _ = write!(text, "m={kind} 0 {} {first}\r\n", medium.protocol);
            return;
        }
    };
    let keys = medium.keys();
    let _ = write!(text, "m={kind} {} {} {number}", reply.port, medium.protocol);
    if let Some(keys) = keys {
        let _ = write!(text, " {keys}");
    }
    let _ = write!(text, "\r\na=rtpmap:{number} {}\r\n", codec.rtpmap());
    if let Some(keys) = keys {
        let clock = if codec == Codec::Opus { 48_000 } else { 8_000 };
        let _ = write!(text, "a=rtpmap:{keys} telephone-event/{clock}\r\na=fmtp:{keys} 0-15\r\n");
    }
    if codec == Codec::Opus {
        text.push_str("a=maxptime:20\r\n");
    }
    if let Some(crypto) = &reply.crypto {
        let _ = write!(text, "a=crypto:{crypto}\r\n");
    }
    if let Some(label) = &medium.label {
        let _ = write!(text, "a=label:{label}\r\n");
    }
    text.push_str(if reply.inactive { "a=inactive\r\n" } else { "a=recvonly\r\n" });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OFFER: &str = "v=0\no=SRC 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\na=sendonly\n\
        m=audio 49222/2 RTP/AVP 18 0 8 101 13\nc=IN IP4 127.0.0.9/127\na=rtpmap:101 telephone-event/8000\na=label: 1 \n\
        m=audio 49226 RTP/SAVP 96 9\na=rtpmap:96 OPUS/48000/2\na=direction:both\na=inactive\na=crypto:1 AES inline:x\n\
        m=video 4 RTP/AVP 99\n";

    #[test]
    fn an_offer_is_read_and_answered_line_by_line() {
        let sdp = parse(OFFER);
        let [one, two, video] = &sdp.media[..] else { panic!("{sdp:?}") };
        assert_eq!((one.port, one.label.as_deref()), (49_222, Some("1")));
        assert_eq!(one.codec(), Some((8, Codec::Pcma)));
        assert_eq!(one.address, Some("127.0.0.9".parse().unwrap()));
        assert!(one.is_active() && !two.is_active() && two.is_secure());
        assert_eq!(two.codec(), Some((9, Codec::G722)));
        assert_eq!(video.codec(), None);
        let reply = |port| Reply { port, inactive: port == 2, crypto: None };
        let text = answer(&sdp, &[reply(1), reply(2)], "127.0.0.1".parse().unwrap(), 5, 6);
        let expected = "v=0\r\no=- 5 6 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
            m=audio 1 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=label:1\r\na=recvonly\r\n\
            m=audio 2 RTP/SAVP 9\r\na=rtpmap:9 G722/8000\r\na=inactive\r\n\
            m=video 0 RTP/AVP 99\r\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn hold_has_three_spellings() {
        for hold in ["a=inactive", "c=IN IP4 0.0.0.0", "a=recvonly"] {
            let text = format!("m=audio 5 RTP/AVP 0\r\n{hold}\r\n");
            assert!(!parse(&text).media[0].is_active(), "{hold}");
        }
        assert!(!parse("m=audio 0 RTP/AVP 0").media[0].is_active());
        assert!(!parse("c=IN IP6 ::\r\nm=audio 5 RTP/AVP 0").media[0].is_active());
        assert!(parse("m=audio 5 RTP/AVP 0").media[0].is_active());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "([mcva]=[a-z0-9 /:.]{0,30}\r?\n|\\PC{0,20}\n){0,30}") {
            let sdp = parse(&text);
            prop_assert!(sdp.media.len() <= MEDIA_MAX);
            let answered = parse(&answer(&sdp, &[], "127.0.0.1".parse().unwrap(), 1, 1));
            prop_assert_eq!(answered.media.len(), sdp.media.len());
        }
    }
}
