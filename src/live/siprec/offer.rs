//! What a recording client offers: for `lingting simulate` and the tests, which call as an SBC does.
//!
//! In: the two parties of a call and the ports their audio is sent from. Out: the body of an INVITE: an SDP offer of two
//! streams that only send, and recording metadata (RFC 7865). The INVITE's own lines are the caller's.

use std::net::IpAddr;

/// The boundary between the parts of the body.
const BOUNDARY: &str = "lingting-part";

/// The INVITE's Content-Type for [`Offer::body`].
pub const CONTENT_TYPE: &str = "multipart/mixed;boundary=lingting-part";

/// One party and its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedLeg {
    /// `a=label`, and the stream's label in the metadata.
    pub label: String,
    /// The local port that its RTP comes from.
    pub port: u16,
    /// Address of record: `sip:1001@example.invalid`.
    pub aor: String,
    /// Name shown.
    pub name: String,
}

/// A call that is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The address that RTP comes from.
    pub ip: IpAddr,
    /// The payload type of all streams.
    pub payload_type: u8,
    /// What it stands for: `PCMA/8000`.
    pub rtpmap: &'static str,
    /// Whether keys may come as well, as payload type 101 (RFC 4733, at 8 kHz).
    pub keys: bool,
    /// The session's id in the metadata; unique, letters and digits.
    pub session_id: String,
    /// The streams, in the order of the media lines.
    pub legs: Vec<OfferedLeg>,
}

impl Offer {
    /// The SDP offer.
    pub fn sdp(&self) -> String {
        let family = if self.ip.is_ipv4() { "IP4" } else { "IP6" };
        let Self { ip, payload_type: number, rtpmap, .. } = self;
        let (also, keys) = match self.keys {
            true => (" 101", "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"),
            false => ("", ""),
        };
        let mut text =
            format!("v=0\r\no=SRC 1 1 IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n");
        for leg in &self.legs {
            text.push_str(&format!(
                "m=audio {} RTP/AVP {number}{also}\r\na=rtpmap:{number} {rtpmap}\r\n{keys}\
                 a=ptime:20\r\na=label:{}\r\na=sendonly\r\n",
                leg.port, leg.label
            ));
        }
        text
    }

    /// The recording metadata, complete.
    pub fn metadata(&self) -> String {
        let session = escape(&self.session_id);
        let mut people = String::new();
        let mut streams = String::new();
        let mut sends = String::new();
        for (ix, leg) in self.legs.iter().enumerate() {
            let (aor, name, label) = (escape(&leg.aor), escape(&leg.name), escape(&leg.label));
            people.push_str(&format!(
                "<participant participant_id=\"{session}-p{ix}\"><nameID aor=\"{aor}\"><name>{name}</name></nameID></participant>\r\n"
            ));
            streams.push_str(&format!(
                "<stream stream_id=\"{session}-s{ix}\" session_id=\"{session}\"><label>{label}</label></stream>\r\n"
            ));
            sends.push_str(&format!(
                "<participantstreamassoc participant_id=\"{session}-p{ix}\"><send>{session}-s{ix}</send></participantstreamassoc>\r\n"
            ));
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<recording xmlns=\"urn:ietf:params:xml:ns:recording:1\">\r\n\
             <datamode>complete</datamode>\r\n<session session_id=\"{session}\"><sipSessionID>{session}</sipSessionID></session>\r\n\
             {people}{streams}{sends}</recording>\r\n"
        )
    }

    /// The whole body, to be sent under [`CONTENT_TYPE`].
    pub fn body(&self) -> String {
        format!(
            "--{BOUNDARY}\r\nContent-Type: application/sdp\r\n\r\n{}\r\n--{BOUNDARY}\r\n\
             Content-Type: application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n{}\r\n\
             --{BOUNDARY}--\r\n",
            self.sdp(),
            self.metadata()
        )
    }
}

/// Text between tags or in an attribute's double quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
pub(crate) fn example(ports: [u16; 2]) -> Offer {
    let leg = |label: &str, port, number: &str, name: &str| OfferedLeg {
        label: label.into(),
        port,
        aor: format!("sip:{number}@example.invalid"),
        name: name.into(),
    };
    let [one, two] = ports;
    let legs = vec![leg("1", one, "19900001111", "A & \"B\""), leg("2", two, "1001", "坐席一")];
    Offer {
        ip: IpAddr::from([127, 0, 0, 1]),
        payload_type: 8,
        rtpmap: "PCMA/8000",
        keys: true,
        session_id: "s1".into(),
        legs,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{multipart, sdp};
    use super::*;

    #[test]
    fn what_is_offered_is_what_we_read() {
        let offer = example([4_000, 4_002]);
        let body = offer.body();
        let parts = multipart::split(CONTENT_TYPE, body.as_bytes()).unwrap();
        let kinds: Vec<_> = parts.iter().map(|part| part.kind.as_str()).collect();
        assert_eq!(kinds, ["application/sdp", "application/rs-metadata+xml"]);
        let media = sdp::parse(std::str::from_utf8(parts[0].body).unwrap()).media;
        let ports: Vec<_> = media.iter().map(|m| (m.port, m.label.clone().unwrap())).collect();
        assert_eq!(ports, [(4_000, "1".into()), (4_002, "2".into())]);
    }
}
