//! Server-sent events, read as they come (HTML Living Standard, 9.2.6).
//!
//! In: bytes in pieces of any size. Out: events. What is too long is left out whole.

/// An event's text, in bytes.
const DATA_BYTES_MAX: usize = 1 << 20;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct SseEvent {
    /// Its kind; `message` where none was named.
    pub(super) kind: String,
    /// Its text.
    pub(super) data: String,
    /// The id to go on after.
    pub(super) id: Option<String>,
}

/// Reads a stream.
#[derive(Debug, Default)]
pub(super) struct SseReader {
    line: Vec<u8>,
    after_cr: bool,
    kind: String,
    data: String,
    has_data: bool,
    id: Option<String>,
    too_long: bool,
}

impl SseReader {
    /// Takes bytes, gives the events that they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<SseEvent> {
        let mut events = Vec::new();
        for byte in bytes {
            let after_cr = std::mem::replace(&mut self.after_cr, *byte == b'\r');
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => {
                    let line = std::mem::take(&mut self.line);
                    events.extend(self.end_line(&String::from_utf8_lossy(&line)));
                }
                _ if self.line.len() < DATA_BYTES_MAX => self.line.push(*byte),
                _ => self.too_long = true,
            }
        }
        events
    }

    fn end_line(&mut self, line: &str) -> Option<SseEvent> {
        if line.is_empty() {
            let (kind, data) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.data));
            let whole = std::mem::take(&mut self.has_data) && !std::mem::take(&mut self.too_long);
            let kind = if kind.is_empty() { "message".to_owned() } else { kind };
            return whole.then(|| SseEvent { kind, data, id: self.id.clone() });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.kind),
            "id" => self.id = Some(value.to_owned()),
            "data" if self.data.len() + value.len() > DATA_BYTES_MAX => self.too_long = true,
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = ": hello\r\nevent: call\r\nid: 7\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\ndata:二\n\nevent: x\n\nretry: 5\rdata\r\r";

    fn read(cut: usize) -> Vec<SseEvent> {
        let mut reader = SseReader::default();
        TEXT.as_bytes().chunks(cut).flat_map(|piece| reader.push(piece)).collect()
    }

    #[test]
    fn events_are_read_however_the_stream_is_cut() {
        let id = Some("7".to_owned());
        let event = |kind: &str, data: &str| SseEvent {
            kind: kind.into(),
            data: data.into(),
            id: id.clone(),
        };
        let wanted = [event("call", "{\"a\":\n1}"), event("message", "二"), event("message", "")];
        for cut in [1, 2, 3, 10, TEXT.len()] {
            assert_eq!(read(cut), wanted, "{cut}");
        }
    }

    #[test]
    fn what_is_too_long_is_left_out_and_the_next_is_read() {
        let mut reader = SseReader::default();
        assert!(reader.push(b"data: ").is_empty());
        for _ in 0..3 {
            assert!(reader.push(&[b'x'; DATA_BYTES_MAX]).is_empty());
        }
        assert_eq!(reader.push(b"\n\ndata: y\n\n").len(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            SseReader::default().push(&bytes);
        }
    }
}
