//! AudioSocket frames: `kind u8 | length u16, high byte first | payload` (docs.asterisk.org, Channel Drivers, AudioSocket; res_audiosocket.c).
//!
//! In: bytes as they come, cut anywhere. Out: frames. Kinds that are not known are skipped by their length, as newer
//! versions of Asterisk add some.

use uuid::Uuid;

use super::super::payload::{Encoding, Payloads};

/// Bytes of kind and length.
const HEAD: usize = 3;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// The channel is gone.
    Hangup,
    /// Which connection this is; the first frame.
    Id(Uuid),
    /// A key was pressed.
    Dtmf(char),
    /// Samples, at most a second.
    Audio {
        /// Samples a second.
        rate_hz: u32,
        /// 16 bit, mono.
        pcm: Vec<i16>,
    },
    /// Asterisk reports a trouble, by its code.
    Error(u8),
    /// A kind that is not known, or one with a payload that it cannot have.
    Unknown(u8),
}

/// Cuts bytes into frames. Holds one frame at most: 64 KiB, and what came with its end.
#[derive(Debug, Default)]
pub(super) struct Frames {
    bytes: Vec<u8>,
    taken: usize,
}

impl Frames {
    /// Adds bytes; all frames are to be taken before the next.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken.min(self.bytes.len()));
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame.
    pub(super) fn take(&mut self) -> Option<Frame> {
        let rest = self.bytes.get(self.taken..)?;
        let (&[kind, high, low], rest) = rest.split_first_chunk::<HEAD>()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let payload = rest.get(..length)?;
        let frame = read(kind, payload);
        self.taken += HEAD + length;
        Some(frame)
    }
}

/// Samples a second of an audio kind.
fn rate_hz(kind: u8) -> Option<u32> {
    Some(match kind {
        0x10 => 8_000,
        0x11 => 12_000,
        0x12 => 16_000,
        0x13 => 24_000,
        0x14 => 32_000,
        0x15 => 44_100,
        0x16 => 48_000,
        // 96 and 192 kHz (0x17, 0x18) are more than a leg may have.
        _ => return None,
    })
}

fn read(kind: u8, payload: &[u8]) -> Frame {
    if let Some(rate_hz) = rate_hz(kind) {
        let pcm = Payloads::new(Encoding::L16Le, rate_hz).decode(payload);
        return pcm.map_or(Frame::Unknown(kind), |pcm| Frame::Audio { rate_hz, pcm });
    }
    match (kind, payload) {
        (0x00, _) => Frame::Hangup,
        (0x01, id) => Uuid::from_slice(id).map_or(Frame::Unknown(kind), Frame::Id),
        (0x03, [digit]) => match char::from(*digit).to_ascii_uppercase() {
            digit @ ('0'..='9' | '*' | '#' | 'A'..='D') => Frame::Dtmf(digit),
            _ => Frame::Unknown(kind),
        },
        (0xff, code) => Frame::Error(code.first().copied().unwrap_or(0)),
        _ => Frame::Unknown(kind),
    }
}

#[cfg(test)]
pub(super) fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[kind, length[0], length[1]], payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn script() -> (Vec<u8>, Vec<Frame>) {
        let id = [7; 16];
        let bytes = [
            frame(0x01, &id),
            frame(0x10, &[1, 0, 0xff, 0xff]),
            frame(0x12, &[0; 640]),
            frame(0x17, &[0; 4]),
            frame(0x03, b"5"),
            frame(0x03, b"x"),
            frame(0x10, &[1]),
            frame(0x77, &[1, 2, 3]),
            frame(0x01, &[1]),
            frame(0xff, &[2]),
            frame(0x00, &[]),
        ];
        let frames = vec![
            Frame::Id(Uuid::from_bytes(id)),
            Frame::Audio { rate_hz: 8_000, pcm: vec![1, -1] },
            Frame::Audio { rate_hz: 16_000, pcm: vec![0; 320] },
            Frame::Unknown(0x17),
            Frame::Dtmf('5'),
            Frame::Unknown(0x03),
            Frame::Unknown(0x10),
            Frame::Unknown(0x77),
            Frame::Unknown(0x01),
            Frame::Error(2),
            Frame::Hangup,
        ];
        (bytes.concat(), frames)
    }

    fn taken(pieces: impl IntoIterator<Item = Vec<u8>>) -> Vec<Frame> {
        let mut frames = Frames::default();
        let mut all = Vec::new();
        for piece in pieces {
            frames.push(&piece);
            all.extend(std::iter::from_fn(|| frames.take()));
        }
        all
    }

    #[test]
    fn frames_are_the_same_however_they_are_cut() {
        let (bytes, expected) = script();
        for size in 1..50 {
            assert_eq!(taken(bytes.chunks(size).map(<[u8]>::to_vec)), expected, "{size}");
        }
        assert_eq!(taken([bytes]), expected);
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..20)) {
            let whole = taken([pieces.concat()]);
            prop_assert_eq!(taken(pieces), whole);
        }
    }
}
