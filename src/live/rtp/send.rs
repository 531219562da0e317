//! The sending half: samples become RTP packets.
//!
//! In: 20 ms of 8 kHz samples at a time, at whatever pace the caller keeps. Out: the bytes of one packet each. Nothing is sent
//! here. The tests call as a telephone system does by this.

use audio_codec::Encoder as _;
use audio_codec::pcma::PcmaEncoder;
use audio_codec::pcmu::PcmuEncoder;

use super::packet::{HEADER_BYTES, Packet};

/// Samples of a packet: 20 ms at 8 kHz.
pub const FRAME_SAMPLES: usize = 160;

/// The two laws of G.711.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum G711 {
    /// µ-law, payload type 0.
    Mulaw,
    /// A-law, payload type 8.
    Alaw,
}

impl G711 {
    /// Its static payload type (RFC 3551, table 4).
    pub const fn payload_type(self) -> u8 {
        match self {
            G711::Mulaw => 0,
            G711::Alaw => 8,
        }
    }

    /// Its encoding name in a session description.
    pub const fn as_str(self) -> &'static str {
        match self {
            G711::Mulaw => "PCMU",
            G711::Alaw => "PCMA",
        }
    }
}

/// Makes the packets of one stream.
#[derive(Debug)]
pub struct Packetiser {
    law: G711,
    ssrc: u32,
    seq: u16,
    timestamp: u32,
    marker: bool,
}

impl Packetiser {
    /// A stream that begins at these numbers; RFC 3550, 5.1 wants random ones.
    pub fn new(law: G711, ssrc: u32, seq: u16, timestamp: u32) -> Self {
        Self { law, ssrc, seq, timestamp, marker: true }
    }

    /// The packet of these samples, [`FRAME_SAMPLES`] as a rule, as 8-bit codes.
    pub fn packet(&mut self, pcm: &[i16]) -> Vec<u8> {
        let mut bytes = self.header(self.law.payload_type(), self.marker);
        bytes.resize(HEADER_BYTES + pcm.len(), 0);
        let out = bytes.get_mut(HEADER_BYTES..).unwrap_or_default();
        // One byte a sample in a buffer of that size: it cannot fail.
        let coded = match self.law {
            G711::Mulaw => PcmuEncoder::new().encode_into(pcm, out),
            G711::Alaw => PcmaEncoder::new().encode_into(pcm, out),
        };
        debug_assert_eq!(coded.ok(), Some(pcm.len()));
        self.marker = false;
        self.seq = self.seq.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(pcm.len() as u32);
        bytes
    }

    /// Time goes on and nothing is sent, as senders that suppress silence do.
    pub fn skip(&mut self, samples: u32) {
        self.timestamp = self.timestamp.wrapping_add(samples);
        self.marker = true;
    }

    /// The packets of a key pressed for 100 ms (RFC 4733), to be sent 20 ms apart, the last three at once; time goes on by as
    /// much. Nothing for what is no key.
    pub fn key(&mut self, digit: char, payload_type: u8) -> Vec<Vec<u8>> {
        let Some(event) = super::dtmf::event_of(digit) else { return Vec::new() };
        let mut all = Vec::new();
        for step in 1..=7u16 {
            let duration = step.min(5) * FRAME_SAMPLES as u16;
            let mut bytes = self.header(payload_type, step == 1);
            let end = if step >= 5 { 0x80 } else { 0 };
            let [high, low] = duration.to_be_bytes();
            bytes.extend_from_slice(&[event, end | 10, high, low]);
            self.seq = self.seq.wrapping_add(1);
            all.push(bytes);
        }
        self.skip(5 * FRAME_SAMPLES as u32);
        all
    }

    fn header(&self, payload_type: u8, marker: bool) -> Vec<u8> {
        let Self { seq, timestamp, ssrc, .. } = *self;
        Packet { marker, payload_type, seq, timestamp, ssrc, payload: &[] }.write()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_and_wrap() {
        let mut sender = Packetiser::new(G711::Alaw, 7, u16::MAX, u32::MAX - 159);
        let first = sender.packet(&[0; FRAME_SAMPLES]);
        let second = sender.packet(&[0; FRAME_SAMPLES]);
        sender.skip(1_600);
        let third = sender.packet(&[0; FRAME_SAMPLES]);
        let told = [&first, &second, &third].map(|bytes| {
            let p = Packet::parse(bytes).unwrap();
            assert_eq!((p.payload_type, p.ssrc, p.payload), (8, 7, &[0xd5; FRAME_SAMPLES][..]));
            (p.seq, p.timestamp, p.marker)
        });
        let expected = [(u16::MAX, u32::MAX - 159, true), (0, 0, false), (1, 160 + 1_600, true)];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_key_is_seven_packets_with_three_ends() {
        let mut sender = Packetiser::new(G711::Mulaw, 7, 1, 1_000);
        let packets = sender.key('#', 101);
        let ends = packets.iter().filter(|bytes| bytes[13] & 0x80 != 0).count();
        assert_eq!((packets.len(), ends), (7, 3));
        assert!(packets.iter().all(|b| Packet::parse(b).unwrap().timestamp == 1_000));
        assert!(sender.key('x', 101).is_empty());
        assert_eq!(Packet::parse(&sender.packet(&[0; 160])).unwrap().timestamp, 1_800);
    }
}
