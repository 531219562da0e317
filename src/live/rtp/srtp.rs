//! Encrypted RTP with keys from the session description (RFC 3711, RFC 4568).
//!
//! In: `a=crypto` values, and packets. Out: our own `a=crypto` value, and plain packets; what does not authenticate is refused.
//! Keys stand in no log.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rtc_srtp::context::Context;
use rtc_srtp::option::srtp_replay_protection;
use rtc_srtp::protection_profile::ProtectionProfile;

/// Senders of one stream whose rollover is remembered; the oldest is forgotten.
const SENDERS_MAX: usize = 4;
/// Packets within which order does not matter to replay protection.
const REPLAY_WINDOW: usize = 256;

/// Suites by their names in a session description, the most liked first.
const SUITES: &[(&str, ProtectionProfile)] = &[
    ("AEAD_AES_256_GCM", ProtectionProfile::AeadAes256Gcm),
    ("AEAD_AES_128_GCM", ProtectionProfile::AeadAes128Gcm),
    ("AES_256_CM_HMAC_SHA1_80", ProtectionProfile::Aes256CmHmacSha1_80),
    ("AES_CM_256_HMAC_SHA1_80", ProtectionProfile::Aes256CmHmacSha1_80),
    ("AES_CM_128_HMAC_SHA1_80", ProtectionProfile::Aes128CmHmacSha1_80),
    ("AES_256_CM_HMAC_SHA1_32", ProtectionProfile::Aes256CmHmacSha1_32),
    ("AES_CM_256_HMAC_SHA1_32", ProtectionProfile::Aes256CmHmacSha1_32),
    ("AES_CM_128_HMAC_SHA1_32", ProtectionProfile::Aes128CmHmacSha1_32),
];

/// The peer's key for what it sends.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    tag: u32,
    suite: usize,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("tag", &self.tag).finish_non_exhaustive()
    }
}

/// Why a stream cannot be decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SrtpError {
    /// The key does not fit its suite, or the suite is not built in.
    #[error("the key cannot be used")]
    Key,
    /// A packet does not authenticate, is a repeat, or is none.
    #[error("the packet does not authenticate")]
    Packet,
}

fn profile(suite: usize) -> ProtectionProfile {
    SUITES.get(suite).map_or(ProtectionProfile::Aes128CmHmacSha1_80, |(_, profile)| *profile)
}

impl Key {
    /// The best of the `a=crypto` values offered that can be used. Lines with a master key index or session parameters that weaken or
    /// change the protection are passed over.
    pub fn choose(lines: &[String]) -> Option<Self> {
        lines.iter().filter_map(|line| Self::parse(line)).min_by_key(|key| key.suite)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let tag = words.next()?.parse().ok()?;
        let name = words.next()?;
        let suite = SUITES.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))?;
        let inline = words.next()?.strip_prefix("inline:")?;
        let mut parts = inline.split('|');
        let bytes = STANDARD.decode(parts.next()?).ok()?;
        // `|2^31` is a lifetime; `|1:4` a key index, which would stand in each packet.
        if parts.any(|part| part.contains(':')) || words.next().is_some() {
            return None;
        }
        let lengths = profile(suite).key_len() + profile(suite).salt_len();
        (bytes.len() == lengths).then_some(Self { tag, suite, bytes })
    }

    /// Our answer: the same tag and suite with a key of our own (RFC 4568, 5.1.2), which is never used: we send nothing.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn answer(&self) -> Result<String, getrandom::Error> {
        let mut own = vec![0; self.bytes.len()];
        getrandom::fill(&mut own)?;
        let name = SUITES.get(self.suite).map_or("", |(name, _)| name);
        Ok(format!("{} {name} inline:{}", self.tag, STANDARD.encode(own)))
    }
}

/// Decrypts one stream.
pub struct Srtp {
    key: Key,
    senders: Vec<(u32, Context)>,
}

impl std::fmt::Debug for Srtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Srtp").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Srtp {
    /// With the peer's key.
    ///
    /// # Errors
    /// [`SrtpError::Key`].
    pub fn new(key: Key) -> Result<Self, SrtpError> {
        context(&key)?;
        Ok(Self { key, senders: Vec::new() })
    }

    /// The key it was made with.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The plain packet.
    ///
    /// # Errors
    /// [`SrtpError`].
    pub fn open(&mut self, packet: &[u8]) -> Result<bytes::BytesMut, SrtpError> {
        let Some(&[a, b, c, d]) = packet.get(8..12) else { return Err(SrtpError::Packet) };
        if super::Packet::parse(packet) == Err(super::PacketError::Rtcp) {
            return Err(SrtpError::Packet);
        }
        let ssrc = u32::from_be_bytes([a, b, c, d]);
        if let Some((_, context)) = self.senders.iter_mut().find(|(known, _)| *known == ssrc) {
            return context.decrypt_rtp(packet).map_err(|_| SrtpError::Packet);
        }
        // Only a sender that has the key is remembered.
        let mut context = context(&self.key)?;
        let plain = context.decrypt_rtp(packet).map_err(|_| SrtpError::Packet)?;
        if self.senders.len() >= SENDERS_MAX {
            self.senders.remove(0);
        }
        self.senders.push((ssrc, context));
        Ok(plain)
    }
}

fn context(key: &Key) -> Result<Context, SrtpError> {
    let profile = profile(key.suite);
    let (master, salt) = key.bytes.split_at_checked(profile.key_len()).ok_or(SrtpError::Key)?;
    let provider = rtc_srtp::crypto::default_provider().map_err(|_| SrtpError::Key)?;
    let replay = Some(srtp_replay_protection(REPLAY_WINDOW));
    Context::new(master, salt, profile, replay, None, provider.crypto()).map_err(|_| SrtpError::Key)
}

#[cfg(test)]
mod tests {
    use super::super::send::{G711, Packetiser};
    use super::*;

    fn line(suite: &str, bytes: usize, rest: &str) -> String {
        format!("3 {suite} inline:{}{rest}", STANDARD.encode(vec![7; bytes]))
    }

    #[test]
    fn packets_of_each_suite_are_opened_once() {
        for (name, profile) in SUITES {
            let bytes = profile.key_len() + profile.salt_len();
            let key = Key::choose(&[line(name, bytes, "|2^31")]).unwrap();
            assert!(key.answer().unwrap().starts_with(&format!("3 {name} inline:")));
            let mut seal = context(&key).unwrap();
            let mut srtp = Srtp::new(key).unwrap();
            let mut sender = Packetiser::new(G711::Alaw, 5, 65_530, 0);
            for n in 0..20 {
                let plain = sender.packet(&[n * 100; 160]);
                let sealed = seal.encrypt_rtp(&plain).unwrap();
                assert_eq!(srtp.open(&sealed).unwrap(), plain);
                assert!(srtp.open(&sealed).is_err(), "a repeat");
                let mut bent = sealed.to_vec();
                bent[20] ^= 1;
                assert!(srtp.open(&bent).is_err());
            }
        }
    }

    #[test]
    fn lines_that_cannot_be_used_are_passed_over() {
        let good = line("AES_CM_128_HMAC_SHA1_80", 30, "");
        let lines = [
            line("AES_CM_128_HMAC_SHA1_80", 29, ""),
            line("F8_128_HMAC_SHA1_80", 30, ""),
            line("AES_CM_128_HMAC_SHA1_80", 30, "|2^20|1:4"),
            line("AES_CM_128_HMAC_SHA1_80", 30, " UNENCRYPTED_SRTP"),
            "1 AES_CM_128_HMAC_SHA1_80 inline:***".into(),
            String::new(),
        ];
        assert_eq!(Key::choose(&lines), None);
        assert_eq!(Key::choose(&[&lines[..], &[good]].concat()).unwrap().suite, 4);
    }

    proptest::proptest! {
        #[test]
        fn any_packet_is_refused(
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..100)
        ) {
            let key = Key::choose(&[line("AEAD_AES_128_GCM", 28, "")]).unwrap();
            let mut srtp = Srtp::new(key).unwrap();
            let mut packet = vec![0x90, 8];
            packet.extend(&bytes);
            proptest::prop_assert!(srtp.open(&bytes).is_err() && srtp.open(&packet).is_err());
        }
    }
}
