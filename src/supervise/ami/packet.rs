//! Packets of the Asterisk Manager Interface: `Key: value` lines, ended by an empty one.
//!
//! In: bytes as they come; keys and values to send. Out: packets; text that holds one packet and no more.

/// Bytes of a packet. An event of a busy channel has some thousand.
const PACKET_BYTES_MAX: usize = 64 * 1024;

/// One packet: its lines in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Packet(Vec<(String, String)>);

impl Packet {
    /// The first value of a key, in any case.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(of, _)| of.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether a key has a value, in any case.
    pub(super) fn is(&self, key: &str, value: &str) -> bool {
        self.get(key).is_some_and(|found| found.eq_ignore_ascii_case(value))
    }
}

/// Text of an action; `None`: a value would end its line, and begin another.
pub(super) fn action(lines: &[(&str, &str)]) -> Option<String> {
    let mut text = String::new();
    for (key, value) in lines {
        if value.chars().any(char::is_control) {
            return None;
        }
        text.push_str(&format!("{key}: {value}\r\n"));
    }
    text.push_str("\r\n");
    Some(text)
}

/// Cuts bytes into packets. The greeting is a packet of its own: one line without a key.
#[derive(Debug, Default)]
pub(super) struct Packets {
    bytes: Vec<u8>,
    lines: Vec<(String, String)>,
    size: usize,
}

impl Packets {
    /// Adds bytes; `false`: a packet is too long, and nothing that follows can be trusted.
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        self.bytes.extend_from_slice(bytes);
        self.bytes.len() <= PACKET_BYTES_MAX && self.size <= PACKET_BYTES_MAX
    }

    /// The next whole packet.
    pub(super) fn take(&mut self) -> Option<Packet> {
        loop {
            let end = self.bytes.iter().position(|byte| *byte == b'\n')?;
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            self.size += line.len();
            if line.is_empty() {
                self.size = 0;
                if !self.lines.is_empty() {
                    return Some(Packet(std::mem::take(&mut self.lines)));
                }
            } else if let Some((key, value)) = line.split_once(':') {
                self.lines.push((key.trim().to_owned(), value.trim().to_owned()));
            }
            if self.size > PACKET_BYTES_MAX {
                self.lines.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn taken<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Packet> {
        let mut packets = Packets::default();
        let mut all = Vec::new();
        for piece in pieces {
            packets.push(piece);
            all.extend(std::iter::from_fn(|| packets.take()));
        }
        all
    }

    #[test]
    fn packets_are_the_same_however_they_are_cut() {
        let text = b"Asterisk Call Manager/9.0.0\r\nResponse: Success\r\nMessage: a: b\r\n\r\n\r\nEvent: X\nY:1\n\n";
        let whole = taken([&text[..]]);
        assert_eq!(whole.len(), 2);
        assert!(whole[0].is("response", "success"));
        assert_eq!(whole[0].get("MESSAGE"), Some("a: b"));
        assert_eq!(whole[1].get("y"), Some("1"));
        for size in 1..20 {
            assert_eq!(taken(text.chunks(size)), whole);
        }
    }

    #[test]
    fn no_value_begins_another_line() {
        let good = action(&[("Action", "Ping"), ("ActionID", "1")]);
        assert_eq!(good.as_deref(), Some("Action: Ping\r\nActionID: 1\r\n\r\n"));
        for bad in ["1\r\nAction: Command", "1\n", "1\0"] {
            assert_eq!(action(&[("Channel", bad)]), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), size in 1usize..80) {
            prop_assert_eq!(taken(bytes.chunks(size)), taken([&bytes[..]]));
        }
    }
}
