//! One RTP packet (RFC 3550, 5.1).
//!
//! In: the bytes of a datagram. Out: its header's fields and the payload between header and padding, or why it is no RTP.
//! Nothing is copied, and any bytes at all may come.

/// Bytes of a header without CSRCs and extension.
pub const HEADER_BYTES: usize = 12;

/// A packet, borrowed from its datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// First of a talk spurt, as a rule.
    pub marker: bool,
    /// What the payload is, by the session's description: 0 to 127.
    pub payload_type: u8,
    /// Counts packets, wraps.
    pub seq: u16,
    /// Counts units of the payload's clock, wraps.
    pub timestamp: u32,
    /// Who sends.
    pub ssrc: u32,
    /// Without padding.
    pub payload: &'a [u8],
}

/// Why bytes are no RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// Fewer bytes than its header says.
    #[error("too short")]
    Short,
    /// Not version 2.
    #[error("not RTP version 2")]
    Version,
    /// RTCP on the same port (RFC 5761, 4).
    #[error("RTCP")]
    Rtcp,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

impl<'a> Packet<'a> {
    /// Reads a datagram.
    ///
    /// # Errors
    /// [`PacketError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, PacketError> {
        let &[first, second, ..] = bytes else { return Err(PacketError::Short) };
        if first >> 6 != 2 {
            return Err(PacketError::Version);
        }
        if (192..=223).contains(&second) {
            return Err(PacketError::Rtcp);
        }
        Self::fields(bytes, first, second).ok_or(PacketError::Short)
    }

    /// The bytes of a datagram: a header without CSRCs and extension, then the payload, with room for more of it.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.payload.len().max(160));
        bytes.push(0x80);
        bytes.push(self.payload_type & 0x7f | if self.marker { 0x80 } else { 0 });
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(&self.timestamp.to_be_bytes());
        bytes.extend_from_slice(&self.ssrc.to_be_bytes());
        bytes.extend_from_slice(self.payload);
        bytes
    }

    fn fields(bytes: &'a [u8], first: u8, second: u8) -> Option<Self> {
        let csrcs = usize::from(first & 0x0f) * 4;
        let mut from = HEADER_BYTES + csrcs;
        if first & 0x10 != 0 {
            let words = usize::from(u16_at(bytes, from + 2)?);
            from += 4 + words * 4;
        }
        let mut to = bytes.len();
        if first & 0x20 != 0 {
            let padding = usize::from(*bytes.last()?);
            to = to.checked_sub(padding.max(1))?;
        }
        Some(Self {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            seq: u16_at(bytes, 2)?,
            timestamp: u32_at(bytes, 4)?,
            ssrc: u32_at(bytes, 8)?,
            payload: bytes.get(from..to)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(first: u8, second: u8) -> Vec<u8> {
        vec![first, second, 0x12, 0x34, 0, 0, 1, 0, 0xde, 0xad, 0xbe, 0xef]
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: Result<&[u8], PacketError>) {
        assert_eq!(Packet::parse(bytes).map(|p| p.payload), expected);
    }

    #[test]
    fn headers_of_all_shapes() {
        let with = |first, rest: &[u8]| [&header(first, 8)[..], rest].concat();
        check(&with(0x80, b"abc"), Ok(b"abc"));
        check(&with(0x80, b""), Ok(b""));
        check(&with(0x81, b"CSRCabc"), Ok(b"abc"));
        check(&with(0x8f, b"CSRCabc"), Err(PacketError::Short));
        check(&with(0x90, b"\xbe\xde\0\x01extdabc"), Ok(b"abc"));
        check(&with(0x90, b"\xbe\xde\xff\xffextdabc"), Err(PacketError::Short));
        check(&with(0xa0, b"abc\0\0\x03"), Ok(b"abc"));
        check(&with(0xa0, b"abc\xff"), Err(PacketError::Short));
        check(&with(0xa0, b"abc\0"), Ok(b"abc"));
        check(&with(0x40, b"abc"), Err(PacketError::Version));
        check(&[&header(0x80, 200)[..], b"report"].concat(), Err(PacketError::Rtcp));
        check(&header(0x80, 8)[..11], Err(PacketError::Short));
        check(b"", Err(PacketError::Short));
        let bytes = header(0x80, 0x88);
        let packet = Packet::parse(&bytes).unwrap();
        assert!(packet.marker);
        assert_eq!((packet.payload_type, packet.seq, packet.timestamp), (8, 0x1234, 256));
        assert_eq!(packet.ssrc, 0xdead_beef);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(packet) = Packet::parse(&bytes) {
                prop_assert!(packet.payload.len() + HEADER_BYTES <= bytes.len());
                let again = packet.write();
                prop_assert_eq!(Packet::parse(&again), Ok(packet));
            }
        }
    }
}
