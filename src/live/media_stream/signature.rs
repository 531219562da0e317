//! `X-Twilio-Signature`: who may open a stream.
//!
//! In: the account's token, the URL that the carrier dialled, the header. Out: whether it fits. Behind a proxy
//! that URL is not the one we see: it comes from the configuration.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

/// Signs a URL as Twilio does: base64(HMAC-SHA1(token, URL)) (twilio.com/docs/usage/security).
pub(super) fn sign(token: &str, url: &str) -> String {
    let mut mac =
        Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("a key may have any length");
    mac.update(url.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Whether the signature is that of the URL. Twilio signs what was configured there, so a slash at the end may be there or
/// not, and the scheme may be `wss` or `https`.
pub(super) fn fits(token: &str, base: &str, path: &str, given: &str) -> bool {
    let base = base.trim_end_matches('/');
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    let slashed = format!("{path}/");
    let mut fit = false;
    for scheme in ["wss", "https"] {
        for path in [path, slashed.as_str()] {
            let expected = sign(token, &format!("{scheme}://{host}{path}"));
            fit |= bool::from(expected.as_bytes().ct_eq(given.trim().as_bytes()));
        }
    }
    fit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_signature_fits() {
        // printf '%s' URL | openssl dgst -sha1 -hmac 12345 -binary | base64
        let path = "/live/media-stream/twilio/t0ken";
        let signature = "OOvUqcTRwx7qRUuRjqWGYSEmAzA=";
        assert_eq!(sign("12345", "wss://qm.example.com/live/media-stream/twilio/t0ken"), signature);
        assert!(fits("12345", "wss://qm.example.com/", path, signature));
        assert!(fits("12345", "https://qm.example.com", path, signature));
        let slashed = sign("12345", "wss://qm.example.com/live/media-stream/twilio/t0ken/");
        assert!(fits("12345", "wss://qm.example.com", path, &slashed));
        for (token, base, path, given) in [
            ("12346", "wss://qm.example.com", path, signature),
            ("12345", "wss://qm.example.org", path, signature),
            ("12345", "wss://qm.example.com", "/live/media-stream/twilio/other", signature),
            ("12345", "wss://qm.example.com", path, ""),
            ("12345", "wss://qm.example.com", path, "c2hvcnQ="),
        ] {
            assert!(!fits(token, base, path, given), "{base}{path}");
        }
    }
}
