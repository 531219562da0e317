//! What a call offers as a recording client, and what it is answered.
//!
//! In: a reel and the ports its audio comes from. Out: the [`Offer`] of its legs and parties. From the answer: where each leg goes.

use std::net::{IpAddr, SocketAddr};

use super::reel::Reel;
use crate::live::LegRole;
use crate::live::siprec::offer::{Offer, OfferedLeg};
use crate::live::siprec::sdp;

/// The offer of a reel. `session_id`: letters and digits, unique.
pub(super) fn of(reel: &Reel, ip: IpAddr, ports: &[u16], session_id: &str) -> Offer {
    let legs = reel.legs.iter().zip(ports).enumerate().map(|(ix, (leg, port))| {
        let known = |key: &str| reel.facts.get(key).map(str::to_owned);
        let (number, name) = match leg.role {
            LegRole::Agent => (known("agent.id"), known("agent.name")),
            LegRole::Customer => (known("customer.number"), None),
            _ => (None, None),
        };
        let number = number.unwrap_or_else(|| format!("leg{}", ix + 1));
        OfferedLeg {
            label: (ix + 1).to_string(),
            port: *port,
            aor: format!("sip:{number}@lingting.invalid"),
            name: name.unwrap_or(number),
        }
    });
    Offer {
        ip,
        payload_type: reel.codec.payload_type(),
        rtpmap: reel.codec.rtpmap(),
        keys: false,
        session_id: session_id.to_owned(),
        legs: legs.collect(),
    }
}

/// Where each leg goes, in the order of the offer; `None` for one that is not taken.
pub(super) fn answered(answer: &str) -> Vec<Option<SocketAddr>> {
    let place = |medium: &sdp::Medium| {
        let ip = medium.address.filter(|ip| !ip.is_unspecified())?;
        (medium.port != 0).then_some(SocketAddr::new(ip, medium.port))
    };
    sdp::parse(answer).media.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::super::reel::{Codec, ReelLeg};
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
        let body = of(&reel, IpAddr::from([127, 0, 0, 1]), &[4_000, 4_002], "s1").body();
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
