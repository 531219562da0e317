//! Our side of a dialog that a peer began (RFC 3261, 12 and 13.3; RFC 4028).
//!
//! In: the peer's requests in it, and the time. Out: the bytes of replies, of the final reply again until it is acknowledged, and of our
//! BYE. No socket and no clock.

use std::time::{Duration, Instant};

use super::message::{Message, parameter, reply, uri, write};

/// First wait before a message is sent again (RFC 3261, 17.1.1.1).
pub const T1: Duration = Duration::from_millis(500);
/// Longest wait between repeats.
const T2: Duration = Duration::from_secs(4);
/// A final reply that is not acknowledged by then ends the dialog.
const GIVE_UP: Duration = Duration::from_secs(32);
/// Shortest session interval that we accept, in seconds (RFC 4028, 5).
pub const SESSION_S_MIN: u64 = 90;
/// Longest that we hold a peer to.
const SESSION_S_MAX: u64 = 86_400;
/// Entries of a Record-Route.
const ROUTES_MAX: usize = 16;

/// A reply that waits for its ACK.
#[derive(Debug)]
struct Unacknowledged {
    cseq: u32,
    bytes: Vec<u8>,
    again_at: Instant,
    wait: Duration,
    give_up_at: Instant,
}

/// What time asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    /// Send this again.
    Resend(Vec<u8>),
    /// The peer has never acknowledged, or has not refreshed the session: it is over.
    Over,
}

/// A dialog.
#[derive(Debug)]
pub struct Dialog {
    /// Our tag.
    pub tag: String,
    call_id: String,
    /// From and To of the peer's requests.
    remote: String,
    local: String,
    target: String,
    routes: Vec<String>,
    local_cseq: u32,
    remote_cseq: u32,
    unacknowledged: Option<Unacknowledged>,
    /// The last reply to each kind of request, for repeats.
    answered: Option<(u32, Vec<u8>)>,
    session: Option<(Duration, Instant)>,
}

/// What a session timer asks of us, by a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// None wanted.
    None,
    /// The peer refreshes within so many seconds.
    Peer(u64),
    /// Too short for us.
    TooShort,
}

/// Reads a request's session timer.
pub fn timer(request: &Message) -> Timer {
    let Some(value) = request.header("session-expires") else { return Timer::None };
    let seconds = value.split(';').next().unwrap_or_default().trim().parse::<u64>();
    let ours = parameter(value, "refresher").is_some_and(|who| who.eq_ignore_ascii_case("uas"));
    match seconds {
        Ok(seconds) if seconds < SESSION_S_MIN => Timer::TooShort,
        // We refresh nothing; without an answer there is no timer.
        Ok(seconds) if !ours && request.lists("supported", "timer") => {
            Timer::Peer(seconds.min(SESSION_S_MAX))
        }
        _ => Timer::None,
    }
}

impl Dialog {
    /// A dialog by its first INVITE, with our tag.
    pub fn new(invite: &Message, tag: String) -> Self {
        let header = |name: &str| invite.header(name).unwrap_or_default().to_owned();
        let to = header("to");
        let routes = invite.headers("record-route").flat_map(|value| value.split(','));
        Self {
            call_id: header("call-id"),
            remote: header("from"),
            local: format!("{to};tag={tag}"),
            target: uri(&header("contact")).to_owned(),
            routes: routes.map(|route| route.trim().to_owned()).take(ROUTES_MAX).collect(),
            local_cseq: 0,
            remote_cseq: invite.cseq().map_or(0, |(number, _)| number),
            unacknowledged: None,
            answered: None,
            session: None,
            tag,
        }
    }

    /// The Call-ID.
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Takes the number of a request. A repeat gets the reply it has got already; `Some(None)`: there is none, it is to be left alone.
    pub fn repeat(&mut self, request: &Message) -> Option<Option<Vec<u8>>> {
        let (number, _) = request.cseq()?;
        if number > self.remote_cseq {
            self.remote_cseq = number;
            return None;
        }
        let known = self.answered.as_ref().filter(|(known, _)| *known == number);
        Some(known.map(|(_, bytes)| bytes.clone()))
    }

    /// The session goes on: where the peer is reached, and until when it must tell again.
    pub fn refresh(&mut self, request: &Message, now: Instant) {
        if let Some(contact) = request.header("contact") {
            self.target = uri(contact).to_owned();
        }
        self.session = match timer(request) {
            Timer::Peer(seconds) => {
                let interval = Duration::from_secs(seconds);
                Some((interval, now + interval))
            }
            _ => None,
        };
    }

    /// Replies; a final reply to an INVITE is kept until it is acknowledged.
    pub fn reply(
        &mut self,
        request: &Message,
        code: u16,
        more: &[(&str, &str)],
        body: &[u8],
        now: Instant,
    ) -> Vec<u8> {
        let mut headers = more.to_vec();
        let expires =
            self.session.map(|(interval, _)| format!("{};refresher=uac", interval.as_secs()));
        if let (Some(expires), 200, Some("INVITE" | "UPDATE")) = (&expires, code, request.method())
        {
            headers.push(("Session-Expires", expires));
            headers.push(("Require", "timer"));
        }
        let bytes = reply(request, code, Some(&self.tag), &headers, body);
        let cseq = request.cseq().map_or(0, |(number, _)| number);
        if request.method() == Some("INVITE") && code == 200 {
            self.unacknowledged = Some(Unacknowledged {
                cseq,
                bytes: bytes.clone(),
                again_at: now + T1,
                wait: T1,
                give_up_at: now + GIVE_UP,
            });
        }
        self.answered = Some((cseq, bytes.clone()));
        bytes
    }

    /// Takes an ACK; whether it is the one that was waited for.
    pub fn acknowledge(&mut self, ack: &Message) -> bool {
        let cseq = ack.cseq().map(|(number, _)| number);
        self.unacknowledged.take_if(|waiting| Some(waiting.cseq) == cseq).is_some()
    }

    /// When [`Dialog::due`] will have something.
    pub fn deadline(&self) -> Option<Instant> {
        let again = self.unacknowledged.as_ref().map(|waiting| waiting.again_at);
        let over = self.session.map(|(_, over)| over);
        [again, over].into_iter().flatten().min()
    }

    /// What time asks for now.
    pub fn due(&mut self, now: Instant) -> Option<Due> {
        if self.session.is_some_and(|(_, over)| over <= now) {
            return Some(Due::Over);
        }
        let waiting = self.unacknowledged.as_mut().filter(|waiting| waiting.again_at <= now)?;
        if waiting.give_up_at <= now {
            self.unacknowledged = None;
            return Some(Due::Over);
        }
        waiting.wait = (waiting.wait * 2).min(T2);
        waiting.again_at = now + waiting.wait;
        Some(Due::Resend(waiting.bytes.clone()))
    }

    /// Our BYE, to be sent from `sent_by` (`host:port`) over the transport of this name.
    pub fn bye(&mut self, transport: &str, sent_by: &str, branch: &str) -> Vec<u8> {
        self.local_cseq += 1;
        let via = format!(
            "SIP/2.0/{} {sent_by};branch=z9hG4bK{branch};rport",
            transport.to_ascii_uppercase()
        );
        let cseq = format!("{} BYE", self.local_cseq);
        let mut headers = vec![("Via", via.as_str()), ("Max-Forwards", "70")];
        headers.extend(self.routes.iter().map(|route| ("Route", route.as_str())));
        headers.extend([
            ("From", self.local.as_str()),
            ("To", &self.remote),
            ("Call-ID", &self.call_id),
            ("CSeq", &cseq),
        ]);
        let target = self.target.replace(|c: char| c.is_whitespace(), "");
        write(&format!("BYE {target} SIP/2.0"), &headers, b"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, cseq: u32, more: &str) -> Message {
        let text = format!(
            "{method} sip:srs@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK{cseq}\r\nFrom: <sip:a@h>;tag=f\r\nTo: <sip:srs@h>\r\n\
             Call-ID: c\r\nCSeq: {cseq} {method}\r\nContact: <sip:a@h:5070>;+sip.src\r\nRecord-Route: <sip:p;lr>, <sip:q;lr>\r\n{more}\r\n"
        );
        Message::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_final_reply_is_repeated_until_it_is_acknowledged() {
        let invite = request("INVITE", 7, "");
        let mut now = Instant::now();
        let mut dialog = Dialog::new(&invite, "t".into());
        let bytes = dialog.reply(&invite, 200, &[], b"v=0", now);
        assert_eq!(dialog.repeat(&invite), Some(Some(bytes.clone())));
        let mut waits = Vec::new();
        for _ in 0..5 {
            let at = dialog.deadline().unwrap();
            waits.push((at - now).as_millis());
            assert_eq!(dialog.due(now), None);
            now = at;
            assert_eq!(dialog.due(now), Some(Due::Resend(bytes.clone())));
        }
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 4_000]);
        assert!(!dialog.acknowledge(&request("ACK", 6, "")));
        assert!(dialog.acknowledge(&request("ACK", 7, "")));
        assert_eq!((dialog.deadline(), dialog.due(now + GIVE_UP)), (None, None));
        // Without an ACK it is over after 32 s.
        dialog.reply(&invite, 200, &[], b"", now);
        assert_eq!(dialog.due(now + GIVE_UP), Some(Due::Over));
    }

    #[test]
    fn a_session_that_is_not_refreshed_is_over() {
        let more = "Supported: timer\r\nSession-Expires: 120;refresher=uac\r\n";
        let invite = request("INVITE", 1, more);
        let now = Instant::now();
        let mut dialog = Dialog::new(&invite, "t".into());
        dialog.refresh(&invite, now);
        let told = Message::parse(&dialog.reply(&invite, 200, &[], b"", now)).unwrap();
        assert_eq!(told.header("session-expires"), Some("120;refresher=uac"));
        assert!(dialog.acknowledge(&request("ACK", 1, "")));
        let later = now + Duration::from_secs(100);
        dialog.refresh(&request("UPDATE", 2, more), later);
        assert_eq!(dialog.due(now + Duration::from_secs(121)), None);
        assert_eq!(dialog.due(later + Duration::from_secs(121)), Some(Due::Over));
        assert_eq!(timer(&request("INVITE", 1, "Session-Expires: 30\r\n")), Timer::TooShort);
        let ours = "Supported: timer\r\nSession-Expires: 120;refresher=uas\r\n";
        assert_eq!(timer(&request("INVITE", 1, ours)), Timer::None);
    }

    #[test]
    fn our_bye_goes_the_way_of_the_route() {
        let mut dialog = Dialog::new(&request("INVITE", 1, ""), "t".into());
        let bye = Message::parse(&dialog.bye("tcp", "h:1", "b")).unwrap();
        assert_eq!(bye.headers("route").collect::<Vec<_>>(), ["<sip:p;lr>", "<sip:q;lr>"]);
        assert_eq!(bye.header("from"), Some("<sip:srs@h>;tag=t"));
        assert_eq!(bye.header("to"), Some("<sip:a@h>;tag=f"));
        let told = super::super::message::Start::Request {
            method: "BYE".into(),
            uri: "sip:a@h:5070".into(),
        };
        assert_eq!(bye.start, told);
    }
}
