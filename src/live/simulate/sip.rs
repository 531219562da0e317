//! The calling half of SIP (RFC 3261), as far as a recording client needs it.
//!
//! In: a call's ids, and what the peer answers. Out: the texts of requests and responses, and what was read. Nothing is
//! sent here. What the peer sends is read with limits, and what cannot be read is left out.

use super::target::SipTarget;

/// A message's head and body, in bytes.
const MESSAGE_BYTES_MAX: usize = 65_536;

/// Header lines that are read.
const HEADERS_MAX: usize = 128;

/// A message that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    /// The status of a response.
    pub(super) status: Option<u16>,
    /// The method: of a request its own, of a response the one it answers.
    pub(super) method: String,
    /// What stands behind a response's status.
    pub(super) reason: String,
    headers: Vec<(String, String)>,
    /// As text; what is none is replaced.
    pub(super) body: String,
}

impl Heard {
    /// Reads a message; `None` for what is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes.get(..MESSAGE_BYTES_MAX).unwrap_or(bytes));
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let first = lines.next()?;
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines.take(HEADERS_MAX) {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = headers.last_mut() {
                    value.push_str(line);
                }
            } else if let Some((name, value)) = line.split_once(':') {
                headers.push((long_name(name.trim()), value.trim().to_owned()));
            }
        }
        let mut heard = Heard {
            status: None,
            method: String::new(),
            reason: String::new(),
            headers,
            body: body.to_owned(),
        };
        if let Some(rest) = first.strip_prefix("SIP/2.0 ") {
            let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            heard.status = Some(status.parse().ok().filter(|s| (100..700).contains(s))?);
            reason.clone_into(&mut heard.reason);
            let cseq = heard.header("cseq")?;
            heard.method = cseq.split_whitespace().nth(1)?.to_owned();
        } else {
            let mut words = first.split(' ');
            heard.method = words.next().filter(|word| !word.is_empty())?.to_owned();
            words.nth(1).filter(|version| *version == "SIP/2.0")?;
        }
        Some(heard)
    }

    /// The first header of a name, in small letters.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn headers<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The answer to a request.
    pub(super) fn answer(&self, status: u16, reason: &str) -> String {
        let mut text = format!("SIP/2.0 {status} {reason}\r\n");
        for (key, name) in [
            ("via", "Via"),
            ("from", "From"),
            ("to", "To"),
            ("call-id", "Call-ID"),
            ("cseq", "CSeq"),
        ] {
            for value in self.headers(key) {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        text + "Content-Length: 0\r\n\r\n"
    }
}

/// The long form of a header's name, in small letters (RFC 3261, 7.3.3).
fn long_name(name: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "v" => "via".into(),
        "f" => "from".into(),
        "t" => "to".into(),
        "i" => "call-id".into(),
        "m" => "contact".into(),
        "l" => "content-length".into(),
        long => long.to_owned(),
    }
}

/// Messages out of a stream of bytes.
#[derive(Debug, Default)]
pub(super) struct Framer(Vec<u8>);

impl Framer {
    /// Takes bytes. `false`: the peer sends what can be no message.
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        self.0.extend_from_slice(bytes);
        self.0.len() <= 2 * MESSAGE_BYTES_MAX
    }

    /// The next whole message.
    pub(super) fn next(&mut self) -> Option<Heard> {
        loop {
            // Keep-alives between messages (RFC 5626, 4.4.1).
            let blank = self.0.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            self.0.drain(..blank);
            let head = self.0.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
            let length = String::from_utf8_lossy(self.0.get(..head)?).lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                (long_name(name.trim()) == "content-length").then(|| value.trim().parse().ok())?
            });
            let end = head.checked_add(length.unwrap_or(0_usize))?;
            if self.0.len() < end {
                return None;
            }
            let message: Vec<u8> = self.0.drain(..end).collect();
            if let Some(heard) = Heard::parse(&message) {
                return Some(heard);
            }
        }
    }
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
    pub(super) fn invite(&self, kind: &str, body: &str) -> String {
        let contact = format!("<sip:simulate@{};transport={}>", self.local, self.transport);
        let more = format!(
            "Contact: {contact};+sip.src\r\nRequire: siprec\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n\
             Accept: application/sdp\r\nMIME-Version: 1.0\r\nContent-Type: {kind}\r\n"
        );
        self.request("INVITE", &self.uri, 1, "1", &more, body)
    }

    /// The peer has taken the call: what later requests go by.
    pub(super) fn taken(&mut self, answer: &Heard) {
        if let Some(to) = answer.header("to") {
            to.clone_into(&mut self.to);
        }
        if let Some(contact) = answer.header("contact").and_then(uri_of) {
            self.remote = contact;
        }
        let routes = answer.headers("record-route").flat_map(|line| line.split(','));
        self.routes = routes.map(|route| route.trim().to_owned()).collect();
        // A caller goes the recorded way backwards (RFC 3261, 12.1.2).
        self.routes.reverse();
    }

    /// It was heard that the peer took the call.
    pub(super) fn ack(&self) -> String {
        self.request("ACK", &self.remote, 1, "ack", "", "")
    }

    /// It was heard that the peer did not: within the same transaction (RFC 3261, 17.1.1.3).
    pub(super) fn ack_refusal(&self, answer: &Heard) -> String {
        let mut refused = self.clone();
        if let Some(to) = answer.header("to") {
            to.clone_into(&mut refused.to);
        }
        refused.request("ACK", &self.uri, 1, "1", "", "")
    }

    /// The call is over.
    pub(super) fn bye(&mut self) -> String {
        self.cseq += 1;
        let number = self.cseq;
        self.request("BYE", &self.remote, number, &number.to_string(), "", "")
    }

    fn request(
        &self,
        method: &str,
        uri: &str,
        cseq: u32,
        branch: &str,
        more: &str,
        body: &str,
    ) -> String {
        let Self { call_id, local, tag, to, .. } = self;
        let transport = self.transport.to_ascii_uppercase();
        let routes: String =
            self.routes.iter().map(|route| format!("Route: {route}\r\n")).collect();
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{transport} {local};branch=z9hG4bK{tag}{branch};rport\r\n\
             Max-Forwards: 70\r\n{routes}From: <sip:simulate@{local}>;tag={tag}\r\nTo: {to}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\nUser-Agent: lingting simulate\r\n{more}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

/// The URI in a Contact or Route header.
fn uri_of(header: &str) -> Option<String> {
    match header.split_once('<') {
        Some((_, rest)) => rest.split_once('>').map(|(uri, _)| uri.to_owned()),
        None => header.split(';').next().map(|uri| uri.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::target::{Target, Transport};
    use super::*;
    use proptest::prelude::*;

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

    #[test]
    fn a_dialogue_goes_the_way_that_was_recorded() {
        let mut dialog = dialog();
        let invite = dialog.invite("application/sdp", "v=0\r\n");
        assert!(
            invite.starts_with("INVITE sip:127.0.0.1:5080;transport=tcp SIP/2.0\r\n"),
            "{invite}"
        );
        assert!(invite.contains("\r\nRequire: siprec\r\n") && invite.contains(";+sip.src\r\n"));
        assert!(invite.ends_with("Content-Length: 5\r\n\r\nv=0\r\n"));
        let answer = Heard::parse(OK.as_bytes()).unwrap();
        assert_eq!((answer.status, answer.method.as_str()), (Some(200), "INVITE"));
        dialog.taken(&answer);
        let bye = dialog.bye();
        assert!(bye.starts_with("BYE sip:srs@127.0.0.1:5080;transport=tcp SIP/2.0\r\n"), "{bye}");
        assert!(bye.contains("Route: <sip:p2;lr>\r\nRoute: <sip:p1;lr>\r\n"), "{bye}");
        assert!(
            bye.contains("To: <sip:127.0.0.1:5080>;tag=srs\r\n") && bye.contains("CSeq: 2 BYE")
        );
        let branch = |text: &str| {
            text.split("branch=").nth(1).unwrap().split(';').next().unwrap().to_owned()
        };
        assert_eq!(branch(&dialog.ack_refusal(&answer)), branch(&invite));
        assert_ne!(branch(&dialog.ack()), branch(&invite));
        let asked = Heard::parse(bye.as_bytes()).unwrap();
        assert_eq!((asked.status, asked.method.as_str()), (None, "BYE"));
        let said = Heard::parse(asked.answer(200, "OK").as_bytes()).unwrap();
        assert_eq!(
            (said.status, said.method.as_str(), said.reason.as_str()),
            (Some(200), "BYE", "OK")
        );
    }

    #[test]
    fn messages_come_out_of_a_stream_however_it_is_cut() {
        let bytes = format!("\r\n\r\n{OK}{OK}").into_bytes();
        for cut in [1, 7, 200, bytes.len()] {
            let mut framer = Framer::default();
            let mut all = Vec::new();
            for piece in bytes.chunks(cut) {
                assert!(framer.push(piece));
                all.extend(std::iter::from_fn(|| framer.next()));
            }
            assert_eq!(all.len(), 2, "{cut}");
            assert_eq!(all[1].body, "v=0\r\n");
        }
        assert!(!Framer::default().push(&[b'x'; 3 * MESSAGE_BYTES_MAX]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_left_out(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0..250usize) {
            let _ = Heard::parse(&bytes);
            let mut mixed = OK.as_bytes().to_vec();
            let at = cut.min(mixed.len());
            mixed.splice(at..at, bytes);
            let mut framer = Framer::default();
            framer.push(&mixed);
            while framer.next().is_some() {}
        }
    }
}
