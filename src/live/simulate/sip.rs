//! The calling half of SIP (RFC 3261), as far as a recording client needs it.
//!
//! In: a call's ids, and what the peer answers. Out: the bytes of requests. Nothing is sent here; messages are read and
//! written by `live::sip`.

use super::target::SipTarget;
use crate::live::sip::message::{Message, uri, write};

/// The method: of a request its own, of a response the one it answers.
pub(super) fn about(message: &Message) -> &str {
    message.method().or_else(|| Some(message.cseq()?.1)).unwrap_or_default()
}

/// A dialogue as the caller keeps it.
#[derive(Debug, Clone)]
pub(super) struct Dialog {
    call_id: String,
    /// Where requests begin to go.
    uri: String,
    transport: &'static str,
    /// `address:port` of ours.
    local: String,
    tag: String,
    /// The To header, with the peer's tag once there is one.
    to: String,
    /// Where requests within the dialogue go.
    remote: String,
    routes: Vec<String>,
    cseq: u32,
}

impl Dialog {
    /// A dialogue that is about to begin. `local` is our address with the port.
    pub(super) fn new(target: &SipTarget, call_id: &str, local: &str) -> Self {
        let uri = target.uri();
        let tag = call_id.split('@').next().unwrap_or(call_id);
        Self {
            call_id: call_id.to_owned(),
            transport: target.transport.as_str(),
            local: local.to_owned(),
            tag: tag.to_owned(),
            to: format!("<{uri}>"),
            remote: uri.clone(),
            uri,
            routes: Vec::new(),
            cseq: 1,
        }
    }

    /// The call begins.
    pub(super) fn invite(&self, kind: &str, body: &str) -> Vec<u8> {
        let contact = format!("<sip:simulate@{};transport={}>", self.local, self.transport);
        let contact = format!("{contact};+sip.src");
        let more = [
            ("Contact", contact.as_str()),
            ("Require", "siprec"),
            ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"),
            ("Accept", "application/sdp"),
            ("MIME-Version", "1.0"),
            ("Content-Type", kind),
        ];
        self.request("INVITE", &self.uri, 1, "1", &more, body.as_bytes())
    }

    /// The peer has taken the call: what later requests go by.
    pub(super) fn taken(&mut self, answer: &Message) {
        if let Some(to) = answer.header("to") {
            to.clone_into(&mut self.to);
        }
        if let Some(contact) = answer.header("contact").map(uri).filter(|uri| !uri.is_empty()) {
            contact.clone_into(&mut self.remote);
        }
        let routes = answer.headers("record-route").flat_map(|line| line.split(','));
        self.routes = routes.map(|route| route.trim().to_owned()).collect();
        // A caller goes the recorded way backwards (RFC 3261, 12.1.2).
        self.routes.reverse();
    }

    /// It was heard that the peer took the call.
    pub(super) fn ack(&self) -> Vec<u8> {
        self.request("ACK", &self.remote, 1, "ack", &[], b"")
    }

    /// It was heard that the peer did not: within the same transaction (RFC 3261, 17.1.1.3).
    pub(super) fn ack_refusal(&self, answer: &Message) -> Vec<u8> {
        let mut refused = self.clone();
        if let Some(to) = answer.header("to") {
            to.clone_into(&mut refused.to);
        }
        refused.request("ACK", &self.uri, 1, "1", &[], b"")
    }

    /// The call is over.
    pub(super) fn bye(&mut self) -> Vec<u8> {
        self.cseq += 1;
        let number = self.cseq;
        self.request("BYE", &self.remote, number, &number.to_string(), &[], b"")
    }

    fn request(
        &self,
        method: &str,
        uri: &str,
        cseq: u32,
        branch: &str,
        more: &[(&str, &str)],
        body: &[u8],
    ) -> Vec<u8> {
        let Self { call_id, local, tag, to, .. } = self;
        let transport = self.transport.to_ascii_uppercase();
        let via = format!("SIP/2.0/{transport} {local};branch=z9hG4bK{tag}{branch};rport");
        let from = format!("<sip:simulate@{local}>;tag={tag}");
        let cseq = format!("{cseq} {method}");
        let mut headers = vec![("Via", via.as_str()), ("Max-Forwards", "70")];
        headers.extend(self.routes.iter().map(|route| ("Route", route.as_str())));
        headers.extend([
            ("From", from.as_str()),
            ("To", to),
            ("Call-ID", call_id),
            ("CSeq", &cseq),
            ("User-Agent", "lingting simulate"),
        ]);
        headers.extend_from_slice(more);
        write(&format!("{method} {uri} SIP/2.0"), &headers, body)
    }
}

#[cfg(test)]
mod tests {
    use super::super::target::{Target, Transport};
    use super::*;
    use crate::live::sip::message::parameter;

    fn dialog() -> Dialog {
        let target = SipTarget {
            user: None,
            host: "127.0.0.1".into(),
            port: 5_080,
            transport: Transport::Tcp,
        };
        assert_eq!(Target::parse("sip:127.0.0.1:5080"), Ok(Target::Siprec(target.clone())));
        Dialog::new(&target, "abc@lingting.invalid", "127.0.0.1:40000")
    }

    const OK: &str = "SIP/2.0 200 OK\r\nv: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKabc1\r\nRecord-Route: <sip:p1;lr>\r\n\
        Record-Route: <sip:p2;lr>\r\nf: <sip:simulate@127.0.0.1>;tag=abc\r\nt: <sip:127.0.0.1:5080>;tag=srs\r\n\
        i: abc@lingting.invalid\r\nCSeq: 1 INVITE\r\nm: \"SRS\" <sip:srs@127.0.0.1:5080;transport=tcp>;+sip.srs\r\n\
        l: 5\r\n\r\nv=0\r\n";

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_dialogue_goes_the_way_that_was_recorded() {
        let mut dialog = dialog();
        let invite = text(dialog.invite("application/sdp", "v=0\r\n"));
        let first = "INVITE sip:127.0.0.1:5080;transport=tcp SIP/2.0\r\n";
        assert!(invite.starts_with(first), "{invite}");
        assert!(invite.contains("\r\nRequire: siprec\r\n") && invite.contains(";+sip.src\r\n"));
        assert!(invite.ends_with("Content-Length: 5\r\n\r\nv=0\r\n"));
        let answer = Message::parse(OK.as_bytes()).unwrap();
        assert_eq!(about(&answer), "INVITE");
        dialog.taken(&answer);
        let bye = text(dialog.bye());
        assert!(bye.starts_with("BYE sip:srs@127.0.0.1:5080;transport=tcp SIP/2.0\r\n"), "{bye}");
        assert!(bye.contains("Route: <sip:p2;lr>\r\nRoute: <sip:p1;lr>\r\n"), "{bye}");
        let asked = Message::parse(bye.as_bytes()).unwrap();
        assert_eq!((about(&asked), asked.cseq()), ("BYE", Some((2, "BYE"))));
        assert_eq!(parameter(asked.header("to").unwrap(), "tag"), Some("srs"));
        let branch = |bytes: &[u8]| Message::parse(bytes).unwrap().branch().unwrap().to_owned();
        assert_eq!(branch(&dialog.ack_refusal(&answer)), branch(invite.as_bytes()));
        assert_ne!(branch(&dialog.ack()), branch(invite.as_bytes()));
    }

    #[test]
    fn an_answer_that_says_nothing_is_about_nothing() {
        let answer = Message::parse(b"SIP/2.0 200 OK\r\n\r\n").unwrap();
        assert_eq!(about(&answer), "");
    }
}
