//! Payloads of audio without a container, by the name that a message gives their codec.
//!
//! In: a codec's name and rate, then bytes. Out: 16 bit samples, at most one second from one payload. Codecs
//! that are not known are refused by name; nothing is guessed.

use audio_codec::{g722, opus, pcma, pcmu};

/// Rates that a leg may have, in samples a second.
pub(super) const RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=48_000;

/// How samples are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// G.711 µ-law.
    Mulaw,
    /// G.711 A-law.
    Alaw,
    /// G.722, 64 kbit/s.
    G722,
    /// One Opus packet a payload.
    Opus,
    /// 16 bit, the low byte first.
    L16Le,
    /// 16 bit, the high byte first.
    L16Be,
}

impl Encoding {
    /// Reads a name: `PCMU`, `audio/x-mulaw`, `audio/x-l16;rate=16000`, `slin16`, and the rate it names or implies.
    /// `big_endian` is for L16, whose names do not say.
    pub(super) fn parse(name: &str, big_endian: bool) -> Option<(Self, Option<u32>)> {
        let lower = name.trim().to_lowercase();
        let (base, parameters) = lower.split_once(';').unwrap_or((&lower, ""));
        let base = base.trim();
        let base = base.strip_prefix("audio/").unwrap_or(base);
        let rate = parameters.split(';').find_map(|one| one.trim().strip_prefix("rate="));
        let rate = rate.and_then(|rate| rate.trim().parse().ok());
        let linear = if big_endian { Encoding::L16Be } else { Encoding::L16Le };
        let (encoding, implied) = match base.strip_prefix("x-").unwrap_or(base) {
            "pcmu" | "mulaw" | "ulaw" => (Encoding::Mulaw, Some(8_000)),
            "pcma" | "alaw" => (Encoding::Alaw, Some(8_000)),
            "g722" => (Encoding::G722, Some(16_000)),
            "opus" => (Encoding::Opus, Some(48_000)),
            "l16" | "raw" | "linear16" | "pcm" => (linear, None),
            "slin" => (Encoding::L16Le, Some(8_000)),
            "s16le" | "pcm_s16le" => (Encoding::L16Le, None),
            other => {
                let khz: u32 = other.strip_prefix("slin")?.parse().ok()?;
                let exact = if khz == 44 { 44_100 } else { khz.checked_mul(1_000)? };
                (Encoding::L16Le, Some(exact))
            }
        };
        // G.722 is announced with the 8,000 of its RTP clock, and Opus is told in its full band, whatever the message says.
        let fixed = matches!(encoding, Encoding::G722 | Encoding::Opus);
        Some((encoding, if fixed { implied } else { rate.or(implied) }))
    }

    /// The name that a recording's report gives it.
    pub(super) const fn codec(self) -> &'static str {
        match self {
            Encoding::Mulaw => "pcm_mulaw",
            Encoding::Alaw => "pcm_alaw",
            Encoding::G722 => "g722",
            Encoding::Opus => "opus",
            Encoding::L16Le => "pcm_s16le",
            Encoding::L16Be => "pcm_s16be",
        }
    }

    /// The rate of its samples where a message named one; `None`: no leg may have it.
    pub(super) fn rate_hz(self, named: Option<u32>) -> Option<u32> {
        let rate = match self {
            Encoding::G722 => Some(16_000),
            Encoding::Opus => Some(48_000),
            _ => named,
        };
        rate.filter(|rate| RATES_HZ.contains(rate))
    }
}

/// Decodes the payloads of one leg, in their order.
pub(super) struct Payloads {
    encoding: Encoding,
    rate_hz: u32,
    state: Option<Box<dyn audio_codec::Decoder>>,
}

impl Payloads {
    /// For a leg of that rate.
    pub(super) fn new(encoding: Encoding, rate_hz: u32) -> Self {
        let state: Option<Box<dyn audio_codec::Decoder>> = match encoding {
            Encoding::Mulaw => Some(Box::new(pcmu::PcmuDecoder::new())),
            Encoding::Alaw => Some(Box::new(pcma::PcmaDecoder::new())),
            Encoding::G722 => Some(Box::new(g722::G722Decoder::new())),
            Encoding::Opus => Some(Box::new(opus::OpusDecoder::new(48_000, 1))),
            Encoding::L16Le | Encoding::L16Be => None,
        };
        Self { encoding, rate_hz, state }
    }

    /// Samples of one payload; `None` where it holds more than a second, or half a sample.
    pub(super) fn decode(&mut self, bytes: &[u8]) -> Option<Vec<i16>> {
        let seconds = match self.encoding {
            Encoding::Mulaw | Encoding::Alaw => bytes.len(),
            Encoding::G722 => bytes.len().saturating_mul(2),
            Encoding::Opus => 0,
            Encoding::L16Le | Encoding::L16Be if bytes.len() % 2 == 1 => return None,
            Encoding::L16Le | Encoding::L16Be => bytes.len() / 2,
        };
        if seconds > self.rate_hz as usize {
            return None;
        }
        match (&mut self.state, self.encoding) {
            (Some(state), _) => Some(state.decode(bytes)),
            (None, Encoding::L16Be) => Some(linear(bytes, i16::from_be_bytes)),
            (None, _) => Some(linear(bytes, i16::from_le_bytes)),
        }
    }
}

fn linear(bytes: &[u8], sample: fn([u8; 2]) -> i16) -> Vec<i16> {
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs.iter().map(|pair| sample(*pair)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_all_dialects_are_known() {
        for (name, big, expected) in [
            ("audio/x-mulaw", false, Some((Encoding::Mulaw, Some(8_000)))),
            ("audio/x-mulaw;rate=8000", false, Some((Encoding::Mulaw, Some(8_000)))),
            ("PCMU", true, Some((Encoding::Mulaw, Some(8_000)))),
            ("PCMA", true, Some((Encoding::Alaw, Some(8_000)))),
            ("L16", true, Some((Encoding::L16Be, None))),
            ("audio/x-l16;rate=16000", false, Some((Encoding::L16Le, Some(16_000)))),
            ("audio/x-raw", false, Some((Encoding::L16Le, None))),
            ("slin", true, Some((Encoding::L16Le, Some(8_000)))),
            ("slin16", true, Some((Encoding::L16Le, Some(16_000)))),
            ("slin44", false, Some((Encoding::L16Le, Some(44_100)))),
            ("ulaw", false, Some((Encoding::Mulaw, Some(8_000)))),
            ("G722;rate=8000", false, Some((Encoding::G722, Some(16_000)))),
            ("AMR-WB", false, None),
            ("slin99999999", false, None),
            ("", false, None),
        ] {
            assert_eq!(Encoding::parse(name, big), expected, "{name}");
        }
        assert_eq!(Encoding::L16Le.rate_hz(Some(96_000)), None);
        assert_eq!(Encoding::L16Le.rate_hz(None), None);
    }

    #[test]
    fn bytes_become_samples() {
        // ITU-T G.711: the loudest codes, and silence.
        assert_eq!(
            Payloads::new(Encoding::Mulaw, 8_000).decode(&[0x80, 0x00, 0xff]),
            Some(vec![32_124, -32_124, 0])
        );
        assert_eq!(
            Payloads::new(Encoding::Alaw, 8_000).decode(&[0xaa, 0x2a, 0xd5]),
            Some(vec![32_256, -32_256, 8])
        );
        assert_eq!(Payloads::new(Encoding::L16Le, 8_000).decode(&[1, 2]), Some(vec![0x0201]));
        assert_eq!(Payloads::new(Encoding::L16Be, 8_000).decode(&[1, 2]), Some(vec![0x0102]));
        assert_eq!(Payloads::new(Encoding::L16Be, 8_000).decode(&[1, 2, 3]), None);
        assert_eq!(Payloads::new(Encoding::Mulaw, 8_000).decode(&[0; 8_001]), None);
        assert_eq!(
            Payloads::new(Encoding::G722, 16_000).decode(&[0; 160]).map(|pcm| pcm.len()),
            Some(320)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            for encoding in [Encoding::Mulaw, Encoding::Alaw, Encoding::G722, Encoding::Opus, Encoding::L16Le] {
                let rate = encoding.rate_hz(Some(8_000)).unwrap();
                let mut payloads = Payloads::new(encoding, rate);
                for _ in 0..2 {
                    if let Some(pcm) = payloads.decode(&bytes) {
                        prop_assert!(pcm.len() <= rate as usize);
                    }
                }
            }
        }
    }
}
