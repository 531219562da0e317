//! Messages of FreeSWITCH's event socket: headers, an empty line, and a body of the length they tell.
//!
//! In: bytes as they come. Out: messages; an event's own headers are those of its body.

/// Bytes of headers or of a body.
const BYTES_MAX: usize = 256 * 1024;

/// One message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Message {
    headers: Vec<(String, String)>,
    /// What follows the headers.
    pub(super) body: String,
}

impl Message {
    /// A header's value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(of, _)| of.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The event that a `text/event-plain` carries: its headers, and what follows them.
    pub(super) fn event(&self) -> Option<Message> {
        self.get("Content-Type").filter(|kind| *kind == "text/event-plain")?;
        let (head, body) = self.body.split_once("\n\n").unwrap_or((&self.body, ""));
        Some(Message { headers: headers(head), body: body.to_owned() })
    }
}

fn headers(head: &str) -> Vec<(String, String)> {
    let pairs = head.lines().filter_map(|line| line.split_once(':'));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

/// Cuts bytes into messages.
#[derive(Debug, Default)]
pub(super) struct Messages {
    bytes: Vec<u8>,
    /// The headers of a message whose body is not whole yet, and its length.
    head: Option<(Vec<(String, String)>, usize)>,
    broken: bool,
}

impl Messages {
    /// Adds bytes; `false`: a message is too long, and nothing that follows can be trusted.
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        self.bytes.extend_from_slice(bytes);
        self.broken |= self.bytes.len() > 2 * BYTES_MAX;
        if self.broken {
            self.bytes.clear();
        }
        !self.broken
    }

    /// The next whole message.
    pub(super) fn take(&mut self) -> Option<Message> {
        while self.head.is_none() {
            let end = self.bytes.windows(2).position(|pair| pair == b"\n\n")?;
            let head: Vec<u8> = self.bytes.drain(..end.saturating_add(2)).collect();
            let headers = headers(&String::from_utf8_lossy(&head));
            let length =
                headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Content-Length"));
            let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
            if length > BYTES_MAX {
                self.broken = true;
                return None;
            }
            if !headers.is_empty() {
                self.head = Some((headers, length));
            }
        }
        let length = self.head.as_ref().map(|(_, length)| *length)?;
        if self.bytes.len() < length {
            return None;
        }
        let (headers, _) = self.head.take()?;
        let body: Vec<u8> = self.bytes.drain(..length).collect();
        Some(Message { headers, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn taken<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Message> {
        let mut messages = Messages::default();
        let mut all = Vec::new();
        for piece in pieces {
            messages.push(piece);
            all.extend(std::iter::from_fn(|| messages.take()));
        }
        all
    }

    #[test]
    fn messages_are_the_same_however_they_are_cut() {
        let event = "Event-Name: BACKGROUND_JOB\nJob-UUID: j1\nContent-Length: 4\n\n+OK\n";
        let text = format!(
            "Content-Type: auth/request\n\nContent-Type: api/response\nContent-Length: 3\n\n+OK\
             Content-Type: text/event-plain\nContent-Length: {}\n\n{event}",
            event.len()
        );
        let whole = taken([text.as_bytes()]);
        assert_eq!(whole.len(), 3);
        assert_eq!(whole[1].body, "+OK");
        let event = whole[2].event().unwrap();
        assert_eq!(event.get("Job-UUID"), Some("j1"));
        assert_eq!(event.body, "+OK\n");
        for size in 1..30 {
            assert_eq!(taken(text.as_bytes().chunks(size)), whole);
        }
        let mut long = Messages::default();
        long.push(b"Content-Length: 99999999999\n\n");
        assert_eq!(long.take(), None);
        assert!(!long.push(b"Content-Length: 300000\n\n"));
        assert_eq!(long.take(), None);
        assert!(!long.push(b"x"));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), size in 1usize..80) {
            prop_assert_eq!(taken(bytes.chunks(size)), taken([&bytes[..]]));
        }
    }
}
