//! Cuts a stream of bytes into SIP messages (RFC 3261, 18.3; RFC 5626, 3.5.1).
//!
//! In: bytes as a TCP or TLS connection brings them. Out: whole messages, and keep-alives. A message has a limit of bytes; one that breaks it is
//! told with its headers, so that it can be refused by name.

use super::message::{Message, MessageError, head_bytes};

/// Bytes of a message: the largest metadata, and as much again for all else.
pub const MESSAGE_BYTES_MAX: usize = 512 * 1024;
/// Bytes of a message's headers.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;

/// What a stream brings.
#[derive(Debug, PartialEq, Eq)]
pub enum Framed {
    /// A message.
    Message(Message),
    /// A keep-alive that wants an answer.
    Ping,
    /// A message that is too large, without its body. Nothing after it can be read.
    TooLarge(Message),
}

/// What has come and is not yet a whole message.
#[derive(Debug, Default)]
pub struct Framer {
    bytes: Vec<u8>,
}

impl Framer {
    /// Takes bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether a message is there in part.
    pub fn is_waiting(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// The next whole message.
    ///
    /// # Errors
    /// [`MessageError`]: nothing after it can be read either.
    pub fn next_message(&mut self) -> Result<Option<Framed>, MessageError> {
        if self.bytes.starts_with(b"\r\n\r\n") {
            self.bytes.drain(..4);
            return Ok(Some(Framed::Ping));
        }
        // A lone CRLF is an answer to a ping, or the begin of one.
        if self.bytes.starts_with(b"\r\n") && self.bytes.len() > 3 {
            self.bytes.drain(..2);
        }
        let Some(head) = head_bytes(&self.bytes).filter(|head| *head > 2) else {
            let over = self.bytes.len() > HEAD_BYTES_MAX;
            return if over { Err(MessageError::NoEnd) } else { Ok(None) };
        };
        let (top, rest) = self.bytes.split_at_checked(head).ok_or(MessageError::NoEnd)?;
        let length = content_length(top)?;
        if head > HEAD_BYTES_MAX || length > MESSAGE_BYTES_MAX - HEAD_BYTES_MAX {
            return Message::parse_head(top).map(|message| Some(Framed::TooLarge(message)));
        }
        if rest.len() < length {
            return Ok(None);
        }
        let message = Message::parse(self.bytes.get(..head + length).unwrap_or_default())?;
        self.bytes.drain(..head + length);
        Ok(Some(Framed::Message(message)))
    }
}

/// A stream's messages must tell their length; one that does not has no body.
fn content_length(head: &[u8]) -> Result<usize, MessageError> {
    let message = Message::parse_head(head)?;
    message.header("content-length").map_or(Ok(0), str::parse).map_err(|_| MessageError::Header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TWO: &str = "\r\n\r\nOPTIONS sip:a SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 3\r\n\r\nabc\r\n\
        BYE sip:b SIP/2.0\r\nCall-ID: 2\r\nl: 0\r\n\r\n\r\n\r\n";

    fn told(framer: &mut Framer) -> Vec<String> {
        let mut all = Vec::new();
        while let Some(framed) = framer.next_message().unwrap() {
            all.push(match framed {
                Framed::Message(m) => format!("{}+{}", m.method().unwrap(), m.body.len()),
                Framed::Ping => "ping".into(),
                Framed::TooLarge(_) => "large".into(),
            });
            if all.last().is_some_and(|last| last == "large") {
                break;
            }
        }
        all
    }

    proptest! {
        #[test]
        fn messages_come_whole_however_they_are_cut(cuts in prop::collection::vec(1usize..20, 0..60)) {
            let (mut framer, mut all) = (Framer::default(), Vec::new());
            let mut rest = TWO.as_bytes();
            for cut in cuts.into_iter().chain([TWO.len()]) {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                framer.push(now);
                all.extend(told(&mut framer));
                rest = later;
            }
            prop_assert_eq!(&all[..3], ["ping", "OPTIONS+3", "BYE+0"]);
        }

        #[test]
        fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut framer = Framer::default();
            framer.push(&bytes);
            for _ in 0..100 {
                if !matches!(framer.next_message(), Ok(Some(_))) {
                    break;
                }
            }
        }
    }

    #[test]
    fn floods_are_refused() {
        let mut framer = Framer::default();
        framer.push(b"INVITE sip:a SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 99999999\r\n\r\n");
        assert_eq!(told(&mut framer), ["large"]);
        let mut framer = Framer::default();
        framer.push(&vec![b'x'; HEAD_BYTES_MAX + 1]);
        assert_eq!(framer.next_message(), Err(MessageError::NoEnd));
        let mut framer = Framer::default();
        framer.push(b"INVITE sip:a SIP/2.0\r\nContent-Length: -5\r\n\r\n");
        assert!(framer.next_message().is_err());
    }
}
