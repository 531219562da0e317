//! Signatures: Standard Webhooks, and those of the chat platforms.
//!
//! In: a secret, a time, a body. Out: what the receiver compares.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What a secret of the Standard Webhooks scheme begins with.
pub(super) const PREFIX: &str = "whsec_";

fn hmac(key: &[u8], message: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(message);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// A secret for a webhook of ours: `whsec_` and 32 random bytes.
///
/// # Panics
/// When the system has no randomness to give.
pub fn new_secret() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// `webhook-signature`: over id, time (seconds) and body. `None` when the secret is none of that scheme.
pub(super) fn standard(secret: &str, id: &str, at_s: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    Some(format!("v1,{}", hmac(&key, format!("{id}.{at_s}.{body}").as_bytes())))
}

/// 钉钉's `sign`: over time (milliseconds) and secret, keyed by the secret.
pub(super) fn dingtalk(secret: &str, at_ms: i64) -> String {
    hmac(secret.as_bytes(), format!("{at_ms}\n{secret}").as_bytes())
}

/// 飞书's `sign`: over nothing, keyed by time (seconds) and secret.
pub(super) fn feishu(secret: &str, at_s: i64) -> String {
    hmac(format!("{at_s}\n{secret}").as_bytes(), b"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_schemes() {
        // From the Standard Webhooks specification's reference libraries.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = r#"{"test": 2432232314}"#;
        let signed = standard(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert_eq!(standard("no prefix", "m", 1, body), None);
        assert!(standard(&new_secret(), "m", 1, body).is_some());
    }
}
