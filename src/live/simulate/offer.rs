//! What a recording client offers, and what it is answered.
//!
//! In: a reel and the ports its audio comes from. Out: the body of an INVITE: an SDP offer of legs that are only sent, and
//! recording metadata (RFC 7865, 7866). From the answer: where each leg goes.

use std::net::{IpAddr, SocketAddr};

use super::reel::{Codec, Reel};
use crate::live::LegRole;

/// The boundary between the parts of the body.
const BOUNDARY: &str = "lingting-part";

/// The INVITE's Content-Type.
pub(super) const CONTENT_TYPE: &str = "multipart/mixed;boundary=lingting-part";

/// The body of an INVITE. `session_id`: letters and digits, unique.
pub(super) fn body(reel: &Reel, ip: IpAddr, ports: &[u16], session_id: &str) -> String {
    let (sdp, metadata) = (sdp(reel.codec, ip, ports), metadata(reel, session_id));
    format!(
        "--{BOUNDARY}\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--{BOUNDARY}\r\n\
         Content-Type: application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n{metadata}\r\n\
         --{BOUNDARY}--\r\n"
    )
}

fn sdp(codec: Codec, ip: IpAddr, ports: &[u16]) -> String {
    let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
    let mut text =
        format!("v=0\r\no=simulate 1 1 IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n");
    let (number, rtpmap) = (codec.payload_type(), codec.rtpmap());
    for (ix, port) in ports.iter().enumerate() {
        text.push_str(&format!(
            "m=audio {port} RTP/AVP {number}\r\na=rtpmap:{number} {rtpmap}\r\na=ptime:20\r\na=label:{}\r\na=sendonly\r\n",
            ix + 1
        ));
    }
    text
}

fn metadata(reel: &Reel, session: &str) -> String {
    let (mut people, mut streams, mut sends) = (String::new(), String::new(), String::new());
    for (ix, leg) in reel.legs.iter().enumerate() {
        let known = |key: &str| reel.facts.get(key).map(escape);
        let (number, name) = match leg.role {
            LegRole::Agent => (known("agent.id"), known("agent.name")),
            LegRole::Customer => (known("customer.number"), None),
            _ => (None, None),
        };
        let number = number.unwrap_or_else(|| format!("leg{}", ix + 1));
        let name = name.unwrap_or_else(|| number.clone());
        people.push_str(&format!(
            "<participant participant_id=\"{session}-p{ix}\"><nameID aor=\"sip:{number}@lingting.invalid\">\
             <name>{name}</name></nameID></participant>\r\n"
        ));
        streams.push_str(&format!(
            "<stream stream_id=\"{session}-s{ix}\" session_id=\"{session}\"><label>{}</label></stream>\r\n",
            ix + 1
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

/// Text between tags or in an attribute's double quotes.
fn escape(text: &str) -> String {
    let clean = text.chars().filter(|c| !c.is_control());
    clean.fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
        out
    })
}

/// Where each leg goes, in the order of the offer; `None` for one that is not taken.
pub(super) fn answered(sdp: &str) -> Vec<Option<SocketAddr>> {
    let mut session: Option<IpAddr> = None;
    // Of each media line its port and its own address.
    let mut media: Vec<(Option<u16>, Option<IpAddr>)> = Vec::new();
    for line in sdp.lines() {
        if let Some(rest) = line.strip_prefix("m=") {
            let port = rest.split(' ').nth(1).and_then(|port| port.split('/').next()?.parse().ok());
            media.push((port.filter(|port| *port > 0), None));
        } else if let Some(rest) = line.strip_prefix("c=") {
            let ip = rest.split(' ').nth(2).and_then(|ip| ip.split('/').next()?.parse().ok());
            match media.last_mut() {
                Some((_, own)) => *own = ip,
                None => session = ip,
            }
        }
    }
    let place = |(port, own): (Option<u16>, Option<IpAddr>)| {
        Some(SocketAddr::new(own.or(session).filter(|ip| !ip.is_unspecified())?, port?))
    };
    media.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::super::reel::ReelLeg;
    use super::*;
    use crate::live::Facts;

    #[test]
    fn the_offer_names_both_legs_and_their_parties() {
        let leg = |role| ReelLeg { role, frames: vec![] };
        let mut facts = Facts::default();
        facts.set("agent.id", "3105");
        facts.set("agent.name", "A & \"B\"");
        facts.set("customer.number", "19900001111");
        let legs = vec![leg(LegRole::Agent), leg(LegRole::Customer)];
        let reel = Reel { name: "a".into(), facts, codec: Codec::Opus, legs };
        let body = body(&reel, IpAddr::from([127, 0, 0, 1]), &[4_000, 4_002], "s1");
        assert!(
            body.contains("m=audio 4002 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n"),
            "{body}"
        );
        assert!(
            body.contains("aor=\"sip:3105@lingting.invalid\"><name>A &amp; &quot;B&quot;</name>")
        );
        assert!(body.contains("aor=\"sip:19900001111@lingting.invalid\"><name>19900001111</name>"));
        assert!(body.contains("stream_id=\"s1-s1\" session_id=\"s1\"><label>2</label>"));
        assert_eq!(body.matches("--lingting-part").count(), 3);
    }

    #[test]
    fn the_answer_tells_where_each_leg_goes() {
        let to = |text: &str| Some(text.parse().unwrap());
        let sdp = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 8\r\na=label:1\r\nm=audio 4002 RTP/AVP 8\r\n\
                   c=IN IP6 ::1\r\nm=audio 0 RTP/AVP 8\r\n";
        assert_eq!(answered(sdp), [to("127.0.0.1:4000"), to("[::1]:4002"), None]);
        assert_eq!(answered("c=IN IP4 0.0.0.0\nm=audio 4000 RTP/AVP 8"), [None]);
        assert_eq!(answered("m=\nm=audio\nm=audio 99999 x\nc="), [None, None, None]);
        assert_eq!(answered(""), []);
    }
}
