//! SIP messages (RFC 3261, 7) as recorders must read them: what is odd but clear is taken.
//!
//! In: the bytes of one message. Out: its first line, its headers under their long names in lower case, its body; and the bytes of replies and
//! requests of our own. A message has a limit of headers; its size is limited by who reads it.

/// Headers of a message.
const HEADERS_MAX: usize = 256;

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Asks for something.
    Request {
        /// `INVITE`, …
        method: String,
        /// Whom.
        uri: String,
    },
    /// Answers.
    Response {
        /// 100 to 699.
        code: u16,
        /// The sender's word for it.
        reason: String,
    },
}

/// A message.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Its first line.
    pub start: Start,
    headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Headers hold names and numbers.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("headers", &self.headers.len()).finish_non_exhaustive()
    }
}

/// Bytes that are no SIP message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// No empty line after the headers.
    #[error("the message has no end of its headers")]
    NoEnd,
    /// A first line that is none.
    #[error("the first line is neither a request's nor a response's")]
    Start,
    /// A line that is no header, or too many.
    #[error("a header cannot be read")]
    Header,
    /// Fewer bytes than its Content-Length.
    #[error("the body is shorter than its Content-Length")]
    Short,
}

/// Where the headers end and the body begins.
pub fn head_bytes(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if line == b"\r\n" || line == b"\n" {
            return Some(at);
        }
    }
    None
}

/// The long name of a header, in lower case (RFC 3261, 7.3.3 and 20; RFC 4028).
fn long_name(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let long = match name.as_str() {
        "v" => "via",
        "f" => "from",
        "t" => "to",
        "i" => "call-id",
        "m" => "contact",
        "c" => "content-type",
        "l" => "content-length",
        "e" => "content-encoding",
        "k" => "supported",
        "s" => "subject",
        "x" => "session-expires",
        _ => return name,
    };
    long.to_owned()
}

impl Message {
    /// Reads a message. What stands after its body is left out.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        let head = head_bytes(bytes).ok_or(MessageError::NoEnd)?;
        let (head, rest) = bytes.split_at_checked(head).ok_or(MessageError::NoEnd)?;
        let mut message = Self::parse_head(head)?;
        let length = message.header("content-length").map_or(Ok(rest.len()), str::parse);
        let length = length.map_err(|_| MessageError::Header)?;
        message.body = rest.get(..length).ok_or(MessageError::Short)?.to_vec();
        Ok(message)
    }

    /// Reads the first line and the headers.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn parse_head(head: &[u8]) -> Result<Self, MessageError> {
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let start = start(lines.next().unwrap_or_default()).ok_or(MessageError::Start)?;
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines.filter(|line| !line.is_empty()) {
            if line.starts_with([' ', '\t']) {
                let (_, value) = headers.last_mut().ok_or(MessageError::Header)?;
                value.push(' ');
                value.push_str(line.trim());
                continue;
            }
            let (name, value) = line.split_once(':').ok_or(MessageError::Header)?;
            if headers.len() >= HEADERS_MAX {
                return Err(MessageError::Header);
            }
            headers.push((long_name(name), value.trim().to_owned()));
        }
        Ok(Self { start, headers, body: Vec::new() })
    }

    /// Notes in the first Via where a datagram really came from, as its sender asks for (RFC 3581, 4), and tells the port that replies
    /// go to.
    pub fn stamp(&mut self, from: std::net::SocketAddr) -> u16 {
        let via = self.headers.iter_mut().find(|(name, _)| name == "via");
        let Some((_, value)) = via else { return from.port() };
        let (first, rest) =
            value.split_once(',').map_or((value.as_str(), None), |(a, b)| (a, Some(b)));
        let asks = parameters(first).any(|(key, _)| key.eq_ignore_ascii_case("rport"));
        if !asks {
            let sent_by = first.split(';').next().unwrap_or_default();
            let sent_by = sent_by.split_whitespace().last().unwrap_or_default();
            let port = sent_by.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
            return port.unwrap_or(5060);
        }
        let kept = first.split(';').map(str::trim).filter(|one| {
            let name = one.split('=').next().unwrap_or_default().trim();
            !name.eq_ignore_ascii_case("rport") && !name.eq_ignore_ascii_case("received")
        });
        let kept = kept.collect::<Vec<_>>().join(";");
        let stamped = format!("{kept};received={};rport={}", from.ip(), from.port());
        *value = match rest {
            Some(rest) => format!("{stamped},{rest}"),
            None => stamped,
        };
        from.port()
    }

    /// The method of a request.
    pub fn method(&self) -> Option<&str> {
        match &self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The first value of a header, by its long name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a header, as its lines have them.
    pub fn headers<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All headers.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a header that is a list of words has this one.
    pub fn lists(&self, name: &str, word: &str) -> bool {
        let mut words = self.headers(name).flat_map(|value| value.split(','));
        words.any(|known| known.trim().eq_ignore_ascii_case(word))
    }

    /// The number and the method of its CSeq.
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let (number, method) = self.header("cseq")?.split_once(char::is_whitespace)?;
        Some((number.parse().ok()?, method.trim()))
    }

    /// The branch of its first Via.
    pub fn branch(&self) -> Option<&str> {
        parameter(self.header("via")?.split(',').next()?, "branch")
    }
}

fn start(line: &str) -> Option<Start> {
    let mut words = line.split_whitespace();
    let (first, second, third) = (words.next()?, words.next()?, words.next());
    if first.eq_ignore_ascii_case("SIP/2.0") {
        let code = second.parse().ok().filter(|code| (100..700).contains(code))?;
        let reason = third.into_iter().chain(words).collect::<Vec<_>>().join(" ");
        return Some(Start::Response { code, reason });
    }
    let fits = third?.eq_ignore_ascii_case("SIP/2.0") && words.next().is_none();
    let token = first.len() <= 32 && first.bytes().all(|b| b.is_ascii_alphabetic());
    (fits && token)
        .then(|| Start::Request { method: first.to_ascii_uppercase(), uri: second.to_owned() })
}

/// A parameter after the address of a From, To, Contact or Via, unquoted.
pub fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    // Those within <> are the URI's.
    let outside = value.rsplit_once('>').map_or(value, |(_, outside)| outside);
    parameters(outside).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Parameters after the first `;`; one without a value has an empty one.
pub fn parameters(value: &str) -> impl Iterator<Item = (&str, &str)> {
    value.split(';').skip(1).map(|one| {
        let (key, value) = one.split_once('=').unwrap_or((one, ""));
        (key.trim(), value.trim().trim_matches('"'))
    })
}

/// The URI of a From, To, Contact or Record-Route value, with its own parameters.
pub fn uri(value: &str) -> &str {
    match value.split_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or_default().trim(),
        None => value.split(';').next().unwrap_or_default().trim(),
    }
}

/// The name shown before a URI.
pub fn display_name(value: &str) -> Option<&str> {
    let name = value.split_once('<')?.0.trim().trim_matches('"').trim();
    (!name.is_empty()).then_some(name)
}

/// The user and the host of a `sip:`, `sips:` or `tel:` URI, without parameters.
pub fn user_and_host(uri: &str) -> (Option<&str>, &str) {
    let plain = uri.split([';', '?']).next().unwrap_or_default();
    let (scheme, rest) = plain.split_once(':').unwrap_or(("", plain));
    if scheme.eq_ignore_ascii_case("tel") {
        return (Some(rest), "");
    }
    let rest =
        if matches!(scheme.to_ascii_lowercase().as_str(), "sip" | "sips") { rest } else { plain };
    match rest.rsplit_once('@') {
        Some((user, host)) => (user.split([':', ';']).next(), host),
        None => (None, rest),
    }
}

/// The bytes of a message with these lines, and its Content-Length.
pub fn write(first: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = String::with_capacity(512);
    text.push_str(first);
    text.push_str("\r\n");
    for (name, value) in headers {
        // A value from the peer never begins a line of its own.
        let value = value.replace(['\r', '\n'], " ");
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// What a status is called.
pub fn reason(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        405 => "Method Not Allowed",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "Error",
    }
}

/// A reply to a request. `to_tag` marks our side of a dialog, where the request has none yet.
pub fn reply(
    request: &Message,
    code: u16,
    to_tag: Option<&str>,
    more: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let to = request.header("to").unwrap_or_default();
    let to = match to_tag.filter(|_| parameter(to, "tag").is_none() && code != 100) {
        Some(tag) => format!("{to};tag={tag}"),
        None => to.to_owned(),
    };
    let mut headers: Vec<(&str, &str)> = request.headers("via").map(|via| ("Via", via)).collect();
    if code == 200 {
        headers.extend(request.headers("record-route").map(|route| ("Record-Route", route)));
    }
    headers.push(("From", request.header("from").unwrap_or_default()));
    headers.push(("To", &to));
    headers.push(("Call-ID", request.header("call-id").unwrap_or_default()));
    headers.push(("CSeq", request.header("cseq").unwrap_or_default()));
    headers.extend_from_slice(more);
    write(&format!("SIP/2.0 {code} {}", reason(code)), &headers, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INVITE: &str = "INVITE sip:srs@h SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\n\
        f: \"A\" <sip:1001@h;x=1>;tag=ft\r\nTo: <sip:srs@h>\r\nCall-ID: c1\r\nCSeq: 7  INVITE\r\nSupported: timer,\r\n 100rel\r\n\
        l: 4\r\n\r\nbodymore";

    #[test]
    fn a_request_is_read_and_answered() {
        let message = Message::parse(INVITE.as_bytes()).unwrap();
        assert_eq!(message.method(), Some("INVITE"));
        assert_eq!(message.cseq(), Some((7, "INVITE")));
        assert_eq!(message.branch(), Some("z9hG4bK1"));
        assert!(message.lists("supported", "100REL"));
        assert_eq!(message.body, b"body");
        let from = message.header("from").unwrap();
        assert_eq!((parameter(from, "tag"), parameter(from, "x")), (Some("ft"), None));
        assert_eq!((uri(from), display_name(from)), ("sip:1001@h;x=1", Some("A")));
        let told = reply(&message, 200, Some("t"), &[("X", "a\r\nEvil: 1")], b"x");
        let told = Message::parse(&told).unwrap();
        assert_eq!(told.start, Start::Response { code: 200, reason: "OK".into() });
        assert_eq!(told.header("to"), Some("<sip:srs@h>;tag=t"));
        assert_eq!((told.header("evil"), told.body.as_slice()), (None, &b"x"[..]));
    }

    #[test]
    fn uris() {
        for (text, expected) in [
            ("sip:1001@h:5060;transport=tcp", (Some("1001"), "h:5060")),
            ("sips:a:secret@h", (Some("a"), "h")),
            ("tel:+19900001111;phone-context=x", (Some("+19900001111"), "")),
            ("sip:h", (None, "h")),
            ("1001@h", (Some("1001"), "h")),
            ("", (None, "")),
        ] {
            assert_eq!(user_and_host(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for (text, expected) in [
            ("", MessageError::NoEnd),
            ("INVITE sip:x SIP/2.0\r\nTo: x\r\n", MessageError::NoEnd),
            ("GET / HTTP/1.1\r\n\r\n", MessageError::Start),
            ("INVITE sip:x SIP/2.0\r\nnothing\r\n\r\n", MessageError::Header),
            ("INVITE sip:x SIP/2.0\r\n x\r\n\r\n", MessageError::Header),
            ("INVITE sip:x SIP/2.0\r\nl: 5\r\n\r\nabc", MessageError::Short),
            ("INVITE sip:x SIP/2.0\r\nl: -1\r\n\r\nabc", MessageError::Header),
        ] {
            assert_eq!(Message::parse(text.as_bytes()), Err(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            head in "(INVITE sip:x SIP/2.0\r\n)?([vfticl]: ?[a-z0-9<>;=\" @,]{0,20}\r?\n){0,8}(\r\n)?",
            tail in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let bytes = [head.as_bytes(), &tail].concat();
            if let Ok(message) = Message::parse(&bytes) {
                let told = reply(&message, 400, Some("t"), &[], b"");
                prop_assert!(Message::parse(&told).is_ok());
                let _ = (message.cseq(), message.branch(), message.header("from").map(user_and_host));
            }
        }
    }
}
